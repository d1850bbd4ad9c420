"""What it costs to take the next notifications from a long queue, beside a short one."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from statistics import median
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from storage.outbox import SqlOutbox
from tests.benchmarks.measured.goals import CLAIMING
from tests.benchmarks.stage.databases import running_databases
from tests.benchmarks.stage.queue import open_queue
from tests.benchmarks.stage.surroundings import CROWD

if TYPE_CHECKING:
    from bridge.people.identity import PortalId
    from tests.benchmarks.measured.goals import Report
    from tests.benchmarks.stage.databases import Databases
    from tests.benchmarks.stage.queue import Queue

SHORT: Final = 100
LONG: Final = 100_000
BATCH: Final = 50
ROUNDS: Final = 60
WEBHOOK: Final = "http://127.0.0.1:1/rest/1/nobody/"


async def measure_claimed(report: Report) -> None:
    """Take 50 and put them back, by turns from a queue of 100 and from one of 100,000."""
    with running_databases() as databases:
        await _measure("SQLite", databases, report)
        await _measure("PostgreSQL", databases, report)


async def _measure(name: str, databases: Databases, report: Report) -> None:
    async with AsyncExitStack() as stack:
        queues = []
        for count, size in ((SHORT, SHORT), (LONG, CROWD)):
            url = stack.enter_context(databases[name]())
            queue = await stack.enter_async_context(open_queue(url, ""))
            queues.append((queue, await _fill(queue, count, size)))
        await _compare(name if name == "SQLite" else f"{name} without statistics", queues, report)
        if name == "PostgreSQL":
            for queue, _ in queues:
                await queue.database.write(lambda session: session.execute(text("ANALYZE")))
            await _compare(name, queues, report)


async def _fill(queue: Queue, count: int, size: int) -> PortalId:
    if queue.database.is_shared:
        # Nothing is known of a table that has grown this moment.
        alone = text("ALTER TABLE outbox SET (autovacuum_enabled = off)")
        await queue.database.write(lambda session: session.execute(alone))
    portal = await queue.find_portal(WEBHOOK)
    await queue.fill(portal, count, size)
    return portal


async def _compare(name: str, queues: list[tuple[Queue, PortalId]], report: Report) -> None:
    seconds: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for (queue, portal), its_seconds in zip(queues, seconds, strict=True):
            its_seconds.append(await _claim(queue, portal))
    short, long = (median(its_seconds) * 1_000 for its_seconds in seconds)
    beside = f"{long:.1f} ms of {LONG:,}, {short:.1f} ms of {SHORT}"
    report.judge(f"taking {BATCH} and putting back, {name}", CLAIMING, long / short, beside)


async def _claim(queue: Queue, portal: PortalId) -> float:
    outbox = SqlOutbox(queue.database)
    began = time.perf_counter()
    taken = await outbox.take_due(portal, queue.database.now(), BATCH)
    await outbox.put_back(taken)
    assert len(taken) == BATCH
    return time.perf_counter() - began

"""How fast a queue is drained, beside a plain loop that sends the same batches."""

from __future__ import annotations

import asyncio
import time
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import httpx
from sqlmodel import func, select

from storage.tables import CommandRow, DeliveryRow
from tests.benchmarks.measured.goals import DRAINED
from tests.benchmarks.stage.databases import running_databases
from tests.benchmarks.stage.portal_log import until_accepted
from tests.benchmarks.stage.processes import in_process, run_bridge
from tests.benchmarks.stage.queue import Queue, open_queue
from tests.benchmarks.stage.surroundings import CROWD, FIRST_ID, Surroundings, surrounded

if TYPE_CHECKING:
    from datetime import datetime
    from multiprocessing.connection import Connection

    from sqlmodel import Session

    from tests.benchmarks.measured.goals import Report

METHOD: Final = "im.notify.personal.add"
COUNT: Final = 10_000
BATCH: Final = 50
UNDER_WAY: Final = 4
"""How many requests the bridge has under way as it is set up by itself, and so has the loop."""
MOST_SECONDS: Final = 60
SIZES: Final = {f"10 commands to {CROWD}": CROWD, "2,000 commands to 5": 5}


async def measure_drained(report: Report) -> None:
    """Drain crowds, and commands of few, and let a loop send as much."""
    with surrounded() as around, in_process(_loop, around.webhooks[0], COUNT) as seconds:
        bound = COUNT / seconds
    report.tell(f"a plain loop with {UNDER_WAY} requests under way: {bound:,.0f} notifications/s")
    with running_databases() as databases:
        for (name, database), (what, size) in product(databases.items(), SIZES.items()):
            with surrounded() as around, TemporaryDirectory() as folder, database() as url:
                rate, told = await _drain(around, Path(folder), url, size)
            beside = f"{rate / bound:.2f} of the loop; people are told {told:.1f} s after the last"
            report.judge(f"drained, {what}, {name}", DRAINED, rate, beside)


async def _drain(around: Surroundings, folder: Path, url: str, size: int) -> tuple[float, float]:
    """Return how many were drained a second, and how long after the last people were told."""
    async with open_queue(url, around.api) as queue:
        portal = await queue.find_portal(around.webhooks[0])
        await queue.fill(portal, COUNT, size)
    settings = around.unlimited | around.slack | {"B24BRIDGE_DATABASE_URL": url}
    async with run_bridge(folder, settings), httpx.AsyncClient() as client:
        accepted = await until_accepted(client, around.portals, COUNT, seconds=MOST_SECONDS)
        assert accepted <= COUNT, f"{accepted} instead of {COUNT}"
        async with open_queue(url, around.api) as queue:
            return await read_rate(queue)


async def read_rate(queue: Queue) -> tuple[float, float]:
    """Tell the rate from the first request to the last outcome that is written down."""
    ends = func.min(DeliveryRow.started_at), func.max(DeliveryRow.finished_at)
    waiting = select(func.count()).where(CommandRow.answer_due_at != None)  # noqa: E711
    for _ in range(MOST_SECONDS * 5):
        if not await queue.database.read(lambda session: session.exec(waiting).one()):
            break
        await asyncio.sleep(0.2)
    finished = select(func.count()).where(DeliveryRow.finished_at != None)  # noqa: E711

    def read(session: Session) -> tuple[datetime | None, datetime | None, datetime | None, int]:
        began, ended = session.exec(select(*ends)).one()
        told = session.exec(select(func.max(CommandRow.told_at))).one()
        return began, ended, told, session.exec(finished).one()

    began, ended, told, count = await queue.database.read(read)
    assert began
    assert ended
    assert told
    return count / (ended - began).total_seconds(), (told - ended).total_seconds()


async def _loop(webhook: str, count: int, pipe: Connection) -> None:
    """Send notifications in batches and do nothing else; sends how many seconds it took."""
    batches = iter(range(0, count, BATCH))

    async def keep_sending(client: httpx.AsyncClient) -> None:
        for first in batches:
            calls = {str(one): _write_call(one) for one in range(first, first + BATCH)}
            answer = await client.post(f"{webhook}batch.json", json={"halt": 0, "cmd": calls})
            assert len(answer.json()["result"]["result"]) == BATCH

    async with httpx.AsyncClient() as client:
        began = time.perf_counter()
        await asyncio.gather(*(keep_sending(client) for _ in range(UNDER_WAY)))
        pipe.send(time.perf_counter() - began)


def _write_call(number: int) -> str:
    fields = {
        "USER_ID": FIRST_ID + number % CROWD,
        "MESSAGE": f"Deploy {number} is [b]done[/b]",
        "MESSAGE_OUT": f"Deploy {number} is done",
        "TAG": f"bench|{number}",
        "CLIENT_ID": "b24bridge",
    }
    return f"{METHOD}?{urlencode(fields)}"

"""How speed grows with machines, and with portals."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import httpx

from bridge.credential import PortalKind
from bridge.delivery.notification import FOR_GOOD
from storage.credentials import SqlCredentials
from storage.vault import Vault, make_key
from tests.benchmarks.measured.accepted import post_for_a_while
from tests.benchmarks.measured.drained import read_rate
from tests.benchmarks.measured.latency import measure_median
from tests.benchmarks.stage.databases import running_databases
from tests.benchmarks.stage.portal_log import until_accepted
from tests.benchmarks.stage.processes import run_bridge
from tests.benchmarks.stage.queue import open_queue
from tests.benchmarks.stage.surroundings import Surroundings, surrounded
from tests.benchmarks.stage.typed import slack_door

if TYPE_CHECKING:
    from bridge.people.identity import PortalId
    from tests.benchmarks.measured.goals import Report
    from tests.benchmarks.stage.queue import Queue

NODES: Final = (1, 2, 4)
PORTALS_OF_NODES: Final = 10
PORTALS: Final = (1, 10, 50)
COUNT: Final = 5_000
PEOPLE: Final = 20
COMMAND: Final = 10
"""How many a command notifies."""
MOST_SECONDS: Final = 30


async def measure_growth(report: Report) -> None:
    """Let one machine and several work for some portals, and one for one portal and for many."""
    with running_databases() as databases:
        for nodes in NODES:
            with surrounded(portals=PORTALS_OF_NODES) as around, databases["PostgreSQL"]() as url:
                grown = await _run(around, url, nodes)
            report.tell(f"{nodes} nodes, PostgreSQL, {PORTALS_OF_NODES} portals: {grown}")
        for portals in PORTALS:
            with surrounded(portals=portals) as around, databases["SQLite"]() as url:
                grown = await _run(around, url, 1)
            report.tell(f"{portals} portals, SQLite: {grown}")


async def _run(around: Surroundings, url: str, nodes: int) -> str:
    """Tell how machines do: what waits first, then what comes in."""
    key = make_key()
    settings = around.unlimited | around.slack
    settings |= {"B24BRIDGE_DATABASE_URL": url, "B24BRIDGE_SECRET_KEY": key}
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(open_queue(url, around.api))
        portals = await _connect(queue, around, key)
        for portal in portals:
            await queue.fill(portal, COUNT // len(portals), COMMAND)
            await queue.portals.pause(portal, FOR_GOOD, "until all are there")
        folder = Path(stack.enter_context(TemporaryDirectory()))
        bridges = [
            await stack.enter_async_context(run_bridge(folder, settings)) for _ in range(nodes)
        ]
        for portal in portals:
            await queue.portals.release(portal)
        async with httpx.AsyncClient() as client:
            await until_accepted(client, around.portals, COUNT, seconds=MOST_SECONDS)
        drained, _ = await read_rate(queue)
        urls = [f"{bridge.url}/slack/events" for bridge in bridges]
        wait = await measure_median(around, [slack_door(url, around, PEOPLE) for url in urls])
        accepted, _ = await post_for_a_while([slack_door(url, around) for url in urls])
        resident = max(bridge.memory.memory_info().rss for bridge in bridges) / 2**20
    return (
        f"{drained:,.0f} notifications/s drained, {accepted:,.0f} commands/s accepted, "
        f"{wait:.1f} ms from event to portal, at most {resident:.0f} MB resident each"
    )


async def _connect(queue: Queue, around: Surroundings, key: str) -> list[PortalId]:
    """Make all portals known: the first is that of the settings, the others have been added."""
    first, *others = around.webhooks
    credentials = SqlCredentials(queue.database, Vault([key]))
    portals = [await queue.find_portal(first)]
    for webhook in others:
        host = webhook.split("/")[2]
        portals.append(await credentials.connect(host, host, PortalKind.WEBHOOK, webhook))
    return portals

"""How long it takes from a platform's event to the portal, beside a bot that calls it itself."""

from __future__ import annotations

import asyncio
import time
from itertools import product
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import httpx
from aiohttp import ClientSession

from tests.benchmarks.measured.goals import LATENCY
from tests.benchmarks.stage.databases import running_databases
from tests.benchmarks.stage.doors import CHATS, bot_door, bridge_door
from tests.benchmarks.stage.portal_log import read_arrivals, until_accepted
from tests.benchmarks.stage.surroundings import surrounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.measured.goals import Report
    from tests.benchmarks.stage.surroundings import Surroundings
    from tests.benchmarks.stage.typed import Door

_PEOPLE: Final = 20
_A_SECOND: Final = 10
_WARMING: Final = 40
_EVENTS: Final = 150
_OF_BOT: Final = range(1_000_000, 1_000_000 + _EVENTS)
"""The numbers of the bare bot's commands."""
_OF_MANY: Final = range(2_000_000, 2_000_000 + _EVENTS // 2)
"""The numbers of those that are posted at several doors."""


async def measure_latency(report: Report) -> None:
    """Send ten commands a second to the bridge and, between them, as many to a bare bot."""
    with running_databases() as databases:
        for chat, (name, database) in product(CHATS, databases.items()):
            with TemporaryDirectory() as folder, surrounded() as around, database() as url:
                theirs = bot_door(chat, around, calls_portal=True, people=_PEOPLE)
                ours = bridge_door(chat, around, Path(folder), url=url, people=_PEOPLE)
                with theirs as bot:
                    async with ours as bridge:
                        what = f"median from {chat}'s event to the portal, {name}"
                        await _compare(what, around, bridge, bot, report)


async def _compare(
    what: str, around: Surroundings, ours: Door, theirs: Door, report: Report
) -> None:
    sent: dict[int, float] = {}
    async with ClientSession() as session, httpx.AsyncClient() as client:
        posting = [
            _post_all(session, [ours], range(1, 1 + _EVENTS), sent),
            _post_all(session, [theirs], _OF_BOT, sent, 0.5 / _A_SECOND),
        ]
        await asyncio.gather(*posting)
        await until_accepted(client, around.portals, len(sent), seconds=10)
        arrivals = await read_arrivals(client, around.portals[0])
    waits = {number: (arrivals[number] - at) * 1_000 for number, at in sent.items()}
    bridge = [waits[number] for number in range(1 + _WARMING, 1 + _EVENTS)]
    bot = [waits[number] for number in _OF_BOT[_WARMING:]]
    (our_median, our_last), (their_median, their_last) = map(_sum_up, (bridge, bot))
    beside = (
        f"p99 {our_last:.1f}; a bare bot {their_median:.1f} ms, p99 {their_last:.1f}: "
        f"{our_median / their_median:.2f} ×, p99 {our_last / their_last:.2f} ×"
    )
    report.judge(what, LATENCY, our_median, beside)


async def measure_median(around: Surroundings, doors: Sequence[Door]) -> float:
    """Send ten commands a second, in turn at each door; returns the median in milliseconds."""
    sent: dict[int, float] = {}
    async with ClientSession() as session, httpx.AsyncClient() as client:
        before = await until_accepted(client, around.portals, 0, seconds=1)
        await _post_all(session, doors, _OF_MANY, sent)
        await until_accepted(client, around.portals, before + len(sent), seconds=10)
        arrivals = await read_arrivals(client, around.portals[0])
    return median((arrivals[number] - sent[number]) * 1_000 for number in _OF_MANY[_WARMING // 2 :])


async def _post_all(
    session: ClientSession,
    doors: Sequence[Door],
    numbers: Sequence[int],
    sent: dict[int, float],
    later: float = 0.0,
) -> None:
    """Post commands at even intervals, however long each takes; notes when each was sent."""
    begin = asyncio.get_running_loop().time() + later

    async def post(number: int) -> None:
        door = doors[number % len(doors)]
        body, headers = door.make(number)
        sent[number] = time.time()
        async with session.post(door.url, data=body, headers=headers) as answer:
            assert answer.status == 200, answer.status

    async with asyncio.TaskGroup() as group:
        for place, number in enumerate(numbers):
            due = begin + place / _A_SECOND
            await asyncio.sleep(max(due - asyncio.get_running_loop().time(), 0))
            group.create_task(post(number))


def _sum_up(milliseconds: list[float]) -> tuple[float, float]:
    return median(milliseconds), quantiles(milliseconds, n=100)[-1]

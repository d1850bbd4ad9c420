"""How long it takes from a platform's event to the portal, beside a bot that calls it itself."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import httpx
from aiohttp import ClientSession

from tests.benchmarks.measured.goals import LATENCY
from tests.benchmarks.stage.doors import CHATS, bot_door, bridge_door
from tests.benchmarks.stage.portal_log import read_arrivals, until_accepted
from tests.benchmarks.stage.surroundings import surrounded

if TYPE_CHECKING:
    from tests.benchmarks.measured.goals import Report
    from tests.benchmarks.stage.surroundings import Surroundings
    from tests.benchmarks.stage.typed import Door

_PEOPLE: Final = 20
_A_SECOND: Final = 10
_WARMING: Final = 40
_EVENTS: Final = 150
_FIRST_OF_BOT: Final = 1_000_000
"""The bare bot's commands have numbers from here on."""


async def measure_latency(report: Report) -> None:
    """Send ten commands a second to the bridge and, between them, as many to a bare bot."""
    for chat in CHATS:
        with TemporaryDirectory() as folder, surrounded() as around:
            theirs = bot_door(chat, around, calls_portal=True, people=_PEOPLE)
            ours = bridge_door(chat, around, Path(folder), people=_PEOPLE)
            with theirs as bot:
                async with ours as bridge:
                    await _compare(chat, around, bridge, bot, report)


async def _compare(
    name: str, around: Surroundings, ours: Door, theirs: Door, report: Report
) -> None:
    sent: dict[int, float] = {}
    async with ClientSession() as session, httpx.AsyncClient() as client:
        posting = [
            asyncio.create_task(_post_all(session, ours, 1, sent)),
            asyncio.create_task(_post_all(session, theirs, _FIRST_OF_BOT, sent, 0.5 / _A_SECOND)),
        ]
        await asyncio.gather(*posting)
        await until_accepted(client, around.portals, len(sent), seconds=10)
        arrivals = await read_arrivals(client, around.portals[0])
    waits = {number: (arrivals[number] - at) * 1_000 for number, at in sent.items()}
    bridge = [waits[number] for number in range(1 + _WARMING, 1 + _EVENTS)]
    bot = [waits[_FIRST_OF_BOT + number] for number in range(_WARMING, _EVENTS)]
    (our_median, our_last), (their_median, their_last) = map(_sum_up, (bridge, bot))
    beside = (
        f"p99 {our_last:.1f}; a bare bot {their_median:.1f} ms, p99 {their_last:.1f}: "
        f"{our_median / their_median:.2f} ×, p99 {our_last / their_last:.2f} ×"
    )
    report.judge(f"median from {name}'s event to the portal", LATENCY, our_median, beside)


async def _post_all(
    session: ClientSession, door: Door, first: int, sent: dict[int, float], later: float = 0.0
) -> None:
    """Post commands at even intervals, however long each takes; notes when each was sent."""
    begin = asyncio.get_running_loop().time() + later

    async def post(number: int) -> None:
        body, headers = door.make(number)
        sent[number] = time.time()
        async with session.post(door.url, data=body, headers=headers) as answer:
            assert answer.status == 200, answer.status

    async with asyncio.TaskGroup() as group:
        for number in range(_EVENTS):
            due = begin + number / _A_SECOND
            await asyncio.sleep(max(due - asyncio.get_running_loop().time(), 0))
            group.create_task(post(first + number))


def _sum_up(milliseconds: list[float]) -> tuple[float, float]:
    return median(milliseconds), quantiles(milliseconds, n=100)[-1]

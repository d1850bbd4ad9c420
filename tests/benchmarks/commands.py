"""How fast commands are taken, beside bots that know neither a disk nor a queue.

Run it as ``python tests/benchmarks/commands.py``: about two minutes. Sixteen connections send
commands as Slack and Telegram do over HTTP, each the next one as soon as the last is acknowledged.
The bare bots are what the libraries' own documentation leads to: a handler that calls the portal by
httpx and answers. They forget what they were doing when they end. The bridge acknowledges what is
committed to its disk, and rings the bells meanwhile in the same process.

Printed are median and 99th percentile, from sending a command to its acknowledgement by the bridge
and to the answer of the bare bot, with a portal that answers at once and one that takes 60 ms.

Goal: the bridge acknowledges no later than the bare bot answers.
"""

from __future__ import annotations

import asyncio
import sys
import time
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aiohttp import ClientSession, TCPConnector

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.stage.doors import CHATS, bot_door, bridge_door
from tests.benchmarks.stage.surroundings import surrounded

if TYPE_CHECKING:
    from tests.benchmarks.stage.surroundings import Surroundings
    from tests.benchmarks.stage.typed import Door

CONNECTIONS = 16
COMMANDS = 40
WARMING = 5


async def measure(door: Door) -> list[float]:
    """Send commands over all connections; returns the seconds that each took."""
    numbers, seconds = count(1), list[float]()
    async with ClientSession(connector=TCPConnector(limit=CONNECTIONS)) as session:

        async def send() -> float:
            body, headers = door.make(next(numbers))
            began = time.perf_counter()
            async with session.post(door.url, data=body, headers=headers) as answer:
                await answer.read()
                assert answer.status == 200, answer.status
            return time.perf_counter() - began

        async def keep_sending() -> None:
            for _ in range(WARMING):
                await send()
            for _ in range(COMMANDS):
                seconds.append(await send())

        await asyncio.gather(*(keep_sending() for _ in range(CONNECTIONS)))
    return seconds


async def compare(chat: str, around: Surroundings) -> None:
    """Print how the bridge does beside a bare bot."""
    with TemporaryDirectory() as folder:
        async with bridge_door(chat, around, Path(folder)) as door:
            our_median, our_last = _sum_up(await measure(door))
    with bot_door(chat, around, calls_portal=True) as door:
        their_median, their_last = _sum_up(await measure(door))
    print(
        f"  {chat:9} acknowledged by the bridge {our_median:6.1f} ms, p99 {our_last:6.1f}; "
        f"answered by the bare bot {their_median:6.1f} ms, p99 {their_last:6.1f}: "
        f"{our_median / their_median:.2f} ×, {our_last / their_last:.2f} ×"
    )


def _sum_up(seconds: list[float]) -> tuple[float, float]:
    return median(seconds) * 1_000, quantiles(seconds, n=100)[-1] * 1_000


async def main() -> None:
    """Print all figures with their ratios."""
    for request_seconds in (0.0, 0.06):
        print(f"a portal that takes {request_seconds * 1_000:.0f} ms:", flush=True)
        for chat in CHATS:
            with surrounded(request_seconds=request_seconds) as around:
                await compare(chat, around)


if __name__ == "__main__":
    asyncio.run(main())

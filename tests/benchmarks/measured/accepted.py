"""How many commands a second are committed and acknowledged, by a bridge on one core."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, Final

import psutil
from aiohttp import ClientSession, TCPConnector
from sqlmodel import func, select

from storage.tables import CommandRow
from tests.benchmarks.measured.goals import ACCEPTED
from tests.benchmarks.stage.databases import running_databases
from tests.benchmarks.stage.doors import CHATS, bot_door, bridge_door
from tests.benchmarks.stage.processes import CORES, FIRST_CORE, OTHER_CORES
from tests.benchmarks.stage.queue import open_queue
from tests.benchmarks.stage.surroundings import surrounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.measured.goals import Report
    from tests.benchmarks.stage.surroundings import Surroundings
    from tests.benchmarks.stage.typed import Door

AT_ONCE: Final = 32
PEOPLE: Final = 200
WARMING_SECONDS: Final = 1.0
SECONDS: Final = 4.0


async def measure_accepted(report: Report) -> None:
    """Let 32 type at once in each chat, with each database, each the next when one is taken."""
    report.tell(f"an append to a file that waits for the disk: {_count_appends():,.0f} a second")
    with _elsewhere(), running_databases() as databases:
        for chat in CHATS:
            with surrounded(cores=OTHER_CORES) as around:
                theirs = bot_door(chat, around, calls_portal=False, people=PEOPLE, cores=FIRST_CORE)
                with theirs as door:
                    bound, _ = await post_for_a_while([door])
                for name, database in databases.items():
                    with database() as url:
                        rate, cost = await _measure(chat, around, url)
                    beside = f"{rate / bound:.2f} of a bot that stores nothing, {bound:,.0f}; "
                    beside += f"{cost:.1f} ms of the core for each, all that follows included"
                    report.judge(f"accepted on one core, {chat}, {name}", ACCEPTED, rate, beside)


async def _measure(chat: str, around: Surroundings, url: str) -> tuple[float, float]:
    """Return how many were taken a second, and the milliseconds of processor time for each."""
    with TemporaryDirectory() as folder:
        async with bridge_door(
            chat, around, Path(folder), url=url, people=PEOPLE, cores=FIRST_CORE
        ) as door:
            before = _count_seconds(door.pid)
            rate, taken = await post_for_a_while([door])
            cost = (_count_seconds(door.pid) - before) / taken * 1_000
        # It was killed: whatever it had acknowledged must be there.
        async with open_queue(url, around.api) as queue:
            query = select(func.count()).select_from(CommandRow)
            kept = await queue.database.read(lambda session: session.exec(query).one())
    assert kept >= taken, f"{taken} were acknowledged, and {kept} are kept"
    return rate, cost


async def post_for_a_while(doors: Sequence[Door]) -> tuple[float, int]:
    """Post commands, in turn at each door; returns how many were taken a second, and in all."""
    numbers, taken = count(1), list[float]()
    end = time.perf_counter() + WARMING_SECONDS + SECONDS

    async def keep_posting(session: ClientSession) -> None:
        while time.perf_counter() < end:
            number = next(numbers)
            door = doors[number % len(doors)]
            body, headers = door.make(number)
            async with session.post(door.url, data=body, headers=headers) as answer:
                assert answer.status == 200, answer.status
            taken.append(time.perf_counter())

    async with ClientSession(connector=TCPConnector(limit=AT_ONCE)) as session:
        await asyncio.gather(*(keep_posting(session) for _ in range(AT_ONCE)))
    measured = [at for at in taken if end - SECONDS <= at < end]
    return len(measured) / SECONDS, len(taken)


def _count_seconds(pid: int) -> float:
    used = psutil.Process(pid).cpu_times()
    return used.user + used.system


def _count_appends() -> float:
    """Tell how often a second as much as a command can be written to the disk, one by one."""
    with NamedTemporaryFile() as file:
        began, written = time.perf_counter(), 0
        while time.perf_counter() - began < 1:
            file.write(b"x" * 300)
            file.flush()
            os.fsync(file.fileno())
            written += 1
        return written / (time.perf_counter() - began)


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Leave the core of what is measured to it."""
    os.sched_setaffinity(0, OTHER_CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)

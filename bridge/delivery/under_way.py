"""The requests that are under way to a portal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Coroutine


class UnderWay:
    """Runs a few things at once, none of which is broken off by another's failure.

    What one of them raises is raised by whatever waits for it next. Leaving ``async with`` waits
    for all of them; being cancelled within it or there cancels them.

    Args:
        most: how many may run at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    @property
    def count(self) -> int:
        """How many are running."""
        return len(self._tasks)

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run something beside the others."""
        self._tasks.add(asyncio.create_task(work))

    def nudge(self) -> None:
        """Have ``change`` return, until somebody takes the news."""
        self._news.set()

    def take_news(self) -> bool:
        """Tell whether somebody has nudged since the last time."""
        is_nudged = self._news.is_set()
        self._news.clear()
        return is_nudged

    async def room(self) -> None:
        """Wait until another one may be started."""
        while self.count >= self._most:
            await self._wait(None)

    async def change(self, seconds: float | None) -> None:
        """Wait until one of them ends, there are news, or some seconds have passed."""
        news = asyncio.create_task(self._news.wait())
        try:
            await self._wait(seconds, news)
        finally:
            news.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        tasks, self._tasks = self._tasks, set()
        if kind is asyncio.CancelledError:
            for task in tasks:
                task.cancel()
        try:
            failures = await asyncio.gather(*tasks, return_exceptions=True)
        except asyncio.CancelledError:
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        for failure in filter(None, failures):
            raise failure

    async def _wait(self, seconds: float | None, *others: asyncio.Task[Literal[True]]) -> None:
        done, _ = await asyncio.wait(
            {*self._tasks, *others}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        ended = {task for task in self._tasks if task in done}
        self._tasks -= ended
        # Each is asked for its failure, lest asyncio write it into the log.
        for failure in filter(None, [task.exception() for task in ended]):
            raise failure

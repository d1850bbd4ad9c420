"""Works on what a list gives, several things at a time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Generic, TypeVar

from bridge.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence

log = logging.getLogger(__name__)

T = TypeVar("T")
K = TypeVar("K", bound="Hashable")


class Crew(Generic[T, K]):
    """Has each thing worked on by a task of its own, at most one a key at a time.

    Args:
        size: how many tasks there may be.
        find: lists so many things to do, none of them with a key that is busy.
        work: does one thing; what it raises is logged, and the thing stays to be found again.
        key: what two things may not have in common to be worked on together.
        on_done: called after each thing that went well.
    """

    def __init__(
        self,
        size: int,
        find: Callable[[int, Collection[K]], Awaitable[Sequence[T]]],
        work: Callable[[T], Awaitable[None]],
        *,
        key: Callable[[T], K],
        on_done: Callable[[], None],
    ) -> None:
        self._size = size
        self._find = find
        self._work = work
        self._key = key
        self._on_done = on_done
        self._busy: dict[K, asyncio.Task[None]] = {}

    async def look(self, most: int | None = None) -> int:
        """Find things to do, up to ``most``, and put free ones on them; returns how many."""
        free = self._size - len(self._busy)
        if most is not None:
            free = min(free, most)
        if free <= 0:
            return 0
        found = await self._find(free, tuple(self._busy))
        for thing in found:
            key = self._key(thing)
            self._busy[key] = asyncio.create_task(self._run(key, thing))
        return len(found)

    async def finish(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._busy.values())

    async def cancel(self) -> None:
        """Break off what is under way, and wait until nothing of it uses the database any more."""
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, key: K, thing: T) -> None:
        try:
            await self._work(thing)
        except StorageError as error:
            log.debug("Something was not finished and will be taken up again: %s", error)
        except Exception:
            # What is to be done is still in the database: it is found again, nothing is lost.
            log.exception("Something was not finished and will be taken up again")
        else:
            self._on_done()
        finally:
            del self._busy[key]

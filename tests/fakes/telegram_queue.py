"""The updates that a bot has not confirmed, as Telegram keeps them.

Source: https://core.telegram.org/bots/api#getupdates
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

_DAY_SECONDS: Final = 24 * 3600


class SecondPoller(Exception):
    """Another request for updates has come, or a webhook: only the newest is served."""


class UpdateQueue:
    """Keeps updates until they are confirmed, for 24 hours, for one poller at a time.

    Attributes:
        confirmed: the numbers of updates that were confirmed.
        allowed: the kinds of updates that the bot wants; all if there are none.
    """

    def __init__(self) -> None:
        self.confirmed: list[int] = []
        self._updates: deque[tuple[float, Json]] = deque()
        self._numbers = itertools.count(770_000_001)
        self.allowed: Sequence[str] = ()
        self._news = asyncio.Event()
        self._superseded = asyncio.Event()
        self._time_passed = 0.0
        self._is_closed = False

    @property
    def pending(self) -> list[int]:
        """The numbers of updates that will be given again."""
        self._forget_old()
        return [update["update_id"] for _, update in self._updates]

    def push(self, update: Json) -> int:
        """Queue an update and give it a number, unless the bot wants none of its kind."""
        (kind,) = update
        number = next(self._numbers)
        if not self.allowed or kind in self.allowed:
            self._updates.append((self.now(), {"update_id": number} | update))
            self._news.set()
        return number

    def allow(self, kinds: Sequence[str]) -> None:
        """Take only these kinds from now on; those that are queued stay."""
        self.allowed = kinds

    async def take(self, *, offset: int, limit: int, timeout_seconds: float) -> list[Json]:
        """Confirm what is below ``offset`` and wait for what is not.

        Raises:
            SecondPoller: while it waited.
        """
        self.interrupt()
        superseded = self._superseded
        self._forget_old()
        while self._updates and self._updates[0][1]["update_id"] < offset:
            self.confirmed.append(self._updates.popleft()[1]["update_id"])
        deadline = time.monotonic() + timeout_seconds
        while not self._updates and not self._is_closed and time.monotonic() < deadline:
            self._news.clear()
            await _first_of(self._news, superseded, until=deadline)
            if superseded.is_set():
                raise SecondPoller
        return [update for _, update in self._updates][:limit]

    def interrupt(self) -> None:
        """Let nobody wait for updates any more."""
        self._superseded.set()
        self._superseded = asyncio.Event()

    def first(self) -> Json | None:
        """Look at the oldest update that waits."""
        self._forget_old()
        return self._updates[0][1] if self._updates else None

    def confirm(self, number: int) -> None:
        """Forget an update that was taken."""
        self.confirmed.append(number)
        self._updates = deque(one for one in self._updates if one[1]["update_id"] != number)

    def drop(self) -> None:
        """Forget all that waits."""
        self._updates.clear()

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self._time_passed += seconds

    def now(self) -> float:
        """Tell the time, in seconds since 1970."""
        return time.time() + self._time_passed

    def close(self) -> None:
        """Answer whoever waits."""
        self._is_closed = True
        self._news.set()

    def _forget_old(self) -> None:
        while self._updates and self._updates[0][0] < self.now() - _DAY_SECONDS:
            self._updates.popleft()


async def _first_of(*events: asyncio.Event, until: float) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        left = max(0.0, until - time.monotonic())
        await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

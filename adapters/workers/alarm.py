"""Something to wait for that rings now or at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.ports import Clock

# Timers run on the monotonic clock. Waking now and then keeps a jump of the wall clock from putting
# off what is due.
_LONGEST_SLEEP_SECONDS: Final = 60.0


class Alarm:
    """Rings once however often it was set, at the earliest time it was set to.

    It may ring early; who waits looks whether there is anything to do.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rings = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def set(self, at: datetime | None = None) -> None:
        """Ring now, or at a time unless it is to ring earlier anyway."""
        if at is None:
            self._rings.set()
            return
        loop = asyncio.get_running_loop()
        seconds = (at - self._clock.now()).total_seconds()
        when = loop.time() + min(max(seconds, 0.0), _LONGEST_SLEEP_SECONDS)
        if self._timer is None or when < self._timer.when():
            self.cancel()
            self._timer = loop.call_at(when, self._ring)

    async def wait(self) -> None:
        """Wait until it rings."""
        await self._rings.wait()
        self._rings.clear()

    def cancel(self) -> None:
        """Forget the time it was set to."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self._rings.set()

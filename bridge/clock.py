"""The time: of the machine as it is, and one that never goes back."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

_SPEED_WHILE_AHEAD: Final = 0.5
_WORTH_TELLING_SECONDS: Final = 5.0


class SystemClock:
    """Implements ``bridge.ports.Clock``."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)


class SteadyClock:
    """Implements ``bridge.ports.Clock``: the real time, except that it never goes back.

    When the real clock is set back, this one goes on at half its speed until the other has caught
    up: what was to happen in a minute happens within two, and not after an hour that comes twice.
    When it is set forward, this one follows at once, as after a machine was asleep.

    It can be read from any thread.

    Args:
        read: tells the real time, in seconds since 1970.
        passed: counts seconds, and is never set.

    Attributes:
        read_real: tells the real time, for what others have written down by theirs.
    """

    def __init__(
        self, read: Callable[[], float] = time.time, passed: Callable[[], float] = time.monotonic
    ) -> None:
        self.read_real = read
        self._passed = passed
        self._seconds = 0.0
        self._at = passed()
        self._is_ahead = False
        self._reading = Lock()

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        with self._reading:
            real, at = self.read_real(), self._passed()
            steady = self._seconds + (at - self._at) * _SPEED_WHILE_AHEAD
            self._seconds, self._at = max(real, steady), at
            self._tell(self._seconds - real)
            return datetime.fromtimestamp(self._seconds, UTC)

    def begin_at(self, moment: datetime) -> None:
        """Tell no time before this from now on: something happened then."""
        self._seconds = max(self._seconds, moment.timestamp())

    def _tell(self, seconds: float) -> None:
        was_ahead, self._is_ahead = self._is_ahead, seconds > _WORTH_TELLING_SECONDS
        if self._is_ahead and not was_ahead:
            log.warning(
                "The clock was set back by %.0f s: ours goes on slowly until it has caught up",
                seconds,
            )

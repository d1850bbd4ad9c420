"""The portal's limit on requests, mirrored, so that it never refuses one.

The portal's bucket rises by one with each request and leaks; what would make it run over is
refused. It counts a request at some moment between its departure and its answer that is not known
here. So each counts from the latest moment at which it can have arrived: the level here is never
below the portal's.

Source: https://apidocs.bitrix24.com/limits.html
"""

from __future__ import annotations

import re
from bisect import insort
from typing import Final, Self

from msgspec import Struct

_WRITTEN: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]+)?)/([0-9]{1,6}(?:\.[0-9]+)?)")
_CLOCK_CAUTION: Final = 0.999
"""No two clocks run alike: ours may be faster than the portal's by as much.

Twice what a clock is set right by while it runs.
"""
_SMALLEST_SHARE: Final = 1 / 16
_RECOVERY: Final = 0.01
_NEXT_GRAIN_SECONDS: Final = 0.001


class Limit(Struct, frozen=True):
    """How many requests a portal takes.

    Attributes:
        capacity: at once.
        per_second: in the long run.
    """

    capacity: float
    per_second: float

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read ``standard``, ``enterprise`` or ``50/2``: 50 at once, 2 a second.

        Raises:
            ValueError: it is none of them, or would let nothing through.
        """
        preset = {"standard": "50/2", "enterprise": "250/5"}
        found = _WRITTEN.fullmatch(preset.get(written, written))
        if found is None or float(found[1]) < 1 or float(found[2]) <= 0:
            raise ValueError("must be standard, enterprise, or like 50/2: at once, and a second")
        return cls(float(found[1]), float(found[2]))


class Place:
    """A request's place in the bucket, from when it may leave until its answer is there."""

    def __init__(self, taken_at: float) -> None:
        self.taken_at = taken_at


class Bucket:
    """How full the portal's bucket is at most; all times are seconds of one monotonic clock.

    When the portal refuses a request all the same, because others share our address, it halves
    what it allows itself, and each request that passes gives a little of it back.

    Args:
        limit: the portal's.
        now: when ``level`` was so high.
        level: how full it was, in requests; may be above the capacity.
    """

    def __init__(self, limit: Limit, now: float, level: float = 0.0) -> None:
        self._limit = limit
        self._brim = max(limit.capacity - _spare(limit), 1.0)
        self._level = level
        self._level_at = now
        self._arrivals: list[float] = []
        self._open: list[Place] = []
        self._share = 1.0
        self._refused_at = float("-inf")

    @property
    def capacity(self) -> float:
        """What it allows itself at once."""
        return max(self._brim * self._share, 1.0)

    @property
    def per_second(self) -> float:
        """What it allows itself in the long run."""
        return self._limit.per_second * self._share * _CLOCK_CAUTION

    def level(self, now: float) -> float:
        """Tell how full the portal's bucket may be."""
        level, at = self._settled(self._arrivals)
        return self._leaked(level, now - at) + len(self._open)

    def fill(self, now: float) -> float:
        """Tell as how full it must be remembered by somebody who allows themselves everything."""
        return self.level(now) + self._brim - self.capacity

    def wait_seconds(self, now: float) -> float:
        """Tell when there may be room for another request, unless an answer makes it sooner."""
        over = self.level(now) + 1 - self.capacity
        return over / self.per_second + _NEXT_GRAIN_SECONDS if over > 0 else 0.0

    def take(self, now: float) -> Place:
        """Give a request the place that there is now room for."""
        place = Place(now)
        self._open.append(place)
        return place

    def give_back(self, place: Place) -> None:
        """Free the place of a request that never left."""
        self._open.remove(place)

    def settle(self, place: Place, now: float, arrived_by: float) -> None:
        """Note that a request has come back, and when it had arrived at the latest."""
        self._open.remove(place)
        insort(self._arrivals, min(max(arrived_by, place.taken_at), now))
        # Nothing that is still to be settled can have arrived before this.
        horizon = min((other.taken_at for other in self._open), default=now)
        passed = [arrival for arrival in self._arrivals if arrival <= horizon]
        self._level, self._level_at = self._settled(passed)
        self._arrivals = self._arrivals[len(passed) :]

    def recover(self, place: Place) -> None:
        """Allow a little more again: a request has passed."""
        if place.taken_at > self._refused_at:
            self._share = min(self._share + _RECOVERY, 1.0)

    def slow_down(self, place: Place, now: float) -> None:
        """Halve what it allows itself, and take the bucket for full: a request was refused.

        Of several that were under way together only the first counts.
        """
        if place.taken_at <= self._refused_at:
            return
        self._refused_at = now
        self._share = max(self._share / 2, _SMALLEST_SHARE)
        self._level, self._level_at, self._arrivals = self.capacity, now, []

    def _settled(self, arrivals: list[float]) -> tuple[float, float]:
        level, at = self._level, self._level_at
        for arrival in arrivals:
            level, at = self._leaked(level, arrival - at) + 1, max(arrival, at)
        return level, at

    def _leaked(self, level: float, seconds: float) -> float:
        return max(level - max(seconds, 0.0) * self.per_second, 0.0)


def _spare(limit: Limit) -> float:
    """Tell how much must stay free, whether the level falls steadily or once in each second.

    The documentation can be read either way. In the latter case it is up to a second behind, and
    what leaks in a second must stay free; one less where whole requests leak at whole seconds.
    """
    is_even = any(float(rate).is_integer() for rate in (limit.per_second, 1 / limit.per_second))
    return max(limit.per_second - 1, 0.0) if is_even else limit.per_second

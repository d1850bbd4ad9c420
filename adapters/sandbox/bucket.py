"""The portal's limit on how often one address may call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ADDRESSES_KEPT = 1_000


class LeakyBucket:
    """A leaky bucket for each address that requests come from.

    Source: https://apidocs.bitrix24.com/limits.html

    Args:
        capacity: a request that would raise the level above this is refused.
        leak_per_second: how fast the level falls.
        counts_refused: whether a refused request raises the level, too, so that hammering keeps
            the address out. Not documented; a client must be ready for it.
        monotonic: the seconds of a clock that only goes forward.
    """

    def __init__(
        self,
        capacity: float = 50,
        leak_per_second: float = 2,
        *,
        counts_refused: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._leak_per_second = leak_per_second
        self._counts_refused = counts_refused
        self._monotonic = monotonic
        self._levels: dict[str, tuple[float, float]] = {}
        self.refused = 0

    def admit(self, address: str) -> bool:
        """Count a request and tell whether it may pass."""
        now = self._monotonic()
        level = self._level(address, now)
        is_admitted = level + 1 <= self._capacity
        if is_admitted or self._counts_refused:
            self._forget_empty(now)
            self._levels[address] = (level + 1, now)
        self.refused += not is_admitted
        return is_admitted

    def _level(self, address: str, now: float) -> float:
        level, then = self._levels.get(address, (0.0, now))
        return max(0.0, level - (now - then) * self._leak_per_second)

    def _forget_empty(self, now: float) -> None:
        if len(self._levels) >= _ADDRESSES_KEPT:
            self._levels = {a: v for a, v in self._levels.items() if self._level(a, now) > 0}

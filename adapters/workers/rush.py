"""Something that cannot wait, so that there is less of everything else meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

_SHORTEST_SECONDS: Final = 0.001
_LONGEST_SECONDS: Final = 0.05


class Rush:
    """Has others begin little at a time, with gaps between: the more comes in, the longer.

    Not fewer things at once: most of the time each of them waits for somebody else's answer. And
    never nothing: the gap for each is a twentieth of a second at most.

    Args:
        lasts_seconds: how long something counts that cannot wait.
        gap_seconds: how long a gap others leave for each that counts.
    """

    def __init__(self, lasts_seconds: float, gap_seconds: float) -> None:
        self._lasts = lasts_seconds
        self._gap = gap_seconds
        self._count = 0
        self._noted: deque[tuple[float, int]] = deque()

    def note(self, count: int = 1) -> None:
        """So many have come that cannot wait."""
        self._count += count
        self._noted.append((asyncio.get_running_loop().time(), count))

    @property
    def gap_seconds(self) -> float:
        """How long a gap to leave for each thing that is begun now; 0 if there is no rush."""
        since = asyncio.get_running_loop().time() - self._lasts
        while self._noted and self._noted[0][0] < since:
            self._count -= self._noted.popleft()[1]
        seconds = min(self._count * self._gap, _LONGEST_SECONDS)
        return seconds if seconds > _SHORTEST_SECONDS else 0.0

"""Something that cannot wait, so that there is less of everything else meanwhile."""

from __future__ import annotations

import asyncio


class Rush:
    """Tells others to begin one thing at a time, with gaps between.

    Not fewer things at once: most of the time each of them waits for somebody else's answer.

    Args:
        lasts_seconds: how long after something that cannot wait more of it is expected.
        gap_seconds: how long others leave between what they begin.
    """

    def __init__(self, lasts_seconds: float, *, gap_seconds: float) -> None:
        self._lasts = lasts_seconds
        self._gap = gap_seconds
        self._until = 0.0

    def note(self) -> None:
        """It is on from now."""
        self._until = asyncio.get_running_loop().time() + self._lasts

    @property
    def gap_seconds(self) -> float:
        """How long to leave between what is begun now; 0 if there is no rush."""
        return self._gap if asyncio.get_running_loop().time() < self._until else 0.0

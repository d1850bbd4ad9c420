"""How long things take in the portal, and how an answer tells it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.sandbox.operating import Operating
    from bridge.ports import Clock


class Pace:
    """Takes up time, exactly in sum: what one wait is too long the next one is shorter."""

    def __init__(self) -> None:
        self._due = asyncio.get_running_loop().time()

    async def spend(self, seconds: float) -> None:
        """Wait until so much more time has gone by since the beginning."""
        self._due += seconds
        if seconds:
            await asyncio.sleep(max(0.0, self._due - asyncio.get_running_loop().time()))


class Stopwatch:
    """Measures a request or one call of a batch, from its arrival on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.started_at = self.called_at = clock.now()

    def begin(self) -> None:
        """Note that processing begins."""
        self.called_at = self._clock.now()

    def end(self, operating: Operating | None = None) -> dict[str, object]:
        """Return the ``time`` of the answer; ``operating`` is left out where there is none.

        Source: https://apidocs.bitrix24.com/data-types.html
        """
        return _tell(self.started_at, self.called_at, self._clock.now(), operating)


def _tell(
    started_at: datetime, called_at: datetime, finished_at: datetime, operating: Operating | None
) -> dict[str, object]:
    time: dict[str, object] = {
        "start": started_at.timestamp(),
        "finish": finished_at.timestamp(),
        "duration": (finished_at - started_at).total_seconds(),
        "processing": (finished_at - called_at).total_seconds(),
        "date_start": started_at.isoformat(timespec="seconds"),
        "date_finish": finished_at.isoformat(timespec="seconds"),
    }
    if operating:
        time |= {"operating_reset_at": operating.reset_at, "operating": operating.seconds}
    return time

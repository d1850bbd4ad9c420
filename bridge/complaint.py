"""Complaints of what may go on for long, and must not fill the log meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger

_SILENCE_SECONDS: Final = 60.0


class Complaint:
    """Writes warnings, the same one once a minute.

    Args:
        log: where to.
        passed: counts seconds.
    """

    def __init__(self, log: Logger, passed: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._passed = passed
        self._said: dict[str, float] = {}

    def say(self, message: str, *values: object) -> None:
        """Complain, unless the same was said within the last minute.

        Args:
            message: as of ``Logger.warning``.
            values: what is filled in.
        """
        text, now = message % values, self._passed()
        self._said = {said: at for said, at in self._said.items() if now - at < _SILENCE_SECONDS}
        if text not in self._said:
            self._said[text] = now
            self._log.warning("%s", text)

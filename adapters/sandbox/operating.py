"""How long the portal's methods have been at work."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

_WINDOW = timedelta(minutes=10)


class Operating(Struct, frozen=True):
    """The time a method has taken since its window began.

    Attributes:
        seconds: in all.
        reset_at: when the window ends, in Unix seconds.
    """

    seconds: float
    reset_at: int


class OperatingTime:
    """Adds up each method's execution time in windows of ten minutes.

    Source: https://apidocs.bitrix24.com/limits.html
    """

    def __init__(self) -> None:
        self._windows: dict[str, tuple[datetime, timedelta]] = {}

    def add(self, method: str, called_at: datetime, finished_at: datetime) -> Operating:
        """Count a call and return what the method has taken in this window."""
        began_at, taken = self._windows.get(method, (called_at, timedelta()))
        if called_at - began_at >= _WINDOW:
            began_at, taken = called_at, timedelta()
        taken += finished_at - called_at
        self._windows[method] = began_at, taken
        return Operating(taken.total_seconds(), int((began_at + _WINDOW).timestamp()))

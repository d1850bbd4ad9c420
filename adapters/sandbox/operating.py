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

    Args:
        limit_seconds: what a method may take in a window; None for no limit.
    """

    def __init__(self, limit_seconds: float | None = None) -> None:
        self._limit_seconds = limit_seconds
        self._windows: dict[str, tuple[datetime, timedelta]] = {}

    def admits(self, method: str, now: datetime) -> bool:
        """Tell whether a method may be called, because it has not yet taken too much time."""
        _, taken = self._window(method, now)
        return self._limit_seconds is None or taken.total_seconds() < self._limit_seconds

    def add(self, method: str, called_at: datetime, finished_at: datetime) -> Operating:
        """Count a call and return what the method has taken in this window."""
        began_at, taken = self._window(method, called_at)
        taken += finished_at - called_at
        self._windows[method] = began_at, taken
        return Operating(taken.total_seconds(), int((began_at + _WINDOW).timestamp()))

    def _window(self, method: str, now: datetime) -> tuple[datetime, timedelta]:
        began_at, taken = self._windows.get(method, (now, timedelta()))
        return (began_at, taken) if now - began_at < _WINDOW else (now, timedelta())

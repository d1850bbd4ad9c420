"""The portal's limit on the time that a method is at work for us, watched so that it holds.

Source: https://apidocs.bitrix24.com/limits.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.bitrix24.answers import Times

LIMIT_SECONDS: Final = 480.0
WINDOW_SECONDS: Final = 600.0
_AT_EASE: Final = 0.8
"""Up to this part of the limit nothing is slowed down."""


class _Use(Struct):
    """What is known of one method.

    Attributes:
        used_seconds: in the portal's window.
        cost_seconds: what the last request added.
        noted_at: when that was said.
        reset_at: when the portal forgets a part of it.
        left_at: when the last request left.
    """

    used_seconds: float
    cost_seconds: float
    noted_at: float
    reset_at: float
    left_at: float


class Operating:
    """Spreads the requests that are left over the time until the portal forgets a part.

    All times are seconds of one monotonic clock.

    Args:
        limit_seconds: how long a method may be at work within ten minutes.
    """

    def __init__(self, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._uses: dict[str, _Use] = {}

    def note(self, method: str, times: Times, now: float) -> None:
        """Read what an answer says; of the calls in a batch the last one's does."""
        if None in (times.operating_seconds, times.operating_reset_at, times.finished_at):
            return
        used = times.operating_seconds or 0.0
        # Only the difference is used: the portal's clock need not agree with ours.
        seconds = (times.operating_reset_at or 0.0) - (times.finished_at or 0.0)
        before = self._uses.get(method)
        cost = used - before.used_seconds if before else used
        if before and cost <= 0:  # a part was forgotten, or an older answer has overtaken
            cost = before.cost_seconds
        reset_at = now + min(max(seconds, 0.0), WINDOW_SECONDS)
        self._uses[method] = _Use(used, cost, now, reset_at, before.left_at if before else now)

    def wait_seconds(self, methods: Iterable[str], now: float) -> float:
        """Tell when the next request with any of these methods should leave."""
        return max((self._wait(self._uses[m], now) for m in methods if m in self._uses), default=0)

    def leave(self, methods: Iterable[str], now: float) -> None:
        """Note that a request leaves."""
        for method in methods:
            if method in self._uses:
                self._uses[method].left_at = now

    def exhaust(self, method: str, now: float) -> float | None:
        """Note that the limit is reached; tell when the portal forgets a part, if that is known."""
        use = self._uses.get(method)
        if use is None or use.reset_at <= now:
            return None
        use.used_seconds = max(use.used_seconds, self._limit_seconds)
        return use.reset_at - now

    def _wait(self, use: _Use, now: float) -> float:
        left = self._limit_seconds - use.used_seconds
        if now >= use.reset_at or use.used_seconds <= _AT_EASE * self._limit_seconds:
            return 0.0
        if left <= 0:
            return use.reset_at - now
        interval = (use.reset_at - use.noted_at) * use.cost_seconds / left
        return min(max(use.left_at + interval, now), use.reset_at) - now

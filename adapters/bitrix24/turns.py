"""Who may call the portal next, and when: all requests of a bridge to it pass here."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from adapters.bitrix24.bucket import Bucket, Limit
from adapters.bitrix24.operating import Operating
from bridge.clock import SystemClock
from bridge.errors import StorageError, TryLater

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime

    from adapters.bitrix24.bucket import Place
    from bridge.ports import Clock

    Load = Callable[[], Awaitable[tuple[float, datetime] | None]]
    Save = Callable[[float, datetime], Awaitable[None]]

PATIENCE_SECONDS: Final = 5.0
"""Whoever would wait longer is told to come again."""
STANDARD: Final = Limit(50, 2)
_KEPT_AHEAD: Final = 10.0
"""By how many requests the level that is kept is too high, so that it need not be kept often."""
_SOON_SECONDS: Final = 0.1
"""What has leaked by then need not be kept: no other process begins so soon."""

_logger = logging.getLogger(__name__)


class Turns:
    """Lets requests leave in the order in which they asked, as fast as the portal takes them.

    Args:
        limit: of the portal on requests.
        operating: its limit on time.
        load: returns how full the bucket was when the last process ended, and when that was.
        save: keeps that.
        clock: the time that is kept with it.

    Attributes:
        operating: what is known of the portal's limit on time.
    """

    def __init__(
        self,
        limit: Limit = STANDARD,
        operating: Operating | None = None,
        *,
        load: Load | None = None,
        save: Save | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._limit = limit
        self.operating = operating or Operating()
        self._load = load
        self._save = save
        self._clock = clock or SystemClock()
        self._bucket: Bucket | None = None
        self._kept: Bucket | None = None
        self._queue = asyncio.Lock()
        self._change = asyncio.Event()

    @property
    def level(self) -> float:
        """How full the portal's bucket is, in requests; 0 before the first one."""
        return self._bucket.level(_now()) if self._bucket else 0.0

    async def take(self, methods: Collection[str]) -> Place:
        """Wait until a request with any of these methods may leave; at most a few seconds.

        Raises:
            TryLater: it would take longer, or it is not known how full the bucket is.
        """
        until = _now() + PATIENCE_SECONDS
        try:
            async with asyncio.timeout_at(until):
                while True:
                    # Not yet in the queue: the limit on time is each method's own.
                    await self._sit_out(
                        until, lambda now: self.operating.wait_seconds(methods, now)
                    )
                    async with self._queue:
                        bucket = await self._open()
                        await self._sit_out(until, bucket.wait_seconds)
                        await self._keep_ahead(bucket)
                        if not self.operating.wait_seconds(methods, _now()):
                            self.operating.leave(methods, _now())
                            return bucket.take(_now())
        except TimeoutError:
            raise _not_now(PATIENCE_SECONDS) from None
        except StorageError as error:
            raise TryLater("NOT_SENT", str(error)) from None

    def give_back(self, place: Place) -> None:
        """Free the place of a request that never left."""
        if self._bucket:
            self._bucket.give_back(place)
            self._change.set()

    def settle(self, place: Place, error_code: str = "", duration_seconds: float = 0.0) -> None:
        """Note that a request has come back, or will not.

        Args:
            place: the request's.
            error_code: how the portal refused it; empty if it did not.
            duration_seconds: how long before now it had arrived, as the portal says.
        """
        if self._bucket is None:
            return
        now = _now()
        self._bucket.settle(place, now, now - max(duration_seconds, 0.0))
        if error_code == "QUERY_LIMIT_EXCEEDED":
            _logger.warning("The portal's limit on requests is used by others, too: slowing down")
            self._bucket.slow_down(place, now)
        elif not error_code:
            self._bucket.recover(place)
        self._change.set()

    async def aclose(self) -> None:
        """Keep how full the bucket is, exactly."""
        if self._bucket:
            await self._keep(self._bucket.fill(_now()))

    async def _open(self) -> Bucket:
        if self._bucket is None:
            kept = await self._load() if self._load else None
            level, at = kept or (0.0, self._clock.now())
            age_seconds = max((self._clock.now() - at).total_seconds(), 0.0)
            self._bucket = Bucket(self._limit, _now() - age_seconds, level)
            self._kept = Bucket(self._limit, _now() - age_seconds, level)
        return self._bucket

    async def _sit_out(self, until: float, tell_seconds: Callable[[float], float]) -> None:
        while seconds := tell_seconds(_now()):
            if _now() + seconds > until:
                raise _not_now(seconds)
            await self._wait_for_change(seconds)

    async def _wait_for_change(self, seconds: float) -> None:
        self._change.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._change.wait()

    async def _keep_ahead(self, bucket: Bucket) -> None:
        fill = bucket.fill(_now()) + 1
        if fill < self._limit.per_second * _SOON_SECONDS:
            return
        if self._kept is None or self._kept.level(_now()) < fill:
            await self._keep(fill + _KEPT_AHEAD)

    async def _keep(self, level: float) -> None:
        self._kept = Bucket(self._limit, _now(), level)
        if self._save:
            try:
                await self._save(level, self._clock.now())
            except StorageError as error:
                # It matters only after a restart; what is to be sent need not wait for that.
                _logger.warning("The level of the portal's bucket could not be kept: %s", error)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _not_now(seconds: float) -> TryLater:
    detail = "the portal is called as often as it allows"
    return TryLater("NOT_SENT", detail, retry_after_seconds=seconds)

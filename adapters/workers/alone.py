"""What only one of several machines may do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from adapters.workers.clerks import survive

if TYPE_CHECKING:
    from bridge.ports import Claims

RunAlone = Callable[[Callable[[], Awaitable[None]]], Coroutine[Any, Any, None]]

_LOOK_SECONDS: Final = 1.0


class Alone:
    """Does something on one machine at a time; another takes over when that one ends.

    Args:
        claims: who does it.
        name: what it is called among the claims.
    """

    def __init__(self, claims: Claims, name: str) -> None:
        self._claims = claims
        self._name = name

    async def __call__(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the turn and work, until cancelled; whoever loses the turn waits again.

        Raises what ``work`` raises.
        """
        while True:
            if await survive(self._claims.claim([self._name]), frozenset()):
                await self._work(work)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _work(self, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(work())
        try:
            while self._claims.holds(self._name) and not task.done():
                await asyncio.wait([task], timeout=_LOOK_SECONDS)
        finally:
            task.cancel()
            await asyncio.wait([task])
            await survive(self._claims.release([self._name]), None)
        if not task.cancelled():
            task.result()


async def run_at_once(work: Callable[[], Awaitable[None]]) -> None:
    """Do something on the only machine there is; a ``RunAlone``."""
    await work()

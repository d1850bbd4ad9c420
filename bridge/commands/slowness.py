"""Telling people who wait for a command that it takes time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


@asynccontextmanager
async def noting_slowness(
    seconds: float, note: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """Have ``note`` called if what is done here takes longer than some seconds.

    What it raises is left to who tries it the next time: the work here is what matters.
    """

    async def wait() -> None:
        await asyncio.sleep(seconds)
        await note()

    waiting = asyncio.create_task(wait())
    try:
        yield
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

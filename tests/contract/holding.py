"""Keeping a transaction open, so that others have to wait for it or must not."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sqlmodel import Session

    from storage.database import Database


@asynccontextmanager
async def writing(
    database: Database, work: Callable[[Session], object] = lambda _: None
) -> AsyncIterator[None]:
    """Begin a transaction that writes, do something in it, and commit when the block ends."""
    begun, may_end = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        work(session)
        begun.set()
        assert may_end.wait(60)

    task = asyncio.create_task(database.write(hold))
    try:
        assert await asyncio.to_thread(begun.wait, 60)
        yield
    finally:
        may_end.set()
        await task

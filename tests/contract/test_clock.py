"""The time where a database is."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from storage.database import Database
from storage.inbox import SqlInbox
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

AN_HOUR = timedelta(hours=1)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def test_it_is_the_real_time(database_url: str) -> None:
    async with opened(database_url) as database:
        before = datetime.now(UTC)
        assert before - AN_HOUR < database.clock.now() < before + AN_HOUR


async def test_nothing_that_is_kept_is_in_the_future(database_url: str) -> None:
    async with opened(database_url) as database:
        later = database.clock.now() + AN_HOUR
        await SqlInbox(database).store(replace(make_incoming("hello"), received_at=later))
    async with opened(database_url) as database:
        assert database.clock.now() >= later

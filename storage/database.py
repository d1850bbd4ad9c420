"""The database: opened with its tables up to date, worked in transactions."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bridge.clock import SteadyClock
from bridge.errors import StorageError
from storage.backend import choose
from storage.migrations import HEAD
from storage.revision import read_revision
from storage.tables import CommandRow, DeliveryEventRow, DeliveryRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import datetime

    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.ext.asyncio import AsyncEngine

    from storage.backend import Backend
    from storage.tables import Row

log = logging.getLogger(__name__)


class Database:
    """Everything the bridge remembers, in one place.

    Args:
        url: ``sqlite+aiosqlite:///`` and a path, or ``postgresql+psycopg://`` and where it is.
        now: tells the time, aware; the stores note by it when something happened. Without it, a
            clock that is the same for all who share the database.
        survives_power_cuts: whether a commit to an SQLite file waits for the disk.

    Attributes:
        clock: tells the time where the database is, and none before that of its newest rows.
        backend: what is peculiar to this kind of database.

    Raises:
        StorageError: the URL is not understood.
    """

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], datetime] | None = None,
        survives_power_cuts: bool = True,
    ) -> None:
        self.backend: Backend = choose(url, survives_power_cuts=survives_power_cuts)
        self.clock = SteadyClock(self.backend.read_time)
        self.now = now or self.clock.now
        self._engine = self.backend.engine

    async def open(self) -> None:
        """Bring the tables up to date; an SQLite file is made if there is none.

        Raises:
            StorageError: it cannot be used; the message tells an administrator why.
        """
        self.backend.prepare()
        try:
            await self._bring_up_to_date()
            await self._set_clock()
        except BaseException:
            await self._engine.dispose()
            raise

    async def close(self) -> None:
        """End all connections and release the lock."""
        try:
            await self._engine.dispose()
        finally:
            self.backend.release()

    async def check(self) -> None:
        """See whether this version can still work with the tables: others may have upgraded them.

        Raises:
            Superseded: it cannot.
            StorageError: the database cannot be read.
        """
        await self._read_revision()

    @property
    def is_shared(self) -> bool:
        """Whether bridges on several machines may work with it."""
        return self.backend.is_shared

    def try_lock(self) -> bool:
        """Claim all work on this database for this process, until ``close``.

        Returns False at once if another process has claimed it, or if the database is shared.
        Reading and storing need no claim, delivering does: two drains would send everything twice.

        Raises:
            StorageError: the lock file beside the database cannot be made.
        """
        return self.backend.try_lock()

    def insert(self, table: type[Row]) -> sqlite.Insert | postgresql.Insert:
        """Begin an ``INSERT`` that can leave alone what is there already."""
        return self.backend.insert(table)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Run one transaction that writes; committed when the block ends, else nothing happened.

        Raises:
            StorageError: nothing was changed.
        """
        async with self.backend.writing, self._transaction(self._engine) as session:
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Run one transaction that only reads, all of it from the same moment.

        Raises:
            StorageError: the database cannot be read.
        """
        async with self._transaction(self.backend.reader) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        with self._errors_in_words():
            async with AsyncSession(engine, expire_on_commit=False) as session:
                yield session
                await session.commit()

    async def _bring_up_to_date(self) -> None:
        revision = await self._read_revision()
        if revision is not None and revision > HEAD:
            log.info(
                "The database was upgraded to revision %s; this version knows %s", revision, HEAD
            )
        if revision is not None and revision >= HEAD:
            return
        with self._errors_in_words():
            # Alembic costs more to import than all else a start does, and is seldom needed.
            from storage import migrate  # noqa: PLC0415

            async with self._engine.begin() as connection:
                await self.backend.lock_schema(connection)
                await connection.run_sync(migrate.upgrade)

    async def _read_revision(self) -> str | None:
        with self._errors_in_words():
            async with self.backend.reader.connect() as connection:
                return await connection.run_sync(read_revision)

    async def _set_clock(self) -> None:
        newest = (
            select(col(moment)).order_by(col(key).desc()).limit(1).scalar_subquery()
            for key, moment in (
                (CommandRow.id, CommandRow.received_at),
                (DeliveryRow.id, DeliveryRow.queued_at),
                (DeliveryEventRow.id, DeliveryEventRow.happened_at),
            )
        )
        with self._errors_in_words():
            async with self.backend.reader.connect() as connection:
                await self.backend.learn_time(connection)
                moments = (await connection.execute(select(*newest))).one()
        for moment in filter(None, moments):
            self.clock.begin_at(moment)

    @contextmanager
    def _errors_in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            problem = self.backend.explain(error.orig)
            raise StorageError(f"database {self.backend.name}: {problem}") from error
        except PoolTimeoutError as error:
            raise StorageError(f"database {self.backend.name}: all connections are busy") from error

"""The database: opened with its tables up to date, worked in transactions."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from os.path import realpath
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel.ext.asyncio.session import AsyncSession

from bridge.errors import StorageError
from storage.migrations import HEAD
from storage.sqlite import explain, make_engine, make_reader, prepare_file, read_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Database:
    """Everything the bridge remembers, in one place.

    Within a process one transaction writes at a time, in the order they were asked for: SQLite
    has one writer anyway, and a queue of coroutines is fair where its own waiting is by chance.
    Readers see the last commit and wait for nobody. Other processes may read and write as well.

    Args:
        url: ``sqlite+aiosqlite:///`` and a path.
        now: tells the time, aware; the stores note by it when something happened.

    Raises:
        StorageError: the URL is not understood.
    """

    def __init__(self, url: str, *, now: Callable[[], datetime] = _utc_now) -> None:
        self.now = now
        self._path = read_path(url)
        self._engine = make_engine(self._path)
        self._reader = make_reader(self._engine)
        self._writing = asyncio.Lock()
        # By whichever link it is called, a database is worked on once.
        self._lock = FileLock(f"{realpath(self._path)}.lock", mode=0o600, thread_local=False)

    async def open(self) -> None:
        """Make the database if there is none, and bring its tables up to date.

        Raises:
            StorageError: it cannot be used; the message tells an administrator why.
        """
        prepare_file(self._path)
        try:
            await self._bring_up_to_date()
        except BaseException:
            await self._engine.dispose()
            raise

    async def close(self) -> None:
        """End all connections and release the lock."""
        try:
            await self._engine.dispose()
        finally:
            self._lock.release()

    def try_lock(self) -> bool:
        """Claim the work on this database for this process, until ``close``.

        Returns False at once if another process has claimed it. Reading and storing need no claim,
        delivering does: two drains would send everything twice.

        Raises:
            StorageError: the lock file beside the database cannot be made.
        """
        if self._lock.is_locked:
            return True
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            raise StorageError(
                f"database {self._path}: cannot be locked: {error.strerror}"
            ) from error
        return True

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Run one transaction that writes; committed when the block ends, else nothing happened.

        Raises:
            StorageError: nothing was changed.
        """
        async with self._writing, self._transaction(self._engine) as session:
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Run one transaction that only reads, all of it from the same moment.

        Raises:
            StorageError: the database cannot be read.
        """
        async with self._transaction(self._reader) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        with self._errors_in_words():
            async with AsyncSession(engine, expire_on_commit=False) as session:
                yield session
                await session.commit()

    async def _bring_up_to_date(self) -> None:
        with self._errors_in_words():
            async with self._reader.connect() as connection:
                revision = await connection.run_sync(_read_revision)
            if revision == HEAD:
                return
            # Alembic costs more to import than all else a start does, and is seldom needed.
            from storage import migrate  # noqa: PLC0415

            async with self._engine.begin() as connection:
                await connection.run_sync(migrate.upgrade)

    @contextmanager
    def _errors_in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StorageError(f"database {self._path}: {explain(error.orig)}") from error
        except PoolTimeoutError as error:
            raise StorageError(f"database {self._path}: all connections are busy") from error


def _read_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision

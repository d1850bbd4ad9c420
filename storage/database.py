"""The database: opened with its tables up to date, worked in transactions."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session, col

from bridge.clock import SteadyClock
from bridge.complaint import Complaint
from bridge.errors import StorageError
from storage.backend import choose
from storage.migrations import HEAD
from storage.revision import read_revision
from storage.space import DISK_FULL
from storage.tables import CommandRow, DeliveryEventRow, DeliveryRow
from storage.threads import Stopped, TransactionThreads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from sqlalchemy.dialects import postgresql, sqlite

    from storage.backend import Backend
    from storage.tables import Row

log = logging.getLogger(__name__)

_DOUBT_SECONDS: Final = 10.0
"""How long a full disk is remembered: something small may still find a place."""

T = TypeVar("T")


class Database:
    """Everything the bridge remembers, in one place.

    Args:
        url: ``sqlite:///`` and a path, or ``postgresql+psycopg://`` and where it is.
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
        self._complaint = Complaint(log)
        self._was_full_at = -inf

    async def open(self) -> None:
        """Bring the tables up to date; an SQLite file is made if there is none.

        Raises:
            StorageError: it cannot be used; the message tells an administrator why.
        """
        self.backend.prepare()
        try:
            await asyncio.to_thread(self._bring_up_to_date)
            await self._set_clock()
        except BaseException:
            self.backend.engine.dispose()
            raise

    async def close(self) -> None:
        """End all connections and release the lock."""
        try:
            await asyncio.to_thread(self._end)
        finally:
            self.backend.release()

    def _end(self) -> None:
        for threads in (self.backend.writers, self.backend.readers):
            threads.stop()
        self.backend.engine.dispose()

    async def check(self) -> None:
        """See whether this version can still work with the tables: others may have upgraded them.

        Raises:
            Superseded: it cannot.
            StorageError: the database cannot be read.
        """
        await self.read(lambda session: read_revision(session.connection()))

    async def check_writing(self) -> None:
        """See whether something can be written now, by writing something of no importance.

        Raises:
            StorageError: it cannot: the disk is full, or the server is away or a replica.
        """
        if time.monotonic() - self._was_full_at < _DOUBT_SECONDS:
            raise self._explain(DISK_FULL)
        await self.write(lambda session: self.backend.touch(session.connection()))

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

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run a transaction that writes; committed when ``work`` returns, else nothing happened.

        Args:
            work: runs in a thread, and uses nothing but the session and what never changes. What it
                raises is raised here. It may be run twice, with nothing left of the first time.

        Whoever is cancelled meanwhile waits for the end of a transaction that has begun, and does
        not learn what became of it.

        Raises:
            StorageError: nothing was changed.
        """
        return await self._run(self.backend.writers, work)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run a transaction that only reads, all of it from the same moment; see ``write``.

        Raises:
            StorageError: the database cannot be read.
        """
        return await self._run(self.backend.readers, work)

    async def _run(self, threads: TransactionThreads, work: Callable[[Session], T]) -> T:
        with self._errors_in_words():
            transaction = threads.submit(work)
            return await self._wait_for(transaction)

    @staticmethod
    async def _wait_for(transaction: Future[T]) -> T:
        outcome = asyncio.wrap_future(transaction)
        try:
            return await asyncio.shield(outcome)
        except asyncio.CancelledError:
            if not transaction.cancel():
                await asyncio.wait([outcome])
                outcome.exception()
            raise

    def _bring_up_to_date(self) -> None:
        with self._errors_in_words(), self.backend.reader.begin() as connection:
            revision = read_revision(connection)
        if revision is not None and revision > HEAD:
            log.info(
                "The database was upgraded to revision %s; this version knows %s", revision, HEAD
            )
        if revision is not None and revision >= HEAD:
            return
        with self._errors_in_words():
            # Alembic costs more to import than all else a start does, and is seldom needed.
            from storage import migrate  # noqa: PLC0415

            with self.backend.engine.begin() as connection:
                self.backend.lock_schema(connection)
                migrate.upgrade(connection)

    async def _set_clock(self) -> None:
        newest = (
            select(col(moment)).order_by(col(key).desc()).limit(1).scalar_subquery()
            for key, moment in (
                (CommandRow.id, CommandRow.received_at),
                (DeliveryRow.id, DeliveryRow.queued_at),
                (DeliveryEventRow.id, DeliveryEventRow.happened_at),
            )
        )

        def read(session: Session) -> Sequence[datetime | None]:
            self.backend.learn_time(session.connection())
            return session.execute(select(*newest)).one()

        for moment in filter(None, await self.read(read)):
            self.clock.begin_at(moment)

    @contextmanager
    def _errors_in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            problem = self.backend.explain(error.orig)
            if problem == DISK_FULL:
                self._was_full_at = time.monotonic()
            raise self._explain(problem) from error
        except Stopped as error:
            raise StorageError(f"database {self.backend.name}: it is closed") from error
        except PoolTimeoutError as error:
            raise self._explain("all connections are busy") from error

    def _explain(self, problem: str) -> StorageError:
        explained = StorageError(f"database {self.backend.name}: {problem}")
        # Told here, where it is the same for all who work with it, whatever they do about it.
        self._complaint.say("%s", explained)
        return explained

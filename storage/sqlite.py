"""What is peculiar to SQLite: its file, its one writer, and its errors in words.

Source: https://www.sqlite.org/pragma.html, https://www.sqlite.org/rescode.html
"""

from __future__ import annotations

import logging
import sqlite3
import time
from functools import partial
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from filelock import FileLock, Timeout
from sqlalchemy import URL, create_engine, event
from sqlalchemy.dialects.sqlite import insert

from bridge.errors import StorageError
from storage.space import DISK_FULL
from storage.threads import TransactionThreads

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

DRIVER: Final = "sqlite"
BUSY_SECONDS: Final = 10
"""How long a writer waits for another process; none of ours writes for longer than a moment."""

_READERS: Final = 3
_TOGETHER: Final = 32
_BEGIN: Final = "begin"
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
)
_WORDS: Final = {
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; does the folder exist, and may we write in it?",
    sqlite3.SQLITE_READONLY: "it cannot be written; we need to write to the file and in its folder",
    sqlite3.SQLITE_PERM: "it cannot be written; we need to write to the file and in its folder",
    sqlite3.SQLITE_BUSY: f"another process has been writing to it for {BUSY_SECONDS} seconds",
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_NOTADB: "the file is not an SQLite database",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a backup",
    sqlite3.SQLITE_CONSTRAINT: "it refuses a row that contradicts another one",
}

# At DEBUG these write down every value that goes in or out: what people wrote to each other.
logging.getLogger("sqlalchemy.engine.Engine").addFilter(
    lambda record: record.levelno > logging.DEBUG
)


class SqliteFile:
    """``storage.backend.Backend`` on a file of this machine.

    Within a process one transaction writes at a time, in the order they were asked for: SQLite
    has one writer anyway, and the queue of a thread is fair where its own waiting is by chance.
    Readers see the last commit and wait for no writer. Other processes may read and write as well.

    Args:
        database: its path.
        survives_power_cuts: whether a commit waits for the disk. What is accepted is acknowledged,
            so it must not be lost then, either; without it, it survives a crash.
    """

    is_shared = False
    insert = staticmethod(insert)

    def __init__(self, database: str, *, survives_power_cuts: bool = True) -> None:
        path = Path(database)
        self.name = str(path)
        self.engine = make_engine(path, "FULL" if survives_power_cuts else "NORMAL")
        self.reader = make_reader(self.engine)
        self.writers = TransactionThreads(self.engine, 1, together=_TOGETHER)
        self.readers = TransactionThreads(self.reader, _READERS)
        self._path = path
        # By whichever link it is called, a database is worked on once.
        self._lock = FileLock(f"{realpath(path)}.lock", mode=0o600, thread_local=False)

    def prepare(self) -> None:
        """Make the file if there is none, readable by nobody else: it holds messages.

        Raises:
            StorageError: it cannot be made.
        """
        try:
            self._path.touch(mode=0o600)
        except FileNotFoundError:
            problem = f"the folder {self._path.parent} does not exist"
        except OSError as error:
            problem = f"it cannot be made: {error.strerror}"
        else:
            if self._path.is_file():
                return
            problem = "it is not a file"
        raise StorageError(f"database {self._path}: {problem}")

    def read_time(self) -> float:
        """Tell what time it is on this machine, in seconds since 1970."""
        return time.time()

    def learn_time(self, connection: Connection) -> None:
        """Do nothing: it is on this machine."""

    def touch(self, connection: Connection) -> None:
        """Write something of no importance: a number that nobody reads."""
        # What stays the same, SQLite does not write.
        connection.exec_driver_sql(f"PRAGMA user_version = {int(time.monotonic() * 1000) % 2**31}")

    def lock_schema(self, connection: Connection) -> None:
        """Do nothing: whoever writes is alone."""

    def try_lock(self) -> bool:
        """Claim the work on the file for this process; False if another one has.

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

    def release(self) -> None:
        """End the claim."""
        self._lock.release()

    def explain(self, error: BaseException | None) -> str:
        """Say what an error of the driver means."""
        return explain(error)


def make_engine(path: Path, synchronous: Literal["FULL", "NORMAL"]) -> Engine:
    """Make an engine whose transactions begin at once, as writers.

    A transaction that reads first and writes later would fail when another one has written in
    between; ``BEGIN IMMEDIATE`` makes it wait its turn instead. The driver's own transaction
    control, which begins only before the first change, is off.
    """
    engine = create_engine(
        URL.create(DRIVER, database=str(path)),
        connect_args={"timeout": BUSY_SECONDS},
        hide_parameters=True,
        pool_size=_READERS + 1,
        max_overflow=0,
    )
    event.listen(engine, "connect", partial(_set_up, synchronous))
    event.listen(engine, "begin", _begin)
    return engine


def make_reader(engine: Engine) -> Engine:
    """Return the same engine for transactions that only read: they wait for no writer."""
    return engine.execution_options(**{_BEGIN: "BEGIN"})


def explain(error: BaseException | None) -> str:
    """Say what an error of the driver means; never repeats its text, which may hold values."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return f"it cannot be used ({type(error).__name__})"
    primary_code = code & 0xFF
    return _WORDS.get(primary_code, f"it cannot be used ({getattr(error, 'sqlite_errorname', '')})")


def _set_up(synchronous: str, connection: Any, _record: object) -> None:  # noqa: ANN401  (the driver's, untyped)
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in (*_PRAGMAS, f"PRAGMA synchronous = {synchronous}"):
            cursor.execute(pragma)
    except BaseException:
        # The pool forgets a connection that fails here, and its thread would stay.
        connection.close()
        raise
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE"))

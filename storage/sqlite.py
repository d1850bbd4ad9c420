"""What is peculiar to SQLite: its file, its connections, and its errors in words.

Source: https://www.sqlite.org/pragma.html, https://www.sqlite.org/rescode.html
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import create_async_engine

from bridge.errors import StorageError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

DRIVER: Final = "sqlite+aiosqlite"
BUSY_SECONDS: Final = 10
"""How long a writer waits for another process; none of ours writes for longer than a moment."""

_CONNECTIONS: Final = 4
_BEGIN: Final = "begin"
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    # What is accepted is acknowledged, so it must survive a power cut, not only a crash.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)
_WORDS: Final = {
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; does the folder exist, and may we write in it?",
    sqlite3.SQLITE_READONLY: "it cannot be written; we need to write to the file and in its folder",
    sqlite3.SQLITE_PERM: "it cannot be written; we need to write to the file and in its folder",
    sqlite3.SQLITE_BUSY: f"another process has been writing to it for {BUSY_SECONDS} seconds",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_NOTADB: "the file is not an SQLite database",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a backup",
    sqlite3.SQLITE_CONSTRAINT: "it refuses a row that contradicts another one",
}

# At DEBUG these write down every value that goes in or out: what people wrote to each other.
for _name in ("aiosqlite", "sqlalchemy.engine.Engine"):
    logging.getLogger(_name).addFilter(lambda record: record.levelno > logging.DEBUG)


def read_path(url: str) -> Path:
    """Return the file that a database URL names.

    Raises:
        StorageError: the URL is not understood; it is not repeated, as it may hold a password.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername != DRIVER or parsed.database in {None, "", ":memory:"}:
        raise StorageError(
            f"the database URL is not understood; one looks like {DRIVER}:///b24bridge.db "
            f"or {DRIVER}:////var/lib/b24bridge/b24bridge.db"
        )
    return Path(str(parsed.database))


def prepare_file(path: Path) -> None:
    """Make the database file if there is none, readable by nobody else: it holds messages.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        path.touch(mode=0o600)
    except FileNotFoundError:
        problem = f"the folder {path.parent} does not exist"
    except OSError as error:
        problem = f"it cannot be made: {error.strerror}"
    else:
        if path.is_file():
            return
        problem = "it is not a file"
    raise StorageError(f"database {path}: {problem}")


def make_engine(path: Path) -> AsyncEngine:
    """Make an engine whose transactions begin at once, as writers.

    A transaction that reads first and writes later would fail when another one has written in
    between; ``BEGIN IMMEDIATE`` makes it wait its turn instead. The driver's own transaction
    control, which begins only before the first change, is off.
    """
    engine = create_async_engine(
        URL.create(DRIVER, database=str(path)),
        connect_args={"timeout": BUSY_SECONDS},
        hide_parameters=True,
        pool_size=_CONNECTIONS,
        max_overflow=0,
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def make_reader(engine: AsyncEngine) -> AsyncEngine:
    """Return the same engine for transactions that only read: they wait for no writer."""
    return engine.execution_options(**{_BEGIN: "BEGIN"})


def explain(error: BaseException | None) -> str:
    """Say what an error of the driver means; never repeats its text, which may hold values."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return f"it cannot be used ({type(error).__name__})"
    primary_code = code & 0xFF
    return _WORDS.get(primary_code, f"it cannot be used ({getattr(error, 'sqlite_errorname', '')})")


def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401  (the driver's, untyped)
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
    except BaseException:
        # The pool forgets a connection that fails here, and its thread would stay.
        connection.close()
        raise
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE"))

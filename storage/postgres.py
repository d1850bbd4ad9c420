"""What is peculiar to PostgreSQL: its connections, and its errors in words.

Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from psycopg import AsyncConnection, OperationalError
from sqlalchemy import create_engine, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from storage.space import DISK_FULL
from storage.tables import UpgradeRow
from storage.threads import TransactionThreads

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

SERVER_TIME: Final = "SELECT extract(epoch FROM clock_timestamp())::float8"

_WRITERS: Final = 6
_READERS: Final = 4
_CONNECT_SECONDS: Final = 10
_WAITING_SECONDS: Final = 10
_PROMPT_SECONDS: Final = 1.0
# A process that is frozen in a transaction must not keep its rows from everybody else. What waits
# is read by an index in its order: with statistics from before a crowd came, PostgreSQL would else
# read and sort all of it, and compile code for that.
_OPTIONS: Final = (
    f"-c idle_in_transaction_session_timeout={_WAITING_SECONDS}s "
    f"-c lock_timeout={_WAITING_SECONDS}s "
    "-c enable_sort=off -c enable_bitmapscan=off -c jit=off"
)
# By itself, the network takes a quarter of an hour to find out that nobody is there any more.
_WATCHFUL: Final = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
_SCHEMA_LOCK: Final = 0x62_32_34_62_72_69_64_67
_CANNOT_CONNECT: Final = "connection failed"
_READ_ONLY: Final = "it can only be read; is it a replica?"
_WORDS: Final = {
    "08": "the connection broke",
    "23": "it refuses a row that contradicts another one",
    "0A000": _READ_ONLY,  # to begin a transaction that writes
    "25006": _READ_ONLY,
    "28": "it does not accept the user or the password",
    "3D": "there is no such database",
    "40": "others changed the same rows at the same time",
    "42501": "its user may not do that; the user should own the database",
    "53100": DISK_FULL,
    "53200": "it has run out of memory",
    "53300": "it has too many connections; raise its max_connections",
    "55P03": f"others have held the same rows for {_WAITING_SECONDS} seconds",
    "57P": "it is being stopped or started",
}

# At DEBUG it writes down every value that goes in or out: what people wrote to each other.
logging.getLogger("psycopg").setLevel(logging.WARNING)


class PostgresServer:
    """``storage.backend.Backend`` on a PostgreSQL server, version 14 or newer."""

    is_shared = True
    insert = staticmethod(insert)

    def __init__(self, url: URL) -> None:
        self.name = f"{url.database} on {url.host or url.query.get('host') or 'this machine'}"
        url = self._url = url.set(query={**_WATCHFUL, **url.query})
        self._ahead: float | None = None
        self.engine = create_engine(
            url,
            connect_args=_connect_args(url),
            hide_parameters=True,
            pool_size=_WRITERS + _READERS,
            max_overflow=0,
            # A server that was restarted is noticed before a transaction and not in it.
            pool_pre_ping=True,
        )
        self.reader = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self.writers = TransactionThreads(self.engine, _WRITERS)
        self.readers = TransactionThreads(self.reader, _READERS)

    @property
    def conninfo(self) -> str:
        """The address as the driver understands it, with the password."""
        url = self._url.set(drivername="postgresql")
        return url.render_as_string(hide_password=False)

    async def connect(self, options: str) -> AsyncConnection[Any]:
        """Open a connection of its own, which commits each statement.

        Args:
            options: settings of the session, like ``-c idle_session_timeout=10s``.

        Raises:
            psycopg.Error: it cannot be opened.
        """
        return await AsyncConnection.connect(
            self.conninfo,
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            application_name="b24bridge",
            options=options,
        )

    def prepare(self) -> None:
        """Do nothing: an administrator makes the database."""

    def read_time(self) -> float:
        """Tell what time it is on the server, in seconds since 1970: all machines have the same."""
        return time.time() if self._ahead is None else time.monotonic() + self._ahead

    def learn_time(self, connection: Connection) -> None:
        """Find out what time it is on the server."""
        asked_at = time.monotonic()
        self.note_time(connection.execute(text(SERVER_TIME)).scalar_one(), asked_at)

    def note_time(self, seconds: float, asked_at: float) -> None:
        """Note what time it is on the server.

        Args:
            seconds: since 1970, as ``SERVER_TIME`` told.
            asked_at: when it was asked, on the monotonic clock.
        """
        now = time.monotonic()
        # After an answer that took long, nobody knows when in between it was given.
        if self._ahead is None or now - asked_at < _PROMPT_SECONDS:
            self._ahead = seconds - (asked_at + now) / 2

    def touch(self, connection: Connection) -> None:
        """Write something of no importance: a row as it is, which PostgreSQL writes anew."""
        connection.execute(update(UpgradeRow).values(release=col(UpgradeRow.release)))

    def lock_schema(self, connection: Connection) -> None:
        """Keep others from changing the tables until the transaction ends."""
        # However many start at once: whoever waits here finds the tables made.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"))
        # For a table that is in use nobody waits so long: those behind would wait as well.
        connection.execute(text(f"SET LOCAL lock_timeout = '{_WAITING_SECONDS}s'"))

    def try_lock(self) -> bool:
        """Return False: others may work on it."""
        return False

    def release(self) -> None:
        """Do nothing: there is no claim."""

    def explain(self, error: BaseException | None) -> str:
        """Say what an error of the driver means; never repeats a text that may hold values."""
        code = getattr(error, "sqlstate", None)
        if code is None:
            return _explain_connection(error)
        for known, words in _WORDS.items():
            if code.startswith(known):
                return words
        return f"it cannot be used ({code})"


def _connect_args(url: URL) -> dict[str, object]:
    own = url.query.get("options", "")
    return {
        "connect_timeout": _CONNECT_SECONDS,
        "application_name": "b24bridge",
        "options": f"{_OPTIONS} {own if isinstance(own, str) else ' '.join(own)}".strip(),
    }


def _explain_connection(error: BaseException | None) -> str:
    """Tell what the server said to somebody who was not let in: no values are in that yet."""
    said = str(error)
    if isinstance(error, OperationalError) and said.startswith(_CANNOT_CONNECT):
        return said.splitlines()[0]
    if isinstance(error, OperationalError):
        return "it cannot be reached, or the connection broke"
    return f"it cannot be used ({type(error).__name__})"

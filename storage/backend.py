"""What differs between the databases that the bridge can work with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bridge.errors import StorageError
from storage.sqlite import DRIVER as SQLITE
from storage.sqlite import SqliteFile

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.dialects import postgresql, sqlite

    from storage.tables import Row
    from storage.threads import TransactionThreads

POSTGRES: Final = "postgresql+psycopg"


class Backend(Protocol):
    """One kind of database.

    Attributes:
        name: what it is called in messages; never with a password.
        is_shared: whether bridges on several machines may work with it.
        engine: begins transactions that write.
        writers: run the transactions that write, as many at once as there may be.
        readers: run those that only read.
    """

    name: str
    is_shared: bool
    engine: Engine
    writers: TransactionThreads
    readers: TransactionThreads

    @property
    def reader(self) -> Engine:
        """Begins transactions that only read, all of it from the same moment."""
        ...

    def insert(self, table: type[Row]) -> sqlite.Insert | postgresql.Insert:
        """Begin an ``INSERT`` that can leave alone what is there already."""
        ...

    def prepare(self) -> None:
        """See to it that one can connect.

        Raises:
            StorageError: one cannot.
        """
        ...

    def read_time(self) -> float:
        """Tell what time it is where the database is, in seconds since 1970."""
        ...

    def learn_time(self, connection: Connection) -> None:
        """Find out what time it is where the database is."""
        ...

    def touch(self, connection: Connection) -> None:
        """Write something that is of no importance, and has to reach the disk all the same."""
        ...

    def lock_schema(self, connection: Connection) -> None:
        """Keep others from changing the tables until the transaction ends."""
        ...

    def try_lock(self) -> bool:
        """Claim all work on the database for this process; False if others may work on it."""
        ...

    def release(self) -> None:
        """End the claim."""
        ...

    def explain(self, error: BaseException | None) -> str:
        """Say what an error of the driver means; never repeats a text that may hold values."""
        ...


def choose(url: str, *, survives_power_cuts: bool = True) -> Backend:
    """Choose by the URL of a database.

    Args:
        url: where it is.
        survives_power_cuts: whether a commit to an SQLite file waits for the disk; a server has
            settings of its own.

    Raises:
        StorageError: the URL is not understood; it is not repeated, as it may hold a password.
    """
    parsed = _parse(url)
    kind = parsed.get_backend_name() if parsed else ""
    if parsed and kind == SQLITE and parsed.database not in {None, "", ":memory:"}:
        return SqliteFile(str(parsed.database), survives_power_cuts=survives_power_cuts)
    if parsed and parsed.drivername == POSTGRES and parsed.database:
        # Its driver takes its time to import, and most bridges do without.
        from storage.postgres import PostgresServer  # noqa: PLC0415

        return PostgresServer(parsed)
    raise StorageError(
        f"the database URL is not understood; one looks like {SQLITE}:///b24bridge.db, "
        f"{SQLITE}:////var/lib/b24bridge/b24bridge.db or {POSTGRES}://user:password@host/b24bridge"
    )


def _parse(url: str) -> URL | None:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        return None

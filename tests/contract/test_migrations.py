"""The tables that the migrations make are the tables that the code works with."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from storage.migrate import configure, upgrade
from storage.migrations import HEAD
from storage.tables import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

ROOT = Path(__file__).parents[2]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path / 'bridge.db'}")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


OPENING = """
import asyncio, sys
from storage.database import Database

async def main():
    database = Database(sys.argv[1])
    await database.open()
    await database.close()

asyncio.run(main())
print("alembic" in sys.modules)
"""


def opening(path: Path) -> list[str]:
    return [sys.executable, "-c", OPENING, f"sqlite+aiosqlite:///{path}"]


def schema(connection: Connection) -> set[str]:
    rows = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'"
    )
    return {" ".join(sql.split()) for (sql,) in rows}


def test_the_head_that_a_start_compares_with_is_the_newest_revision(
    connection: Connection,
) -> None:
    assert ScriptDirectory.from_config(configure(connection)).get_current_head() == HEAD


def test_models_and_migrations_agree(connection: Connection) -> None:
    upgrade(connection)
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, Row.metadata) == []


def test_migrations_make_the_very_indices_of_the_models(
    connection: Connection, tmp_path: Path
) -> None:
    upgrade(connection)
    engine = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    with engine.begin() as other:
        Row.metadata.create_all(other)
        of_models = {sql for sql in schema(other) if sql.startswith("CREATE INDEX")}
    engine.dispose()
    assert {sql for sql in schema(connection) if sql.startswith("CREATE INDEX")} == of_models


def test_every_migration_can_be_undone_and_done_again(connection: Connection) -> None:
    upgrade(connection)
    before = schema(connection)
    command.downgrade(configure(connection), "base")
    assert schema(connection) == set()
    upgrade(connection)
    assert schema(connection) == before


def test_those_who_open_a_new_database_at_once_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    processes = [
        subprocess.Popen(opening(path), cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(3)
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def test_alembic_is_loaded_only_when_there_is_something_to_do(tmp_path: Path) -> None:
    is_loaded = [
        subprocess.check_output(opening(tmp_path / "bridge.db"), cwd=ROOT, text=True)
        for _ in range(2)
    ]
    assert is_loaded == ["True\n", "False\n"]


def test_the_migrations_are_in_the_package() -> None:
    folder = ROOT / "storage" / "migrations"
    assert {"env.py", "versions"} <= {path.name for path in folder.iterdir()}

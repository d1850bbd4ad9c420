"""The tables that the migrations make are the tables that the code works with."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import Column, MetaData, String, Table, Text, create_engine, delete, inspect, update
from sqlmodel import col

from bridge.errors import Superseded
from storage.database import Database
from storage.inbox import SqlInbox
from storage.migrate import configure, upgrade
from storage.migrations import HEAD
from storage.revision import release
from storage.tables import Row, UpgradeRow
from tests.fakes.incoming import make_incoming
from tests.previous import find_breaks, take_previous_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.operations import BatchOperations
    from sqlalchemy import Connection
    from sqlmodel import Session

    from tests.postgres import TestServer

ROOT = Path(__file__).parents[2]
VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32)))


@pytest.fixture(params=["sqlite", "postgres"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'bridge.db'}"
        if request.param == "postgres":
            server: TestServer = request.getfixturevalue("postgres")
            url = stack.enter_context(server.empty_database())
        engine = create_engine(url)
        stack.callback(engine.dispose)
        yield stack.enter_context(engine.begin())


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


def is_ours(_object: object, name: str | None, *_: object) -> bool:
    return not (name or "").startswith(("procrastinate_", "idx_procrastinate_"))


OPTIONS = {"compare_type": True, "include_object": is_ours}
SQLITE_SCHEMA = """
SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'
"""
POSTGRES_SCHEMA = """
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
"""


def opening(url: str) -> list[str]:
    return [sys.executable, "-c", OPENING, url]


def schema(connection: Connection) -> set[str]:
    is_sqlite = connection.dialect.name == "sqlite"
    rows = connection.exec_driver_sql(SQLITE_SCHEMA if is_sqlite else POSTGRES_SCHEMA)
    return {" ".join(sql.split()) for (sql,) in rows}


def test_the_head_that_a_start_compares_with_is_the_newest_revision(
    connection: Connection,
) -> None:
    assert ScriptDirectory.from_config(configure(connection)).get_current_head() == HEAD


def test_each_migration_can_be_used_by_the_code_before_it(connection: Connection) -> None:
    """Expand first; take away when no code that may still run needs it: see CONTRIBUTING.md."""
    scripts = ScriptDirectory.from_config(configure(connection)).walk_revisions("0008", "head")
    for newer, older in pairwise(scripts):
        usable_from = newer.module.usable_from
        assert older.module.usable_from <= usable_from <= older.revision, newer.path


KNOWN = """json.dumps({
    table.name: {column.name: column.nullable for column in table.columns}
    for table in storage.tables.Row.metadata.tables.values()
})"""


def test_the_code_before_the_newest_migration_finds_all_that_it_knows(
    connection: Connection, tmp_path: Path
) -> None:
    known = json.loads(take_previous_code(tmp_path / "previous").tell(KNOWN))
    assert "outbox" in known
    upgrade(connection)
    assert list(find_breaks(known, inspect(connection))) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda inbox: inbox.drop_column("reply"), ["inbox.reply is gone"]),
        (
            lambda inbox: inbox.alter_column("reply", new_column_name="answer"),
            ["inbox.reply is gone"],
        ),
        (
            lambda inbox: inbox.alter_column("reply", nullable=False),
            ["inbox.reply must not be NULL now"],
        ),
        (
            lambda inbox: inbox.alter_column("sender", nullable=True),
            ["inbox.sender may be NULL now"],
        ),
        (
            lambda inbox: inbox.add_column(Column("mood", Text, nullable=False)),
            ["inbox.mood has no value in what older code writes"],
        ),
        (
            lambda inbox: inbox.add_column(Column("mood", Text, nullable=False, server_default="")),
            [],
        ),
        (lambda inbox: inbox.add_column(Column("mood", Text)), []),
    ],
)
def test_what_a_migration_must_not_do_is_noticed(
    connection: Connection, change: Callable[[BatchOperations], None], expected: list[str]
) -> None:
    upgrade(connection)
    known = {
        table.name: {column.name: bool(column.nullable) for column in table.columns}
        for table in Row.metadata.tables.values()
    }
    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table("inbox") as inbox:
        change(inbox)
    assert list(find_breaks(known, inspect(connection))) == expected
    connection.exec_driver_sql("DROP TABLE upgrades")
    assert "upgrades is gone" in find_breaks(known, inspect(connection))


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_models_and_migrations_agree(connection: Connection) -> None:
    upgrade(connection)
    context = MigrationContext.configure(connection, opts=OPTIONS)
    assert compare_metadata(context, Row.metadata) == []


def test_links_from_before_there_was_a_history_are_its_beginning(connection: Connection) -> None:
    command.upgrade(configure(connection), "0004")
    now = "2026-03-02 09:00:00+00:00"
    for table, values in {
        "portals": {"id": 1, "key": "one", "name": "One", "hold_code": ""}
        | {"bucket_level": 0, "created_at": now},
        "identities": dict.fromkeys(("workspace", "handle", "handle_folded", "display_name"), "")
        | {"id": 1, "platform": "telegram", "external_id": "4242"},
        "links": {"identity_id": 1, "portal_id": 1, "bitrix_user_id": 5, "recipient_name": "Anna"}
        | {"proved_by": "administrator", "linked_by": "console:root", "linked_at": now},
    }.items():
        names = ", ".join(values)
        written = ", ".join(map(repr, values.values()))
        connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({written})")
    upgrade(connection)
    changes = connection.exec_driver_sql(
        "SELECT identity_id, portal_id, bitrix_user_id, is_end, proved_by, changed_by"
        " FROM link_changes"
    )
    assert [tuple(row) for row in changes] == [(1, 1, 5, False, "administrator", "console:root")]


def indices(connection: Connection) -> set[str]:
    return {
        sql
        for sql in schema(connection)
        if sql.startswith("CREATE INDEX") and "procrastinate" not in sql
    }


def test_migrations_make_the_very_indices_of_the_models(connection: Connection) -> None:
    upgrade(connection)
    of_migrations = indices(connection)
    command.downgrade(configure(connection), "base")
    Row.metadata.create_all(connection)
    assert of_migrations == indices(connection)


def test_every_migration_can_be_undone_and_done_again(connection: Connection) -> None:
    upgrade(connection)
    before = schema(connection)
    command.downgrade(configure(connection), "base")
    assert schema(connection) == set()
    upgrade(connection)
    assert schema(connection) == before


def open_at_once(url: str) -> list[int]:
    processes = [
        subprocess.Popen(opening(url), cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(3)
    ]
    return [process.wait(60) for process in processes]


def test_those_who_open_a_new_database_at_once_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    assert open_at_once(f"sqlite:///{path}") == [0, 0, 0]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def test_machines_that_open_a_new_database_at_once_all_succeed(postgres: TestServer) -> None:
    with postgres.empty_database() as url:
        assert open_at_once(url) == [0, 0, 0]


def test_the_jobs_are_kept_in_the_tables_that_the_installed_library_expects() -> None:
    """When this fails, a newer Procrastinate wants a migration: see its ``sql/migrations``."""
    ours = ROOT / "storage" / "migrations" / "procrastinate.sql"
    assert ours.read_text() == SchemaManager.get_schema()


def test_alembic_is_loaded_only_when_there_is_something_to_do(tmp_path: Path) -> None:
    is_loaded = [
        subprocess.check_output(opening(f"sqlite:///{tmp_path / 'bridge.db'}"), cwd=ROOT, text=True)
        for _ in range(2)
    ]
    assert is_loaded == ["True\n", "False\n"]


def test_the_migrations_are_in_the_package() -> None:
    folder = ROOT / "storage" / "migrations"
    assert {"env.py", "versions", "procrastinate.sql"} <= {path.name for path in folder.iterdir()}


async def upgraded(url: str, usable_from: str) -> Database:
    """Make a database that a version of the future has upgraded."""
    database = Database(url)
    await database.open()
    future = UpgradeRow(revision="9999", usable_from=usable_from, release="7.0.0")

    def note(session: Session) -> None:
        session.exec(update(VERSION).values(version_num=future.revision))
        session.add(future)

    await database.write(note)
    return database


async def test_a_version_goes_on_with_what_a_newer_one_has_left_usable(database_url: str) -> None:
    database = await upgraded(database_url, usable_from=HEAD)
    await database.check()
    await database.close()
    database = Database(database_url)
    await database.open()
    assert await SqlInbox(database).store(make_incoming("hello"))
    await database.close()


async def test_a_version_says_what_to_install_when_a_newer_one_has_upgraded_further(
    database_url: str,
) -> None:
    database = await upgraded(database_url, usable_from="9999")
    expected = (
        f"this database was upgraded to revision 9999, and b24bridge {release()} knows revision "
        f"{HEAD}: install b24bridge 7.0.0 or newer"
    )
    with pytest.raises(Superseded, match=f"^{re.escape(expected)}$"):
        await database.check()
    await database.close()
    with pytest.raises(Superseded, match=f"^{re.escape(expected)}$"):
        await Database(database_url).open()


async def test_a_revision_that_nobody_has_noted_is_refused(database_url: str) -> None:
    database = await upgraded(database_url, usable_from=HEAD)
    forget = delete(UpgradeRow).where(col(UpgradeRow.revision) == "9999")
    await database.write(lambda session: session.exec(forget))
    with pytest.raises(Superseded, match="install a newer b24bridge"):
        await database.check()
    await database.close()


def test_whoever_comes_late_to_an_upgrade_leaves_it_alone(connection: Connection) -> None:
    upgrade(connection)
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    connection.exec_driver_sql(f"INSERT INTO upgrades VALUES ('9999', '{HEAD}', '7.0.0')")
    upgrade(connection)
    assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"

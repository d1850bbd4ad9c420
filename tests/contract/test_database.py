"""The database file itself: what it survives, and what an administrator is told."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import sqlite3
import stat
import sys
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlmodel import text

from bridge.commands.decided import Decided
from bridge.errors import StorageError
from bridge.markup.nodes import Document
from bridge.people.identity import PortalId
from bridge.settings import Settings
from storage.answers import SqlAnswers
from storage.database import Database
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.portals import SqlPortals
from storage.tables import CommandRow
from tests.contract.holding import writing
from tests.contract.stores import make_sender, notify
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlmodel import Session

ROOT = Path(__file__).parents[2]
SECRET = "the merger is on Friday"


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Database]:
    database = Database(url_of(path))
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path / "bridge.db") as database:
        yield database


async def execute(database: Database, statement: str) -> object:
    def run(session: Session) -> object:
        result = session.connection().execute(text(statement))
        return result.scalar() if result.returns_rows else None

    return await database.write(run)


async def test_connections_are_set_up_for_safety(database: Database) -> None:
    assert await execute(database, "PRAGMA journal_mode") == "wal"
    assert await execute(database, "PRAGMA synchronous") == 2
    assert await execute(database, "PRAGMA foreign_keys") == 1
    assert await execute(database, "PRAGMA busy_timeout") == 10_000


async def test_a_commit_need_not_wait_for_the_disk_where_that_is_set(tmp_path: Path) -> None:
    database = Database(url_of(tmp_path / "bridge.db"), survives_power_cuts=False)
    await database.open()
    assert await execute(database, "PRAGMA synchronous") == 1
    assert await execute(database, "PRAGMA journal_mode") == "wal"
    await database.close()


async def test_only_its_owner_can_read_the_files(database: Database, tmp_path: Path) -> None:
    await SqlInbox(database).store(make_incoming("hello"))
    assert database.try_lock()
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in os.scandir(tmp_path)}
    names = ("bridge.db", "bridge.db-wal", "bridge.db-shm", "bridge.db.lock")
    assert modes == dict.fromkeys(names, 0o600)


async def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    incoming, later = make_incoming("first"), make_incoming("second", sender=make_sender())
    async with opened(path) as database:
        portal = await SqlPortals(database).ensure("one.example", "One")
        inbox = SqlInbox(database)
        await inbox.store(incoming)
        await inbox.store(later)
        first, _ = await inbox.list_open(database.now(), 9)
        await inbox.close(first.id, Decided(reply=None, notifications={portal: [notify("a")]}))
        assert await SqlOutbox(database).take_due(portal, database.now(), 9)
    async with opened(path) as database:
        assert await SqlPortals(database).ensure("one.example", "Renamed") == portal
        inbox, outbox = SqlInbox(database), SqlOutbox(database)
        assert not await inbox.store(incoming)
        assert [stored.incoming for stored in await inbox.list_open(database.now(), 9)] == [later]
        assert await outbox.recover(portal) == 1
        (delivery,) = await outbox.take_due(portal, database.now(), 9)
        assert delivery.notification == notify("a")


async def test_the_url_of_earlier_versions_means_the_same_file(tmp_path: Path) -> None:
    path, incoming = tmp_path / "bridge.db", make_incoming()
    async with opened(path) as database:
        assert await SqlInbox(database).store(incoming)
    settings = Settings(database_url=f"sqlite+aiosqlite:///{path}")
    database = Database(settings.database_url)
    await database.open()
    assert not await SqlInbox(database).store(incoming)
    await database.close()


async def test_what_was_stored_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("store_until_killed.py")),
        url_of(path),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    lines = [await asyncio.wait_for(process.stdout.readline(), 60) for _ in range(40)]
    process.kill()
    lines += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    acknowledged = {line.decode().strip() for line in lines if line.endswith(b"\n")}
    assert len(acknowledged) >= 40
    async with opened(path) as database:
        stored = await SqlInbox(database).list_open(database.now(), 100_000)
    assert acknowledged <= {command.incoming.event_id for command in stored}


async def test_one_process_at_a_time_works_on_a_database(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    async with opened(path) as first, opened(path) as second:
        assert first.try_lock()
        assert first.try_lock()
        assert not second.try_lock()
        assert await SqlInbox(second).store(make_incoming("hello"))
        await first.close()
        assert second.try_lock()


async def test_a_database_called_by_a_link_has_the_same_lock(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "link.db").symlink_to(tmp_path / "bridge.db")
    async with opened(tmp_path / "bridge.db") as first, opened(folder / "link.db") as second:
        assert first.try_lock()
        assert not second.try_lock()
        await first.close()
        assert second.try_lock()


async def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    script = (
        "import sys\nfrom storage.database import Database\n"
        "database = Database(sys.argv[1])\n"
        "print(database.try_lock(), flush=True)\nsys.stdin.read()"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        url_of(path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"True\n"
    async with opened(path) as database:
        assert not database.try_lock()
        process.kill()
        await process.wait()
        assert database.try_lock()


async def test_a_reader_waits_for_no_writer(database: Database) -> None:
    inbox = SqlInbox(database)
    async with writing(database, _add_row):
        assert list(await inbox.list_open(database.now(), 9)) == []
    assert len(await inbox.list_open(database.now(), 9)) == 1


async def test_a_transaction_that_fails_changes_nothing(database: Database) -> None:
    def fail(session: Session) -> None:
        _add_row(session)
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await database.write(fail)
    assert list(await SqlInbox(database).list_open(database.now(), 9)) == []


async def test_cancelled_work_is_done_or_not_done_and_blocks_nobody(database: Database) -> None:
    inbox = SqlInbox(database)
    chance = random.Random(7)
    events = [make_incoming("hello", sender=make_sender()) for _ in range(60)]
    tasks = [asyncio.create_task(inbox.store(event)) for event in events]
    for task in tasks[::2]:
        asyncio.get_running_loop().call_later(chance.random() / 10, task.cancel)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    stored = {one.incoming.event_id for one in await inbox.list_open(database.now(), 100)}
    for event, result in zip(events, results, strict=True):
        assert isinstance(result, asyncio.CancelledError) or event.event_id in stored
    assert await inbox.store(make_incoming("afterwards", sender=make_sender()))


async def test_two_processes_write_without_being_refused(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    async with opened(path) as first, opened(path) as second:
        events = [make_incoming("hello", sender=make_sender()) for _ in range(40)]
        inboxes = [SqlInbox(first), SqlInbox(second)]
        stores = [inboxes[number % 2].store(event) for number, event in enumerate(events)]
        assert all(await asyncio.gather(*stores))


async def test_what_two_processes_read_and_then_write_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    async with opened(path) as first, opened(path) as second:
        inboxes = [SqlInbox(first), SqlInbox(second)]
        await inboxes[0].store(make_incoming("hello"))
        (stored,) = await inboxes[0].list_open(first.now(), 1)
        now = first.now()
        await asyncio.gather(
            *(inboxes[number % 2].postpone(stored.id, now) for number in range(40))
        )
        (stored,) = await inboxes[1].list_open(second.now(), 1)
        assert stored.attempts == 40


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://root:hunter2@db/bridge",
    ],
)
def test_a_url_that_is_not_understood_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(StorageError, match="looks like sqlite") as caught:
        Database(url)
    assert "hunter2" not in str(caught.value)


async def refusal(path: Path) -> str:
    database = Database(url_of(path))
    with pytest.raises(StorageError) as caught:
        await database.open()
    await database.close()
    return str(caught.value)


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "missing"
    assert f"the folder {folder} does not exist" in await refusal(folder / "bridge.db")


async def test_a_folder_instead_of_a_file_is_refused(tmp_path: Path) -> None:
    assert "it is not a file" in await refusal(tmp_path)


async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Anna, " * 100)
    assert "not an SQLite database" in await refusal(path)
    assert path.read_text() == "Dear Anna, " * 100


async def test_a_file_that_cannot_be_made_is_refused() -> None:
    assert "it cannot be made: Not a directory" in await refusal(Path("/dev/null/bridge.db"))


async def test_a_damaged_file_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    async with opened(path):
        pass
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(bytes(content))
    assert "the file is damaged" in await refusal(path)


async def test_a_full_disk_is_an_honest_refusal(database: Database) -> None:
    inbox = SqlInbox(database)
    incoming = make_incoming(SECRET * 5000)
    await execute(database, "PRAGMA max_page_count = 1")
    with pytest.raises(StorageError, match="the disk is full"):
        await inbox.store(incoming)
    await execute(database, "PRAGMA max_page_count = 100000")
    assert await inbox.store(incoming)


async def test_a_disk_on_which_something_small_still_finds_a_place_is_full_all_the_same(
    database: Database,
) -> None:
    await database.check_writing()
    await execute(database, "PRAGMA max_page_count = 1")
    await database.check_writing()
    with pytest.raises(StorageError, match="the disk is full"):
        await SqlInbox(database).store(make_incoming(SECRET * 5000))
    with pytest.raises(StorageError, match="the disk is full"):
        await database.check_writing()


async def test_another_process_that_writes_for_too_long_is_an_honest_refusal(
    database: Database, tmp_path: Path
) -> None:
    await execute(database, "PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="another process has been writing"):
            await SqlInbox(database).store(make_incoming("hello"))
        other.execute("ROLLBACK")
    assert await SqlInbox(database).store(make_incoming("hello"))


async def test_no_text_reaches_a_log_or_an_exception(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool"):
        caplog.set_level(logging.DEBUG, logger=name)
    inbox = SqlInbox(database)
    await inbox.store(make_incoming(SECRET))
    await inbox.list_open(database.now(), 9)
    await execute(database, "DROP TABLE inbox")
    with pytest.raises(StorageError) as caught:
        await inbox.store(make_incoming(SECRET))
    chain: BaseException | None = caught.value
    while chain is not None:
        assert SECRET not in str(chain)
        chain = chain.__cause__
    assert SECRET not in caplog.text


async def test_a_command_that_cannot_be_read_holds_up_nobody_else(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = SqlInbox(database)
    for _ in range(3):
        await inbox.store(make_incoming(SECRET, sender=make_sender()))
    await execute(database, f"UPDATE inbox SET incoming = '[\"{SECRET}\"]' WHERE id = 2")
    listed = await inbox.list_open(database.now(), 9)
    assert [stored.id for stored in listed] == [1, 3]
    assert "Command 2 in the inbox cannot be read" in caplog.text
    assert SECRET not in caplog.text


async def test_an_answer_that_cannot_be_read_holds_up_nobody_else(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = SqlInbox(database)
    for _ in range(3):
        await inbox.store(make_incoming("hello", sender=make_sender()))
    for stored in await inbox.list_open(database.now(), 9):
        await inbox.close(stored.id, Decided(reply=Document(())))
    await execute(database, f"UPDATE inbox SET reply = '{SECRET}' WHERE id = 1")
    answers = SqlAnswers(database)
    untold = [await answers.read(command_id) for command_id in (1, 2, 3)]
    assert [one.id if one else None for one in untold] == [None, 2, 3]
    assert "Command 1 in the inbox cannot be read" in caplog.text
    assert SECRET not in caplog.text


async def test_rows_must_belong_together(database: Database) -> None:
    inbox = SqlInbox(database)
    await inbox.store(make_incoming("hello"))
    (stored,) = await inbox.list_open(database.now(), 9)
    with pytest.raises(StorageError, match="contradicts"):
        await inbox.close(
            stored.id, Decided(reply=None, notifications={PortalId(9): [notify("a")]})
        )
    assert len(await inbox.list_open(database.now(), 9)) == 1


def _add_row(session: Session) -> None:
    incoming = make_incoming("hello")
    row = CommandRow(
        platform=incoming.platform,
        workspace=incoming.workspace,
        event_id="1",
        sender=str(incoming.sender.identity),
        incoming=incoming,
        received_at=incoming.received_at,
    )
    session.add(row)
    session.flush()

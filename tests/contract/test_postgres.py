"""What is peculiar to PostgreSQL: several machines at the same moment, and its errors in words."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from adapters.workers.jobs import Jobs
from bridge.commands.decided import Decided
from bridge.delivery.notification import Verdict
from bridge.delivery.state import State
from bridge.errors import StorageError
from bridge.people.identity import Platform, PortalId
from storage.answers import SqlAnswers
from storage.database import Database
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.portals import SqlPortals
from storage.postgres import PostgresServer
from tests.contract.stores import make_sender, notify
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.postgres import TestServer

PASSWORD = "hunter2"


@pytest.fixture
async def database(postgres: TestServer) -> AsyncIterator[Database]:
    with postgres.database() as url:
        database = Database(url)
        await database.open()
        yield database
        await database.close()


def server_of(database: Database) -> PostgresServer:
    assert isinstance(database.backend, PostgresServer)
    return database.backend


def count_jobs(database: Database) -> dict[str, int]:
    with psycopg.connect(server_of(database).conninfo) as connection:
        rows = connection.execute(
            "SELECT lock, count(*) FROM procrastinate_jobs WHERE status = 'todo' GROUP BY lock"
        )
        return dict(rows.fetchall())


async def queue(inbox: SqlInbox, database: Database, *portals: PortalId) -> int:
    await inbox.store(make_incoming("hello", sender=make_sender()))
    *_, stored = await inbox.list_open(database.now(), 100)
    notifications = {portal: [notify("a")] for portal in portals}
    await inbox.close(stored.id, Decided(reply=None, notifications=notifications))
    return stored.id


async def test_whoever_ends_the_last_deliveries_at_one_moment_has_the_person_told(
    database: Database,
) -> None:
    names = [f"{number}.example" for number in range(6)]
    portals = [await SqlPortals(database).ensure(name, name) for name in names]
    inbox, outbox = SqlInbox(database), SqlOutbox(database)
    for _ in range(10):
        command = await queue(inbox, database, *portals)
        taken = [
            delivery
            for portal in portals
            for delivery in await outbox.take_due(portal, database.now(), 1)
        ]
        await SqlAnswers(database).mark_told(command, is_final=False)
        verdicts = [
            Verdict(delivery_id=one.id, attempt=one.attempt, state=State.DELIVERED) for one in taken
        ]
        await asyncio.gather(*(outbox.record([verdict]) for verdict in verdicts))
    answers = SqlAnswers(database)
    ids = await answers.list_untold(
        [Platform.TELEGRAM], database.now(), waiting_since=database.now(), limit=100
    )
    untold = [await answers.read(command_id) for command_id in ids]
    assert [len(one.progress) for one in untold if one] == [6] * 10


async def test_a_drain_begins_after_those_who_are_queueing(database: Database) -> None:
    portal = await SqlPortals(database).ensure("one.example", "One")
    may_commit = threading.Event()
    is_queued = threading.Event()

    def announce(*_: object) -> None:
        is_queued.set()
        assert may_commit.wait(60)

    outbox = SqlOutbox(database)
    queueing = asyncio.create_task(queue(SqlInbox(database, announce), database, portal))
    assert await asyncio.to_thread(is_queued.wait, 60)
    recovering = asyncio.create_task(outbox.recover(portal))
    done, _ = await asyncio.wait([recovering], timeout=0.2)
    assert not done
    may_commit.set()
    await recovering
    assert len(await outbox.take_due(portal, database.now(), 9)) == 1
    await queueing


async def test_rows_and_the_job_that_drains_them_are_one_transaction(database: Database) -> None:
    portals = SqlPortals(database)
    one, two = [await portals.ensure(name, name) for name in ("one.example", "two.example")]
    jobs = Jobs(server_of(database).conninfo, portals.list_due)
    inbox = SqlInbox(database, jobs.announce)
    with pytest.raises(StorageError, match="contradicts"):
        await queue(inbox, database, one, PortalId(99))
    assert count_jobs(database) == {}
    for _ in range(3):
        await queue(inbox, database, one, two)
    assert count_jobs(database) == {f"drain {one}": 1, f"drain {two}": 1}
    assert await portals.list_due() == [one, two]


async def refusal(url: str) -> str:
    database = Database(url)
    with pytest.raises(StorageError) as caught:
        await database.open()
    await database.close()
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    told = await refusal(f"postgresql+psycopg://bridge:{PASSWORD}@127.0.0.1:1/b24bridge")
    assert told.startswith("database b24bridge on 127.0.0.1: ")
    assert "refused" in told


async def test_a_database_that_is_not_there_is_named(postgres: TestServer) -> None:
    there = make_url(postgres.clean_database())
    url = there.set(database="nowhere", password=there.password or PASSWORD)
    assert '"nowhere" does not exist' in await refusal(url.render_as_string(hide_password=False))


async def test_a_database_that_can_only_be_read_is_an_honest_refusal(database: Database) -> None:
    server = server_of(database)
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        name = make_url(f"postgresql://x/{connection.info.dbname}").database
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    database.backend.engine.dispose()
    with pytest.raises(StorageError, match="can only be read"):
        await SqlInbox(database).store(make_incoming("hello"))


async def test_a_server_that_ends_all_connections_is_used_again_at_once(
    database: Database,
) -> None:
    inbox = SqlInbox(database)
    assert await inbox.store(make_incoming("before", sender=make_sender()))
    with psycopg.connect(server_of(database).conninfo) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await inbox.store(make_incoming("after", sender=make_sender()))


async def test_whoever_is_silent_in_a_transaction_keeps_nobody_waiting_for_ever(
    database: Database,
) -> None:
    settings = text(
        "SELECT current_setting('idle_in_transaction_session_timeout'),"
        " current_setting('lock_timeout')"
    )
    (row,) = await database.write(lambda session: session.connection().execute(settings).all())
    assert tuple(row) == ("10s", "10s")

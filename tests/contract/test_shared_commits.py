"""Transactions that wait at the same time share a commit, and nothing else."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, text
from sqlmodel import col, select

from bridge.errors import StorageError
from storage.database import Database
from storage.tables import PortalRow
from storage.threads import Stopped
from tests.contract.holding import writing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from sqlmodel import Session


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'bridge.db'}")
    await database.open()
    yield database
    await database.close()


def adding(database: Database, key: str) -> Callable[[Session], str]:
    """Make a transaction that adds a portal."""

    def add(session: Session) -> str:
        session.add(PortalRow(key=key, name=key, created_at=database.now()))
        return key

    return add


async def list_keys(database: Database) -> list[str]:
    query = select(PortalRow.key).order_by(col(PortalRow.key))
    return await database.read(lambda session: list(session.exec(query).all()))


async def test_those_that_wait_for_the_writer_are_committed_at_once(database: Database) -> None:
    commits: list[object] = []
    event.listen(database.backend.engine, "commit", commits.append)
    keys = [f"portal {number}" for number in range(10)]
    async with writing(database):
        tasks = [asyncio.create_task(database.write(adding(database, key))) for key in keys]
        await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)
    assert await asyncio.gather(*tasks) == keys
    assert len(commits) == 2  # that of the one they waited for is the other
    assert await list_keys(database) == keys


async def test_none_suffers_from_the_fault_of_another(database: Database) -> None:
    def fail(session: Session) -> str:
        adding(database, "half done")(session)
        session.flush()
        raise RuntimeError("on purpose")

    works = [
        adding(database, "one"),
        fail,
        adding(database, "one"),  # there is one of this key
        adding(database, "two"),
    ]
    async with writing(database):
        tasks = [asyncio.create_task(database.write(work)) for work in works]
        await asyncio.sleep(0)
    one, fault, again, two = await asyncio.gather(*tasks, return_exceptions=True)
    assert (one, two) == ("one", "two")
    assert isinstance(fault, RuntimeError)
    assert isinstance(again, StorageError)
    assert await list_keys(database) == ["one", "two"]


async def test_each_sees_what_those_before_it_have_done(database: Database) -> None:
    def count(session: Session) -> int:
        return len(session.exec(select(PortalRow.id)).all())

    async with writing(database):
        tasks = [asyncio.create_task(database.write(adding(database, "one")))]
        counting = asyncio.create_task(database.write(count))
        await asyncio.sleep(0)
    assert await counting == 1
    await asyncio.wait(tasks)


async def test_when_the_commit_fails_nobody_hears_of_success(database: Database) -> None:
    refuse = text(
        "CREATE TRIGGER refuse BEFORE INSERT ON portals BEGIN SELECT RAISE(ROLLBACK, 'no'); END"
    )
    await database.write(lambda session: session.connection().execute(refuse))
    async with writing(database):
        tasks = [asyncio.create_task(database.write(adding(database, key))) for key in "ab"]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 2
    assert await list_keys(database) == []


async def test_those_who_cannot_begin_fail_together_and_wait_for_another_process_once(
    database: Database,
) -> None:
    begins: list[object] = []

    def refuse(connection: object) -> None:
        begins.append(connection)
        raise RuntimeError("on purpose")

    async with writing(database):
        event.listen(database.backend.engine, "begin", refuse)
        tasks = [asyncio.create_task(database.write(adding(database, key))) for key in "abc"]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    event.remove(database.backend.engine, "begin", refuse)
    assert [str(outcome) for outcome in outcomes] == ["on purpose"] * 3
    assert len(begins) == 1
    assert await list_keys(database) == []


async def test_one_that_is_cancelled_while_it_waits_is_not_run(database: Database) -> None:
    async with writing(database):
        one = asyncio.create_task(database.write(adding(database, "one")))
        two = asyncio.create_task(database.write(adding(database, "two")))
        await asyncio.sleep(0)
        one.cancel()
        await asyncio.wait([one])
    assert await two == "two"
    assert await list_keys(database) == ["two"]


async def test_a_closed_database_says_so(database: Database) -> None:
    async with writing(database):
        waiting = asyncio.create_task(database.write(adding(database, "one")))
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.close())
        with suppress(Stopped):
            while True:  # until it has begun to close, which the transaction before holds up
                database.backend.writers.submit(lambda _: None)
                await asyncio.sleep(0.001)
    await closing
    for late in (waiting, database.write(adding(database, "two"))):
        with pytest.raises(StorageError, match="it is closed"):
            await late

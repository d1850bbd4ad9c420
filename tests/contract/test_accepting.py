"""Commands that come at the same moment share a commit, and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from sqlalchemy import event, text
from sqlmodel import select

from bridge.errors import StorageError
from bridge.markup.nodes import Strong, Text
from storage.accepting import Accepting
from storage.database import Database
from storage.tables import CommandRow
from tests.contract.holding import writing
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.incoming import Incoming


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()


async def list_kept(database: Database) -> list[str]:
    query = select(CommandRow.event_id).order_by(CommandRow.event_id)
    return await database.read(lambda session: list(session.exec(query).all()))


def events(count: int) -> list[Incoming]:
    return [replace(make_incoming("hi"), event_id=f"{number:02}") for number in range(count)]


async def test_those_that_come_together_share_a_few_commits(database: Database) -> None:
    commits: list[object] = []
    event.listen(database.backend.engine, "commit", commits.append)
    accepting, commands = Accepting(database), events(20)
    assert all(await asyncio.gather(*map(accepting.store, commands)))
    assert len(commits) <= 2
    assert await list_kept(database) == [command.event_id for command in commands]


async def test_the_same_event_twice_at_one_moment_is_one_command(database: Database) -> None:
    accepting, (command,) = Accepting(database), events(1)
    async with writing(database):  # the writer is busy, so that all of them wait for it
        storing = asyncio.gather(*(accepting.store(command) for _ in range(5)))
        await asyncio.sleep(0)
    news = await storing
    assert sorted(news) == [False, False, False, False, True]
    assert await list_kept(database) == ["00"]


async def test_one_that_cannot_be_written_keeps_no_other_out(database: Database) -> None:
    accepting, commands = Accepting(database), events(3)
    node: Strong | Text = Text("deep")
    for _ in range(100_000):
        node = Strong((node,))
    commands[1] = replace(commands[1], typed=(node,))
    outcomes = await asyncio.gather(*map(accepting.store, commands), return_exceptions=True)
    assert outcomes[0] is True
    assert isinstance(outcomes[1], Exception)
    assert outcomes[2] is True
    assert await list_kept(database) == ["00", "02"]


async def test_one_that_is_cancelled_takes_no_other_with_it(database: Database) -> None:
    accepting, commands = Accepting(database), events(4)
    async with writing(database):  # the writer is busy, so that all of them wait for it
        tasks = [asyncio.create_task(accepting.store(command)) for command in commands]
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[2].cancel()
        await asyncio.wait([tasks[0], tasks[2]])
    assert await tasks[1]
    assert await tasks[3]
    assert {"01", "03"} <= set(await list_kept(database))


async def test_when_nothing_can_be_stored_everybody_is_told(database: Database) -> None:
    rename = text("ALTER TABLE inbox RENAME TO gone")
    await database.write(lambda session: session.connection().execute(rename))
    accepting = Accepting(database)
    outcomes = await asyncio.gather(*map(accepting.store, events(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 3

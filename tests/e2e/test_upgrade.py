"""An upgrade, one machine after the other, and back again, loses nothing and doubles nothing."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from storage.migrations import HEAD
from storage.revision import release
from tests.e2e.test_cluster import nodes, until_notified
from tests.previous import take_previous_code

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Machine
    from tests.fakes.telegram_server import TelegramServer
    from tests.postgres import TestServer
    from tests.previous import PreviousCode


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> PreviousCode:
    return take_previous_code(tmp_path_factory.mktemp("previous"))


@pytest.fixture
def old(machine: Machine, telegram: TelegramServer, previous: PreviousCode) -> Machine:
    """Give the machine as it is before its upgrade: another code on the same database."""
    return replace(machine, settings=machine.settings | previous.environment)


async def test_the_version_before_goes_on_while_and_after_its_database_is_upgraded(
    machine: Machine, old: Machine, telegram: TelegramServer, previous: PreviousCode
) -> None:
    maria = telegram.person("Maria")
    await old.link(f"telegram:{maria.id}", "#1")
    async with old.bridge() as bridge:
        telegram.send("/b24notify #5 it is before", sender=maria)
        await until_notified(telegram)
        assert (await machine.run("db", "upgrade")).code == 0
        telegram.send("/b24notify #5 it is while", sender=maria)
        await until_notified(telegram)
        bridge.stop()
        assert await bridge.ended() == 0
    telegram.send("/b24notify #5 it is after", sender=maria)
    async with old.bridge() as bridge:
        words = f"was upgraded to revision {HEAD}; this version knows {previous.head}"
        await bridge.until_log(words)
        await until_notified(telegram)
    shown = [one.message for one in machine.portal.notifications]
    assert shown == ["it is before", "it is while", "it is after"]
    listed = await old.run("deliveries", "list", "--json")
    assert listed.out.count('"state":"delivered"') == 3, listed.err


async def test_machines_are_upgraded_one_after_the_other_and_back_again(
    machine: Machine,
    old: Machine,
    telegram: TelegramServer,
    postgres: TestServer,
) -> None:
    people = [telegram.person(f"Person {number}") for number in range(3)]
    sent = 0

    async def notify(count: int) -> None:
        nonlocal sent
        for number in range(sent, sent + count):
            telegram.send(f"/b24notify #5 number {number}", sender=people[number % 3])
        await until_notified(telegram, count)
        sent += count

    async with AsyncExitStack() as stack:
        url = stack.enter_context(postgres.empty_database())
        for one in (machine, old):
            one.settings["B24BRIDGE_DATABASE_URL"] = url
        for person in people:
            await old.link(f"telegram:{person.id}", "#1")
        first, second = await stack.enter_async_context(nodes(old, "all", "all"))
        await notify(6)
        async with nodes(machine, "all") as (upgraded,):
            await notify(12)
            first.stop()
            assert await first.ended() == 0
            await notify(6)
            async with nodes(old, "all"):
                await notify(6)
                upgraded.stop()
                assert await upgraded.ended() == 0
                await notify(6)
        assert second.is_running
    messages = [one.message for one in machine.portal.ledger]
    assert Counter(messages) == Counter(f"number {number}" for number in range(sent))
    for start in range(len(people)):
        ours = [f"number {number}" for number in range(start, sent, len(people))]
        assert [message for message in messages if message in ours] == ours


def upgrade_too_far(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute(
            "INSERT INTO upgrades (revision, usable_from, release) VALUES ('9999', '9999', '7.0.0')"
        )


async def test_a_bridge_ends_when_a_newer_one_has_upgraded_further_than_it_understands(
    machine: Machine, telegram: TelegramServer
) -> None:
    async with machine.bridge() as bridge:
        await bridge.until_log("Started")
        upgrade_too_far(machine.folder / "b24bridge.db")
        assert await bridge.ended() == 1
    expected = (
        f"this database was upgraded to revision 9999, and b24bridge {release()} knows revision "
        f"{HEAD}: install b24bridge 7.0.0 or newer"
    )
    assert "Stopping: finishing what is under way" in bridge.log
    assert bridge.log.endswith(f"{expected}\n")
    again = await machine.run("run")
    assert (again.code, again.err.splitlines()[-1]) == (1, expected)

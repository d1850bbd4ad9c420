"""Several machines on one PostgreSQL: together they are one bridge."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from adapters.sandbox.faults import Fault
from tests.e2e.outcomes import MAYBE_TWICE
from tests.e2e.test_main_job import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.e2e.conftest import Machine, RunningBridge
    from tests.fakes.slack_server import SlackServer
    from tests.fakes.telegram_server import TelegramServer
    from tests.postgres import TestServer

ADD = "im.notify.personal.add"


@pytest.fixture(autouse=True)
def _on_postgres(machine: Machine, postgres: TestServer) -> Iterator[None]:
    with postgres.database() as url:
        machine.settings["B24BRIDGE_DATABASE_URL"] = url
        yield


@asynccontextmanager
async def nodes(machine: Machine, *roles: str) -> AsyncIterator[list[RunningBridge]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(machine.bridge("--role", role)) for role in roles]


async def until_notified(telegram: TelegramServer, count: int = 1) -> None:
    """Wait until so many commands have ended well; that one takes its time may be said before."""
    told: list[tuple[int, int]] = []
    while len(told) < count:
        answer = await telegram.next_answer(40)
        if answer.text in {"Notified Anna Petrova.", MAYBE_TWICE}:
            told.append((answer.chat_id, answer.message_id))
        else:
            assert answer.text.startswith(("On its way", "Not delivered")), answer.text
    assert len(set(told)) == count


async def test_three_machines_carry_out_each_command_once(
    machine: Machine, telegram: TelegramServer
) -> None:
    people = [telegram.person(f"Person {number}") for number in range(5)]
    for person in people:
        await machine.link(f"telegram:{person.id}", "#1")
    async with nodes(machine, "all", "all", "all"):
        for number in range(30):
            telegram.send(f"/b24notify #5 number {number}", sender=people[number % 5])
        await until_notified(telegram, 30)
    sent = [one.message for one in machine.portal.ledger]
    assert Counter(sent) == Counter(f"number {number}" for number in range(30))
    for first in range(5):
        ours = [f"number {number}" for number in range(first, 30, 5)]
        assert [message for message in sent if message in ours] == ours


async def test_one_takes_what_is_typed_and_another_carries_it_out(
    machine: Machine, telegram: TelegramServer, slack: SlackServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    await machine.link(f"slack:{slack.team}/U1", "#1")
    async with nodes(machine, "intake", "worker"):
        telegram.send("/b24notify #5 from Telegram", sender=maria)
        await until_notified(telegram)
        await slack.until_connected(timeout=20)
        await slack.command("/b24notify", "#5 from Slack", user="U1", timeout=20)
        assert (await slack.next_answer(20)).text == "Notified Anna Petrova."
    assert [one.message for one in machine.portal.ledger] == ["from Telegram", "from Slack"]


async def test_the_shell_notifies_through_whichever_machine_runs(
    machine: Machine, telegram: TelegramServer
) -> None:
    async with nodes(machine, "worker"):
        result = await machine.run("notify", "#5", "from the shell")
    assert (result.code, result.out) == (0, "Notified Anna Petrova.\n"), result.err
    assert [one.message for one in machine.portal.ledger] == ["from the shell"]


async def test_what_a_killed_machine_was_sending_another_takes_over(
    machine: Machine, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    async with nodes(machine, "all") as (first,):
        machine.portal.faults.append(Fault(method=ADD, after_processing=True, latency_seconds=60))
        telegram.send("/b24notify #5 hi there", sender=maria)
        await until(lambda: machine.portal.ledger)
        async with nodes(machine, "all") as (second,):
            await second.until_log("Started")
            first.kill()
            await until_notified(telegram)
            telegram.send("/b24notify #5 and again", sender=maria)
            await until_notified(telegram)
    assert [one.message for one in machine.portal.notifications] == ["hi there", "and again"]
    listed = await machine.run("deliveries", "list", "--json")
    assert listed.out.count('"is_possibly_doubled":true') == 1


async def test_a_machine_that_was_frozen_does_nothing_twice(
    machine: Machine, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    async with nodes(machine, "all") as (first,):
        telegram.send("/b24notify #5 it is before", sender=maria)
        await until_notified(telegram)
        machine.portal.faults.append(Fault(method=ADD, latency_seconds=1))
        telegram.send("/b24notify #5 it is during", sender=maria)
        await until(lambda: not machine.portal.faults)
        first.freeze()
        async with nodes(machine, "all"):
            await until_notified(telegram)
            first.thaw()
            telegram.send("/b24notify #5 it is after", sender=maria)
            await until_notified(telegram)
            first.stop()
            assert await first.ended() == 0
    shown = [one.message for one in machine.portal.notifications]
    assert shown == ["it is before", "it is during", "it is after"]


async def test_a_role_needs_a_database_that_can_be_shared(
    machine: Machine, telegram: TelegramServer
) -> None:
    del machine.settings["B24BRIDGE_DATABASE_URL"]
    result = await machine.run("run", "--role", "intake")
    assert result.code == 2
    assert "--role is for several machines" in result.err

"""A clock that is set while commands wait loses nothing, holds nothing up and mixes nothing up."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from adapters.sandbox.faults import Fault
from tests.chaos.nodes import Node
from tests.chaos.wrong_clock import COMMAND, WrongClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.conftest import Machine
    from tests.fakes.telegram_server import Person, TelegramServer
    from tests.postgres import TestServer

ADD = "im.notify.personal.add"
HOUR = 3600
_PATIENCE = "On its way", "Not delivered", "I do not know yet"
FORWARD_FIRST = pytest.mark.parametrize(
    "jump", [HOUR, pytest.param(-HOUR, marks=pytest.mark.chaos)], ids=["forward", "back"]
)
BACK_FIRST = pytest.mark.parametrize(
    "jump", [pytest.param(HOUR, marks=pytest.mark.chaos), -HOUR], ids=["forward", "back"]
)


@pytest.fixture
async def maria(machine: Machine, telegram: TelegramServer) -> Person:
    person = telegram.person("Maria")
    await machine.link(f"telegram:{person.id}", "#1")
    machine.settings["B24BRIDGE_RETRY_LONGEST_SECONDS"] = "2"
    return person


@pytest.fixture
def clock(machine: Machine) -> WrongClock:
    return WrongClock(machine.folder / "clock")


@asynccontextmanager
async def node(machine: Machine, clock: WrongClock, name: str = "log") -> AsyncIterator[Node]:
    settings = machine.settings | clock.settings | {"PATH": "/bin"}
    async with Node((*COMMAND, "run"), machine.folder, name, settings) as running:
        await running.until_said("Started")
        yield running


async def until_tried(machine: Machine, faults: int) -> None:
    """Wait until the portal has met the first of so many faults."""
    while len(machine.portal.faults) == faults:
        await asyncio.sleep(0.02)


async def until_told(telegram: TelegramServer, *texts: str) -> None:
    """Wait until people have been told all of these; patience may be asked of them before."""
    missing = list(texts)
    while missing:
        answer = (await telegram.next_answer(40)).text
        if known := [text for text in missing if text in answer]:
            missing.remove(known[0])
        else:
            assert answer.startswith(_PATIENCE), answer


@FORWARD_FIRST
async def test_what_is_retried_and_typed_around_a_jump_comes_soon_and_in_its_order(
    machine: Machine, telegram: TelegramServer, maria: Person, clock: WrongClock, jump: int
) -> None:
    async with node(machine, clock) as running:
        machine.portal.faults.extend(Fault(method=ADD, status=503) for _ in range(3))
        telegram.send("/b24notify #5 number 1", sender=maria)
        await until_tried(machine, 3)
        clock.set(jump)
        telegram.send("/b24notify #5 number 2", sender=maria)
        await until_told(telegram, *["Notified Anna Petrova."] * 2)
        clock.set(0)
        telegram.send("/b24notify #5 number 3", sender=maria)
        await until_told(telegram, "Notified Anna Petrova.")
        await running.stop()
    assert [one.message for one in machine.portal.ledger] == ["number 1", "number 2", "number 3"]


async def test_what_waited_when_the_bridge_was_ended_and_the_clock_set_back_goes_on(
    machine: Machine, telegram: TelegramServer, maria: Person, clock: WrongClock
) -> None:
    clock.set(HOUR)
    async with node(machine, clock) as running:
        machine.portal.faults.extend(Fault(method=ADD, status=503) for _ in range(2))
        telegram.send("/b24notify #5 number 1", sender=maria)
        await until_tried(machine, 2)
        await running.kill()
        clock.set(0)
        await running.start()
        telegram.send("/b24notify #5 number 2", sender=maria)
        await until_told(telegram, *["Notified Anna Petrova."] * 2)
    assert [one.message for one in machine.portal.ledger] == ["number 1", "number 2"]


@BACK_FIRST
async def test_a_code_that_waits_counts_or_may_be_asked_for_anew(
    machine: Machine, telegram: TelegramServer, clock: WrongClock, jump: int
) -> None:
    anna = telegram.person("Anna")
    async with node(machine, clock):
        telegram.send("/b24link #5", sender=anna)
        await until_told(telegram, "I have sent a code")
        clock.set(jump)
        if jump > 0:
            telegram.send(f"/b24link {newest_code(machine)}", sender=anna)
            await until_told(telegram, "No code of yours")
            telegram.send("/b24link #5", sender=anna)
            await until_told(telegram, "I have sent a code")
        telegram.send(f"/b24link {newest_code(machine)}", sender=anna)
        await until_told(telegram, "now linked to Anna Petrova")


@pytest.mark.chaos
async def test_a_portal_on_hold_is_released_at_once_by_whoever_sees_another_time(
    machine: Machine, telegram: TelegramServer, maria: Person, clock: WrongClock
) -> None:
    async with node(machine, clock) as running:
        machine.portal.faults.append(Fault(method=ADD, status=401, code="INVALID_CREDENTIALS"))
        telegram.send("/b24notify #5 held", sender=maria)
        await running.until_said("is put on hold")
        clock.set(-HOUR)
        released = await machine.run("portals", "release", machine.portal.domain)
        assert released.code == 0, released.err
        await until_told(telegram, "Notified Anna Petrova.")


@FORWARD_FIRST
async def test_of_several_machines_one_may_be_wrong_by_an_hour(
    machine: Machine, telegram: TelegramServer, postgres: TestServer, jump: int
) -> None:
    maria = telegram.person("Maria")
    right, wrong = (WrongClock(machine.folder / f"by {by}", by) for by in (0, jump))
    with postgres.database() as url:
        machine.settings["B24BRIDGE_DATABASE_URL"] = url
        await machine.link(f"telegram:{maria.id}", "#1")
        async with node(machine, wrong, "first"), node(machine, right, "second"):
            machine.portal.faults.extend(Fault(method=ADD, status=503) for _ in range(2))
            typed = [f"number {number}" for number in range(6)]
            for message in typed:
                telegram.send(f"/b24notify #5 {message}", sender=maria)
            await until_told(telegram, *["Notified Anna Petrova."] * 6)
    assert [one.message for one in machine.portal.notifications] == typed


def newest_code(machine: Machine) -> str:
    found = re.search(r"\d{6,}", machine.portal.ledger[-1].message)
    assert found
    return found[0]

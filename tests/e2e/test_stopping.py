"""A bridge that is told to stop takes nothing more, and still tells how it ends what it began."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from adapters.sandbox.faults import Fault
from tests.e2e.outcomes import next_outcome
from tests.e2e.test_main_job import until
from tests.e2e.test_operations import ADD, address, maria

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adapters.sandbox.portal import SandboxPortal
    from tests.e2e.conftest import Machine, RunningBridge
    from tests.fakes.slack_server import SlackServer
    from tests.fakes.telegram_server import Person, TelegramServer
    from tests.postgres import TestServer

__all__ = ["address", "maria"]

T = TypeVar("T")


class Gate(Fault, frozen=True, kw_only=True):
    """A call that is carried out when a test says so."""

    opens: asyncio.Event

    async def befall(self, work: Callable[[], Awaitable[T]]) -> T:
        """Wait, and do the work."""
        await self.opens.wait()
        return await work()


def shut_gate(portal: SandboxPortal) -> asyncio.Event:
    """Have the next notification wait until the gate opens."""
    opens = asyncio.Event()
    portal.faults.append(Gate(method=ADD, opens=opens))
    return opens


async def until_stopping(bridge: RunningBridge, portal: SandboxPortal) -> None:
    """Tell a bridge to stop as soon as a call is under way."""
    await until(lambda: not portal.faults)
    bridge.stop()
    await bridge.until_log("Stopping")


async def test_what_is_typed_in_telegram_then_waits_there_for_the_next_start(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    gate = shut_gate(machine.portal)
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #5 before", sender=maria)
        await until_stopping(bridge, machine.portal)
        late = telegram.send("/b24notify #5 late", sender=maria)
        gate.set()
        assert (await next_outcome(telegram)).text == "Notified Anna Petrova."
        assert await bridge.ended() == 0
    # Whether the first one is confirmed by then is left open: it is known when it comes again.
    assert telegram.queue.pending[-1:] == [late]
    async with machine.bridge():
        assert (await next_outcome(telegram)).text == "Notified Anna Petrova."
    rung = [one.message.strip("\u2060") for one in machine.portal.notifications]
    assert rung == ["before", "late"]


async def test_what_is_typed_while_one_stops_another_machine_takes(
    machine: Machine, telegram: TelegramServer, maria: Person, postgres: TestServer
) -> None:
    with postgres.database() as url:
        machine.settings["B24BRIDGE_DATABASE_URL"] = url
        await machine.link(f"telegram:{maria.id}", "#1")
        gate = shut_gate(machine.portal)
        async with machine.bridge() as first:
            telegram.send("/b24notify #5 before", sender=maria)
            await until(lambda: not machine.portal.faults)
            async with machine.bridge() as second:
                await second.until_log("Started")
                first.stop()
                await first.until_log("Stopping")
                telegram.send("/b24notify #2 late", sender=maria)
                await second.until_log("Accepted a command")
                gate.set()
                for _ in range(2):
                    assert (await next_outcome(telegram)).text.startswith("Notified ")
                assert await first.ended() == 0
    assert sorted(one.user_id for one in machine.portal.notifications) == [2, 5]


async def test_what_platforms_post_then_is_turned_away_so_that_it_goes_elsewhere_or_comes_again(
    machine: Machine, telegram: TelegramServer, slack: SlackServer, maria: Person, address: str
) -> None:
    await machine.link(f"slack:{slack.team}/U1", "#1")
    del machine.settings["B24BRIDGE_SLACK_APP_TOKEN"]
    machine.settings |= {
        "B24BRIDGE_SLACK_SIGNING_SECRET": slack.signing_secret,
        "B24BRIDGE_PUBLIC_URL": address,
    }
    slack.post_to(f"{address}/slack/events")
    gate = shut_gate(machine.portal)
    async with machine.bridge() as bridge:
        await bridge.until_log("Connected to Slack")
        telegram.send("/b24notify #5 before", sender=maria)
        await until_stopping(bridge, machine.portal)
        late = telegram.send("/b24notify #5 late", sender=maria)
        assert (await slack.command("/b24notify", "#5 late", timeout=20)).status == 503
        await until(lambda: telegram.webhook.statuses[-1] == 503)
        gate.set()
        assert (await next_outcome(telegram)).text == "Notified Anna Petrova."
        assert await bridge.ended() == 0
    assert telegram.queue.pending == [late]


async def test_slack_is_left_first_so_that_it_turns_to_another_machine(
    machine: Machine, slack: SlackServer
) -> None:
    await machine.link(f"slack:{slack.team}/U1", "#1")
    gate = shut_gate(machine.portal)
    async with machine.bridge() as bridge:
        await slack.until_connected(timeout=20)
        await slack.command("/b24notify", "#5 before", timeout=20)
        await until_stopping(bridge, machine.portal)
        await slack.until_sockets(0, timeout=20)
        gate.set()
        assert (await next_outcome(slack)).text == "Notified Anna Petrova."
        assert await bridge.ended() == 0

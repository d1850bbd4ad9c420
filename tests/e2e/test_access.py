"""Who may use the bridge, how much of it, and groups: with real processes and a real database."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from adapters.sandbox.people import Person as Colleague
from bridge.people.permissions import LIFETIME

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.conftest import Machine
    from tests.fakes.slack_server import SlackServer
    from tests.fakes.telegram_server import Person, TelegramServer

GUEST = {"is_restricted": True}
FOREIGNER = {"is_stranger": True, "team_id": "TOTHER"}
BOT = {"is_bot": True}
CLOSED = {"deleted": True}


@pytest.fixture
async def maria(machine: Machine, telegram: TelegramServer) -> Person:
    """Somebody who may send."""
    maria = telegram.person("Maria", username="maria_w")
    await machine.link(f"telegram:{maria.id}", "#1", "maria_w")
    await machine.link("telegram:990", "#5", "anna")
    await machine.link("telegram:991", "#2", "boris")
    return maria


async def said(telegram: TelegramServer, sender: Person, text: str, **more: Any) -> str:
    """Write to the bot; returns the outcome that it tells."""
    telegram.send(text, sender=sender, **more)
    while (answer := await telegram.next_answer(20)).text.startswith("On its way"):
        pass
    return answer.text


async def said_in_slack(slack: SlackServer, text: str, user: str = "U1") -> str:
    """Type a slash command; returns the outcome that is told."""
    command, _, rest = text.partition(" ")
    await slack.command(command, rest, user=user, timeout=20)
    while (answer := await slack.next_answer(20)).text.startswith("On its way"):
        pass
    return answer.text


@asynccontextmanager
async def stopped_in_the_end(machine: Machine) -> AsyncIterator[None]:
    """Run the bridge, and let it finish what is under way."""
    async with machine.bridge() as bridge:
        yield
        bridge.stop()
        assert await bridge.ended() == 0


def notified(machine: Machine) -> list[int]:
    return sorted(one.user_id for one in machine.portal.ledger)


async def test_a_group_outlives_a_restart_and_is_known_on_every_platform(
    machine: Machine, telegram: TelegramServer, slack: SlackServer, maria: Person
) -> None:
    await machine.link(f"slack:{slack.team}/U1", "#2")
    async with stopped_in_the_end(machine):
        assert "is now Anna Petrova and Boris Ivanov" in await said(
            telegram, maria, "/b24group create oncall @anna @boris"
        )
        assert "There is a group @oncall already" in await said(
            telegram, maria, "/b24group create OnCall @anna"
        )
    async with machine.bridge():
        await slack.until_connected(timeout=20)
        answer = await said_in_slack(slack, "/b24notify @oncall #5 *api* is down")
        assert answer == "Notified Anna Petrova and Boris Ivanov."
        assert "can change it" in await said_in_slack(slack, "/b24group delete oncall")
        assert "is gone" in await said(telegram, maria, "/b24group delete oncall")
    assert notified(machine) == [2, 5]


async def test_a_user_group_of_slack_is_notified_and_who_is_not_linked_is_named(
    machine: Machine, slack: SlackServer
) -> None:
    slack.people.add("U1")
    slack.people.add("U2", name="anna")
    slack.people.add("U3", name="eve")
    slack.people.groups["S1"] = ["U1", "U2", "U3"]
    await machine.link(f"slack:{slack.team}/U1", "#1")
    await machine.link(f"slack:{slack.team}/U2", "#5")
    async with machine.bridge():
        await slack.until_connected(timeout=20)
        answer = await said_in_slack(slack, "/b24notify <!subteam^S1|@backend> <@U2> hi")
    assert "left out of" in answer
    assert "@eve" in answer
    assert notified(machine) == [1, 5]


async def test_what_an_administrator_allows_takes_effect_in_a_running_bridge(
    machine: Machine, telegram: TelegramServer
) -> None:
    olga, pavel = telegram.person("Olga"), telegram.person("Pavel")
    room = telegram.room("Team")

    async def change(*arguments: str) -> None:
        result = await machine.run("access", *arguments)
        assert result.code == 0, result.err
        await asyncio.sleep(LIFETIME.total_seconds())

    async with machine.bridge() as bridge:
        await bridge.until_log("Started")
        assert "do not know you" in await said(telegram, olga, "/b24notify #5 hi", chat=room)
        await change("allow", f"telegram:{room.id}")
        assert "Notified" in await said(telegram, olga, "/b24notify #5 hi", chat=room)
        await change("deny", f"telegram:{room.id}")
        assert "do not know you" in await said(telegram, pavel, "/b24notify #5 hi", chat=room)
        await change("allow", f"telegram:{olga.id}", "--administrator")
        assert "Notified" in await said(telegram, olga, "/b24notify #5 hi")
    listed = await machine.run("access", "list", "--json")
    assert re.findall(r'"who":"([^"]+)","role":"([^"]+)"', listed.out) == [
        (f"telegram:{olga.id}", "administrator")
    ]


async def test_what_the_settings_allow_is_listed(machine: Machine) -> None:
    machine.settings |= {
        "B24BRIDGE_ADMINISTRATORS": "telegram:4242",
        "B24BRIDGE_SLACK_ADMINS": "true",
        "B24BRIDGE_SLACK_WORKSPACES": "T012",
    }
    listed = await machine.run("access", "list", "--json")
    assert re.findall(r'"who":"([^"]+)","role":"([^"]+)"', listed.out) == [
        ("slack:T012", "sender"),
        ("telegram:4242", "administrator"),
        ("slack: its administrators", "administrator"),
    ]


async def test_whoever_ends_a_rule_is_told_what_allows_the_same_all_the_same(
    machine: Machine,
) -> None:
    machine.settings["B24BRIDGE_SLACK_ADMINS"] = "true"
    await machine.run("access", "allow", "--administrator", "slack:T012/U345")
    denied = await machine.run("access", "deny", "slack:T012/U345")
    assert denied.out.splitlines() == [
        "No rule allows slack:T012/U345 to administer any more.",
        "B24BRIDGE_SLACK_ADMINS still allows the Slack team's administrators to administer.",
    ]


async def test_only_people_under_their_own_name_are_heard_in_telegram(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    room = telegram.room("Team")
    await machine.run("access", "allow", f"telegram:{room.id}")
    bot = telegram.person("Robot", is_bot=True)
    await machine.link(f"telegram:{bot.id}", "#2")
    channel = {"id": -1009, "type": "channel", "title": "News"}
    command = "/b24notify #5 hi"
    async with machine.bridge():
        telegram.send(command, sender=bot, chat=room)
        telegram.send(command, sender=maria, chat=room, sender_chat=room.to_json())  # anonymous
        telegram.send(command, sender=maria, chat=room, sender_chat=channel)
        telegram.send(command, sender=maria, kind="channel_post", chat=room)
        telegram.forward(command, sender=maria, author=bot)
        assert await said(telegram, maria, "/b24notify #2 last") == "Notified Boris Ivanov."
    assert notified(machine) == [2]


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        (GUEST, "Sorry, I take no commands from guests"),
        (FOREIGNER, "Sorry, I only take commands from people of this workspace's own"),
        (CLOSED, "Sorry, your account here is closed"),
    ],
)
async def test_only_full_members_are_heard_in_slack(
    machine: Machine, slack: SlackServer, facts: dict[str, object], answer: str
) -> None:
    slack.people.add("U7", **facts)
    machine.settings["B24BRIDGE_SLACK_WORKSPACES"] = slack.team
    await machine.link(f"slack:{slack.team}/U7", "#1")
    async with machine.bridge():
        await slack.until_connected(timeout=20)
        told = await said_in_slack(slack, "/b24notify #5 hi", user="U7")
    assert told.startswith(answer)
    assert notified(machine) == []


async def test_guests_can_be_admitted(machine: Machine, slack: SlackServer) -> None:
    slack.people.add("U7", **GUEST)
    machine.settings["B24BRIDGE_SLACK_GUESTS"] = "true"
    await machine.link(f"slack:{slack.team}/U7", "#1")
    async with machine.bridge():
        await slack.until_connected(timeout=20)
        told = await said_in_slack(slack, "/b24notify #5 hi", user="U7")
    assert told == "Notified Anna Petrova."


async def test_too_many_commands_wait_across_a_restart(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    machine.settings["B24BRIDGE_COMMANDS_PER_MINUTE"] = "2"
    async with stopped_in_the_end(machine):
        for _ in range(2):
            assert await said(telegram, maria, "/b24notify #5 hi") == "Notified Anna Petrova."
    async with machine.bridge():
        told = await said(telegram, maria, "/b24notify #5 hi")
    found = re.fullmatch(r".*at most 2 commands a minute\. .* in (\d+) seconds\.", told)
    assert found, told
    assert 1 <= int(found[1]) <= 60
    assert len(machine.portal.ledger) == 2


async def test_a_hundred_people_are_looked_up_and_notified_by_one_command(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    machine.portal.people = (
        *machine.portal.people,
        *(
            Colleague(
                id=number,
                name=f"N{number}",
                last_name="",
                email=f"n{number}@corp.example",
                work_position="",
                handle="",
            )
            for number in range(101, 201)
        ),
    )
    numbers = " ".join(f"#{number}" for number in range(101, 161))
    emails = " ".join(f"n{number}@corp.example" for number in range(161, 201))
    async with machine.bridge():
        assert "at most 100" in await said(telegram, maria, f"/b24notify #1 {numbers} {emails} hi")
        before = machine.portal.counters.requests
        told = await said(telegram, maria, f"/b24notify {numbers} {emails} hi")
    assert told.startswith("Notified ")
    assert notified(machine) == list(range(101, 201))
    # Two look for the people, two send, and one or the other checks the portal.
    assert machine.portal.counters.requests - before <= 6


async def test_a_member_of_an_allowed_chat_may_write_in_private(
    machine: Machine, telegram: TelegramServer
) -> None:
    ops = telegram.room("Ops")
    machine.settings["B24BRIDGE_TELEGRAM_CHATS"] = str(ops.id)
    olga, mallory = telegram.person("Olga"), telegram.person("Mallory")
    telegram.seat(ops, olga.id, "member")
    async with machine.bridge():
        assert await said(telegram, olga, "/b24notify #5 hi") == "Notified Anna Petrova."
        assert "I do not know you" in await said(telegram, mallory, "/b24notify #5 hi")
    assert notified(machine) == [5]

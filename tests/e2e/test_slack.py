"""At home in Slack: mentions, shortcuts, buttons, the home page, and both of Slack's ways in."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from adapters.sandbox.faults import Fault
from tests.fakes import slack_payloads
from tests.fakes.slack_posting import Posted
from tests.fakes.slack_server import RESPONSE_URL, Answer, SlackServer, Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.conftest import Machine, RunningBridge
    from tests.fakes.slack_posting import Poster
    from tests.fakes.telegram_server import TelegramServer

ADD = "im.notify.personal.add"
MESSAGE = {
    "type": "message",
    "user": "U2",
    "text": "the *api* is down",
    "ts": "1772442000.000300",
}


@pytest.fixture(autouse=True)
async def linked(machine: Machine, slack: SlackServer) -> None:
    """U1 is Maria, who types; U2 is Anna."""
    slack.people.add("U2", name="anna", real_name="Anna Petrova")
    await machine.link(f"slack:{slack.team}/U1", "#1")
    await machine.link(f"slack:{slack.team}/U2", "#5", "anna")


@asynccontextmanager
async def connected(machine: Machine, slack: SlackServer) -> AsyncIterator[RunningBridge]:
    """Run the bridge until the block ends."""
    async with machine.bridge() as bridge:
        await slack.until_connected(timeout=20)
        yield bridge


@asynccontextmanager
async def posted_to(machine: Machine, slack: SlackServer) -> AsyncIterator[Poster]:
    """Run the bridge without Socket Mode: whatever happens is posted to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    del machine.settings["B24BRIDGE_SLACK_APP_TOKEN"]
    machine.settings |= {
        "B24BRIDGE_SLACK_SIGNING_SECRET": slack.signing_secret,
        "B24BRIDGE_HTTP_LISTEN": listen,
    }
    poster = slack.post_to(f"http://{listen}/slack/events")
    async with machine.bridge() as bridge:
        await bridge.until_log("Connected to Slack, which posts to /slack/events")
        yield poster


async def outcome(slack: SlackServer) -> Answer:
    """Wait until a person is told how it ended; on a slow machine they are told to wait first."""
    while (answer := await slack.next_answer(30)).text.startswith("On its way"):
        pass
    return answer


def bells(machine: Machine) -> list[tuple[int, str]]:
    """List what rang: whom, and with which text."""
    return [(one.user_id, one.message) for one in machine.portal.notifications]


async def test_a_mention_in_a_thread_rings_a_bell_and_can_be_taken_back(
    machine: Machine, slack: SlackServer
) -> None:
    async with connected(machine, slack):
        await slack.mention("<@UBOT> notify <@U2> the **api** is down", thread_ts="1772.5")
        answer = await outcome(slack)
        assert bells(machine) == [(5, "the [b]api[/b] is down")]

        (undo,) = answer.buttons
        await slack.press(undo, answer)
        undone = await outcome(slack)

    assert (answer.via, answer.user, answer.thread_ts) == ("chat.postEphemeral", "U1", "1772.5")
    assert answer.shown == "Notified **Anna Petrova**."
    assert (undone.via, undone.replaces, undone.buttons) == (RESPONSE_URL, True, {})
    assert bells(machine) == []


async def test_every_command_may_be_written_to_the_bot_directly(
    machine: Machine, slack: SlackServer
) -> None:
    async with connected(machine, slack):
        shown = {}
        for command in ("who <@U2>", "link", "group create oncall <@U2>", "status", "help"):
            await slack.write(command)
            answer = await outcome(slack)
            assert (answer.via, answer.channel) == ("chat.postMessage", "D1")
            shown[command.partition(" ")[0]] = answer.text
        await slack.write("notify @oncall hi")
        assert (await outcome(slack)).text == "Notified Anna Petrova."
        await slack.write("unlink")
        unlinked = await outcome(slack)

    assert "Anna Petrova" in shown["who"]
    assert shown["link"].startswith("You are")
    assert "@oncall is now Anna Petrova" in shown["group"]
    assert "/b24notify" in shown["help"]
    assert "no longer linked" in unlinked.text


async def test_a_message_is_passed_on_by_its_shortcut_and_the_outcome_told_directly(
    machine: Machine, slack: SlackServer
) -> None:
    async with connected(machine, slack):
        form = await slack.shortcut("b24notify_message", about=MESSAGE)
        options = await slack.search(form, "petr")
        people = {"selected_options": [{"value": option["value"]} for option in options]}
        refused = await slack.submit(form, {})
        note = {"rich_text_value": slack_payloads.rich_text("please look")}
        await slack.submit(form, {"people": people, "note": note})
        answer = await outcome(slack)

    assert set(refused.payload["errors"]) == {"people"}
    assert [option["text"]["text"] for option in options] == ["Anna Petrova (@anna)"]
    assert (answer.via, answer.channel) == ("chat.postMessage", "U1")
    assert answer.text == "Notified Anna Petrova."
    assert bells(machine) == [(5, "please look")]
    (attached,) = [str(one.attach) for one in machine.portal.notifications]
    for part in ("Anna Petrova", "2026-03-02 09:00 UTC", "archives/C1/p1772442000000300"):
        assert part in attached
    assert "the [b]api[/b] is down" in attached


async def test_the_home_page_shows_ones_own_and_follows_what_happens(
    machine: Machine, slack: SlackServer
) -> None:
    async with connected(machine, slack):
        await slack.command("/b24group", "create oncall <@U2|anna>", timeout=20)
        await outcome(slack)
        await slack.command("/b24notify", "<@U2|anna> hello there", timeout=20)
        await outcome(slack)
        home = await slack.open_home("U1")
        (unlink,) = home.buttons
        await slack.press(unlink, home)
        answer = await outcome(slack)
        while "not linked" not in (after := await slack.next_home(20)).shown:
            pass
        strangers = await slack.open_home("U9")

    assert "You are" in home.shown
    assert "Anna Petrova" in home.shown
    assert "@oncall" in home.shown
    assert (answer.via, answer.channel) == ("chat.postMessage", "U1")
    assert after.buttons.keys() != home.buttons.keys()
    assert "Anna Petrova" not in strangers.shown
    assert "@oncall" not in strangers.shown


async def test_a_group_of_slacks_own_is_everybody_in_it_who_is_linked(
    machine: Machine, slack: SlackServer
) -> None:
    slack.people.groups["S1"] = ["U2", "U1", "U9"]
    async with connected(machine, slack):
        await slack.command("/b24notify", "<!subteam^S1|@ops> <@U2|anna> hi", timeout=20)
        answer = await outcome(slack)

    assert sorted(user_id for user_id, _ in bells(machine)) == [1, 5]
    assert "Anna Petrova" in answer.text


@pytest.mark.parametrize(
    "fields",
    [{"is_restricted": True}, {"team_id": "T0OTHER"}],
)
async def test_guests_and_people_of_other_organisations_send_nothing_even_when_linked(
    machine: Machine, slack: SlackServer, fields: dict[str, Any]
) -> None:
    slack.people.add("U1", **fields)
    async with connected(machine, slack):
        await slack.command("/b24notify", "<@U2|anna> hello there", timeout=20)
        answer = await outcome(slack)
    assert answer.text.startswith("Sorry, ")
    assert bells(machine) == []


async def test_over_http_signed_commands_ring_and_nothing_else_does(
    machine: Machine, slack: SlackServer
) -> None:
    async with posted_to(machine, slack) as poster:
        ack = await slack.command("/b24notify", "<@U2|anna> hello there", timeout=20)
        answer = await outcome(slack)
        genuine = poster.posted[0]
        forged = await poster.send(
            Posted(genuine.body.replace(b"hello", b"pay me"), genuine.headers)
        )
        stale = poster.sign(genuine.body.decode(), at=time.time() - 301)
        replayed = await poster.send(Posted(genuine.body, genuine.headers | stale))
        again = await poster.send(genuine)
        await slack.command("/b24notify", "<@U2|anna> the end", timeout=20)
        await outcome(slack)

    assert (ack.status, ack.text, answer.text) == (200, "", "Notified Anna Petrova.")
    assert (forged.status, replayed.status, again.status) == (401, 401, 200)
    assert [message for _, message in bells(machine)] == ["hello there", "the end"]


async def test_an_event_that_is_delivered_twice_is_one_command(
    machine: Machine, slack: SlackServer
) -> None:
    async with posted_to(machine, slack) as poster:
        await slack.mention("<@UBOT> notify <@U2> hello there")
        retried = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
        first = poster.posted[0]
        again = await poster.send(Posted(first.body, first.headers | retried))
        await outcome(slack)
        await slack.mention("<@UBOT> notify <@U2> the end")
        await outcome(slack)

    assert again.status == 200
    assert [message for _, message in bells(machine)] == ["hello there", "the end"]


async def test_fifty_commands_at_once_are_acknowledged_while_the_portal_stalls(
    machine: Machine, slack: SlackServer
) -> None:
    machine.settings["B24BRIDGE_SLACK_WORKSPACES"] = slack.team
    for number in range(50):
        slack.people.add(f"UX{number}")
    machine.portal.faults.append(Fault(latency_seconds=60, calls=0))
    async with connected(machine, slack) as bridge:
        acks = await asyncio.gather(
            *(
                slack.command(
                    "/b24notify", "<@U2|anna> hello there", user=f"UX{number}", timeout=60
                )
                for number in range(50)
            )
        )
        assert machine.portal.ledger == []
        answer = await slack.next_answer(20)
        bridge.kill()

    assert {ack.text for ack in acks} == {""}
    assert "Anna Petrova" in answer.text
    assert not answer.text.startswith("Notified")


async def test_who_waited_is_told_the_outcome_in_the_same_place(
    machine: Machine, slack: SlackServer
) -> None:
    machine.portal.faults.append(Fault(method=ADD, latency_seconds=3))
    async with connected(machine, slack):
        await slack.command("/b24notify", "<@U2|anna> hello there", timeout=20)
        waiting, told = await slack.next_answer(20), await slack.next_answer(20)

    assert not waiting.text.startswith("Notified")
    assert (told.via, told.replaces) == (RESPONSE_URL, True)
    assert told.text == "Notified Anna Petrova."


async def test_when_the_address_to_answer_at_has_expired_a_direct_message_is_sent(
    machine: Machine, slack: SlackServer
) -> None:
    machine.portal.faults.append(Fault(method=ADD, latency_seconds=3))
    async with connected(machine, slack):
        await slack.command("/b24notify", "<@U2|anna> hello there", timeout=20)
        await slack.next_answer(20)
        slack.expire_response_urls()
        told = await slack.next_answer(20)

    assert (told.via, told.channel) == ("chat.postMessage", "U1")
    assert told.text == "Notified Anna Petrova."


async def test_a_workspace_that_removed_the_app_is_noted_once_and_other_chats_go_on(
    machine: Machine, slack: SlackServer, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    async with connected(machine, slack) as bridge:
        for method in ("users.info", "chat.postMessage", RESPONSE_URL):
            slack.script(method, *[Trouble("account_inactive")] * 50)
        for number in range(5):
            await slack.command("/b24notify", f"#5 hi {number}", timeout=20)
        await slack.event({"type": "app_uninstalled"})
        telegram.send("/b24notify #5 still here", sender=maria)
        while not (answer := await telegram.next_answer(20)).text.startswith("Notified"):
            pass
        bridge.stop()
        await bridge.ended()

    assert answer.text == "Notified Anna Petrova."
    assert bridge.log.count("removed the app") == 1
    assert slack.calls["chat.postMessage"] <= 5


async def test_a_workspace_that_removed_the_app_before_the_start_costs_no_other_chat(
    machine: Machine, slack: SlackServer, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    slack.script("auth.test", *[Trouble("account_inactive")] * 500)
    async with machine.bridge() as bridge:
        await bridge.until_log("Slack does not accept it (account_inactive)")
        telegram.send("/b24notify #5 still here", sender=maria)
        answer = await telegram.next_answer(20)
        bridge.stop()
        await bridge.ended()

    assert answer.text == "Notified Anna Petrova."

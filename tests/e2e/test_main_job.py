"""A person types a command in a chat, and a colleague's bell rings in Bitrix24."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from adapters.sandbox.faults import Fault
from tests.e2e.outcomes import MAYBE_TWICE, next_outcome

if TYPE_CHECKING:
    from tests.e2e.conftest import Machine
    from tests.fakes.slack_server import SlackServer
    from tests.fakes.telegram_server import TelegramServer

COMMAND = "/b24notify @anna **api** is [down](https://status.example/1)"
SHOWN = "[b]api[/b] is [url=https://status.example/1]down[/url]"
ADD = "im.notify.personal.add"


async def until(happened: object) -> None:
    """Wait for a condition, given as a function without arguments."""
    assert callable(happened)
    async with asyncio.timeout(20):
        while not happened():
            await asyncio.sleep(0.01)


async def test_from_telegram_to_the_bell_and_back(
    machine: Machine, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria", username="maria_w")
    await machine.link(f"telegram:{maria.id}", "#1")
    await machine.link("telegram:990", "#5", "anna")
    async with machine.bridge() as bridge:
        telegram.send(COMMAND, sender=maria)
        answer = await next_outcome(telegram, 20)
        bridge.stop()
        assert await bridge.ended() == 0
    assert answer.text == "Notified Anna Petrova."
    assert [(one.user_id, one.message) for one in machine.portal.ledger] == [(5, SHOWN)]


async def test_from_slack_to_the_bell_and_back(machine: Machine, slack: SlackServer) -> None:
    await machine.link(f"slack:{slack.team}/U1", "#1")
    await machine.link(f"slack:{slack.team}/U2", "#5", "anna")
    async with machine.bridge() as bridge:
        await slack.until_connected(timeout=20)
        ack = await slack.command(
            "/b24notify",
            "<@U2|anna> **api** is [down](<https://status.example/1>)",
            user="U1",
            timeout=20,
        )
        answer = await next_outcome(slack, 20)
        bridge.stop()
        assert await bridge.ended() == 0
    assert (ack.text, answer.text, answer.user) == ("", "Notified Anna Petrova.", "U1")
    assert [(one.user_id, one.message) for one in machine.portal.ledger] == [(5, SHOWN)]


async def test_each_chats_own_formatting_arrives_too(
    machine: Machine, telegram: TelegramServer, slack: SlackServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    await machine.link(f"slack:{slack.team}/U1", "#1")
    async with machine.bridge():
        bold = {"type": "bold", "offset": 17, "length": 3}
        telegram.send("/b24notify #5 😀 api", sender=maria, entities=[bold])
        await next_outcome(telegram, 20)
        await slack.until_connected(timeout=20)
        await slack.command(
            "/b24notify", "#5 *api* &lt;b&gt; <https://e.example|down>", user="U1", timeout=20
        )
        await next_outcome(slack, 20)
    assert [one.message for one in machine.portal.ledger] == [
        "😀 [b]api[/b]",
        "[b]api[/b] <\u2060b> [url=https://e.example]down[/url]",
    ]


async def test_a_stranger_is_refused_politely_and_nothing_is_sent(
    machine: Machine, telegram: TelegramServer
) -> None:
    mallory = telegram.person("Mallory")
    async with machine.bridge():
        telegram.send("/b24notify #5 hi", sender=mallory)
        answer = await next_outcome(telegram, 20)
    assert answer.text.startswith("Sorry, I do not know you.")
    assert machine.portal.ledger == []


async def test_killed_before_the_portal_answers_it_arrives_once_in_the_bell(
    machine: Machine, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    machine.portal.faults.append(Fault(method=ADD, after_processing=True, latency_seconds=30))
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #5 hi there", sender=maria)
        await until(lambda: machine.portal.ledger)
        bridge.kill()
        await bridge.ended()
    async with machine.bridge():
        answer = await next_outcome(telegram, 20)
    assert answer.text == MAYBE_TWICE
    assert len(machine.portal.ledger) == 2
    assert [one.message for one in machine.portal.notifications] == ["hi there"]
    listed = await machine.run("deliveries", "list", "--json")
    assert '"is_possibly_doubled":true' in listed.out


async def test_killed_between_the_event_and_the_call_it_still_arrives(
    machine: Machine, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    machine.portal.faults.append(Fault(method="user.get", latency_seconds=30))
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #5 hi there", sender=maria)
        await until(lambda: not machine.portal.faults)
        bridge.kill()
        await bridge.ended()
    assert machine.portal.ledger == []
    async with machine.bridge():
        answer = await next_outcome(telegram, 20)
    assert answer.text == "Notified Anna Petrova."
    assert [one.message for one in machine.portal.ledger] == ["hi there"]


WAITING = ("Not delivered to Anna Petrova yet", "I do not know yet whether it has reached Anna")


async def test_a_portal_that_stumbles_is_asked_again_and_the_person_told(
    machine: Machine, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    machine.portal.faults.extend(
        [
            Fault(method=ADD, page="<html>502</html>", status=502),
            Fault(method=ADD, code="QUERY_LIMIT_EXCEEDED"),
            Fault(method=ADD, drops_connection=True, after_processing=True),
        ]
    )
    async with machine.bridge():
        telegram.send("/b24notify #5 hi there", sender=maria)
        first = await next_outcome(telegram, 20)
        while (last := await next_outcome(telegram, 30)).text != MAYBE_TWICE:
            assert last.text.startswith(WAITING)
    assert first.text.startswith(WAITING)
    assert (last.is_edit, last.message_id) == (True, first.message_id)
    assert [one.message for one in machine.portal.notifications] == ["hi there"]


async def test_sigterm_finishes_what_is_under_way(
    machine: Machine, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    machine.portal.faults.append(Fault(method=ADD, latency_seconds=1))
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #5 hi there", sender=maria)
        await until(lambda: not machine.portal.faults)
        bridge.stop()
        assert await bridge.ended() == 0
    listed = await machine.run("deliveries", "list", "--state", "delivered", "--json")
    assert listed.out.count("\n") == 1


async def test_no_secret_and_no_message_is_in_the_log_whatever_happens(
    machine: Machine, telegram: TelegramServer, slack: SlackServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    machine.portal.faults.extend(
        [Fault(method=ADD, drops_connection=True), Fault(method=ADD, code="INTERNAL_SERVER_ERROR")]
    )
    async with machine.bridge() as bridge:
        await bridge.until_log("Connected to Slack")
        telegram.send("/b24notify #5 nobody-may-read-this", sender=maria)
        while (await next_outcome(telegram, 30)).text != MAYBE_TWICE:
            pass
        bridge.stop()
        await bridge.ended()
    assert "CONNECTION_BROKEN" in bridge.log
    for secret in (machine.portal.webhook_code, telegram.token, slack.bot_token, slack.app_token):
        assert secret not in bridge.log
    assert "nobody-may-read-this" not in bridge.log


async def test_a_second_bridge_on_the_same_database_says_so_and_stops(
    machine: Machine, telegram: TelegramServer
) -> None:
    async with machine.bridge() as bridge:
        await bridge.until_log("Started")
        second = await machine.run("run")
    assert second.code == 1
    assert second.err.endswith("\nAnother bridge already works on this database.\n")
    assert second.err.count("waiting for it") == 1

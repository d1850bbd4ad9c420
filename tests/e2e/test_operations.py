"""What an administrator sees and does at night."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adapters.sandbox.faults import Fault

if TYPE_CHECKING:
    from tests.e2e.conftest import Machine
    from tests.fakes.slack_server import SlackServer
    from tests.fakes.telegram_messages import Answer
    from tests.fakes.telegram_server import Person, TelegramServer

ADD = "im.notify.personal.add"


@pytest.fixture
async def maria(machine: Machine, telegram: TelegramServer) -> Person:
    person = telegram.person("Maria")
    await machine.link(f"telegram:{person.id}", "#1")
    return person


@pytest.fixture
def address(machine: Machine) -> str:
    """Where the bridge listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    machine.settings["B24BRIDGE_HTTP_LISTEN"] = listen
    return f"http://{listen}"


async def deliveries(machine: Machine, *options: str) -> list[dict[str, Any]]:
    result = await machine.run("deliveries", "list", "--json", *options)
    assert result.code == 0, result.err
    return [json.loads(line) for line in result.out.splitlines()]


async def until_told(telegram: TelegramServer, words: str) -> Answer:
    while words not in (answer := await telegram.next_answer(30)).text:
        pass
    return answer


async def until_state(machine: Machine, state: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while not (found := await deliveries(machine, "--state", state)):
            await asyncio.sleep(0.1)
    return found[0]


async def test_what_was_given_up_is_told_shown_and_retried_until_it_rings(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    machine.settings |= {
        "B24BRIDGE_RETRY_HOURS": "0.0001",
        "B24BRIDGE_RETRY_FIRST_SECONDS": "0.01",
        "B24BRIDGE_RETRY_LONGEST_SECONDS": "1",
    }
    machine.portal.faults.append(Fault(method=ADD, page="<html>", status=502, calls=0))
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #5 for her eyes", sender=maria)
        given_up = await until_told(telegram, "have given up")
        machine.portal.faults.clear()
        quoted = given_up.text.split()[-1].rstrip(".")
        (dead,) = await deliveries(machine, "--state", "dead", "--since", "1h", "--trace", quoted)
        assert (dead["attempts"] > 3, dead["sender"]) == (True, f"telegram:{maria.id}")
        shown = await machine.run("deliveries", "show", str(dead["id"]))
        assert shown.out.count("attempt failed") == dead["attempts"]
        assert dead["trace"] in shown.out
        last = f"attempt {dead['attempts']}"
        assert dead["trace"] in bridge.log + (await bridge.until_log(last)).log
        assert "for her eyes" not in shown.out
        asked = await machine.run("deliveries", "show", str(dead["id"]), "--text")
        assert "for her eyes" in asked.out
        retried = await machine.run("deliveries", "retry", "--all-dead")
        assert (retried.code, retried.out) == (0, "1 delivery is queued again.\n")
        await until_told(telegram, "Notified Anna Petrova")
    assert [one.message for one in machine.portal.notifications] == ["for her eyes"]


async def test_what_is_cancelled_is_not_sent_and_its_sender_is_told(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    host = machine.settings["B24BRIDGE_PORTAL_WEBHOOK"].split("/")[2]
    assert (await machine.run("portals", "hold", host)).code == 0
    async with machine.bridge():
        telegram.send("/b24notify #5 never mind", sender=maria)
        waiting = await until_state(machine, "queued")
        assert (waiting["hold"], waiting["next_try_at"]) == ("HELD", None)
        for shown in (["list"], ["show", str(waiting["id"])]):
            told = (await machine.run("deliveries", *shown)).out.splitlines()[-1]
            assert told.startswith(f"{host} is on hold since 20")
            assert told.endswith(f": HELD: b24bridge portals release {host}")
        cancelled = await machine.run("deliveries", "cancel", str(waiting["id"]))
        assert (cancelled.code, cancelled.out) == (0, "Delivery 1 is cancelled.\n")
        await until_told(telegram, "an administrator has cancelled it")
        again = await machine.run("deliveries", "cancel", str(waiting["id"]))
        assert (again.code, again.err[:24]) == (1, "Delivery 1 is cancelled.")
        retried = await machine.run("deliveries", "retry", "1")
        assert (retried.code, retried.err[:24]) == (1, "Delivery 1 is cancelled.")
    assert machine.portal.ledger == []


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["list", "--since", "yesterday"], 1, "yesterday is no time; one looks like 30m"),
        (["list", "--portal", "x.example"], 1, "There is no portal x.example"),
        (["show", "7"], 1, "There is no delivery 7."),
        (["retry", "7"], 1, "There is no delivery 7."),
        (["cancel", "7"], 1, "There is no delivery 7."),
        (["retry"], 2, "--all-dead"),
        (["retry", "7", "--all-dead"], 2, "--all-dead"),
        (["retry", "--all-dead"], 0, "No delivery is dead."),
        (["list"], 0, "Nothing has been sent yet."),
        (["list", "--state", "dead"], 0, "There is no such delivery."),
    ],
)
async def test_what_cannot_be_done_is_told_in_words(
    machine: Machine, arguments: list[str], code: int, told: str
) -> None:
    result = await machine.run("deliveries", *arguments)
    assert result.code == code
    assert told in result.out + result.err
    assert "Traceback" not in result.err


async def test_administrators_are_told_of_a_hold_and_of_its_end(
    machine: Machine, telegram: TelegramServer, slack: SlackServer, maria: Person
) -> None:
    machine.settings["B24BRIDGE_ADMINISTRATORS"] = f"slack:{slack.team}/U7"
    await machine.run("access", "allow", "--administrator", f"telegram:{maria.id}")
    host = machine.settings["B24BRIDGE_PORTAL_WEBHOOK"].split("/")[2]
    machine.portal.faults.append(Fault(method=ADD, code="NO_AUTH_FOUND", status=401))
    async with machine.bridge() as bridge:
        await slack.until_connected(timeout=20)
        telegram.send("/b24notify #5 hi there", sender=maria)
        begun = await until_told(telegram, "is on hold: NO_AUTH_FOUND")
        assert begun.chat_id == maria.id
        direct = await slack.next_answer(20)
        assert ("is on hold" in direct.text, direct.channel) == (True, "U7")
        await bridge.until_log(f"Portal {host} is on hold, an administrator must act")
        assert (await machine.run("portals", "release", host)).code == 0
        await until_told(telegram, "is not on hold any more")
        await bridge.until_log(f"Portal {host} is not on hold any more")


async def test_how_the_bridge_is_can_be_asked_over_http(
    machine: Machine, telegram: TelegramServer, maria: Person, address: str
) -> None:
    host = machine.settings["B24BRIDGE_PORTAL_WEBHOOK"].split("/")[2]
    async with machine.bridge() as bridge, httpx.AsyncClient() as client:
        await bridge.until_log("Started")
        telegram.send("/b24notify #5 hi there", sender=maria)
        await until_told(telegram, "Notified")
        ready = await client.get(f"{address}/readyz")
        assert (ready.status_code, ready.json()) == (
            200,
            {
                "status": "ready",
                "database": "ok",
                "portals": {host: "ok"},
                "chats": {"telegram": "connected"},
            },
        )
        assert (await client.get(f"{address}/healthz")).json() == {"status": "ok"}
        metrics = (await client.get(f"{address}/metrics")).text
        assert 'b24bridge_commands_accepted_total{platform="telegram"} 1.0' in metrics
        assert f'b24bridge_notifications_delivered_total{{portal="{host}"}} 1.0' in metrics
        assert f'b24bridge_event_to_call_seconds_count{{portal="{host}"}} 1.0' in metrics
        assert f'b24bridge_bucket_level{{portal="{host}"}}' in metrics
        assert machine.portal.webhook_code not in ready.text + metrics
        assert (await machine.run("portals", "hold", host)).code == 0
        held = await client.get(f"{address}/readyz")
        assert (held.status_code, held.json()["status"]) == (200, "degraded")
        assert held.json()["portals"] == {host: "on hold: HELD"}


async def test_a_chat_that_is_not_connected_is_named(
    machine: Machine, slack: SlackServer, address: str
) -> None:
    machine.settings["B24BRIDGE_SLACK_API_URL"] = "http://127.0.0.1:9/api/"
    async with machine.bridge() as bridge, httpx.AsyncClient() as client:
        await bridge.until_log("Started")
        ready = await client.get(f"{address}/readyz")
        assert (ready.status_code, ready.json()["chats"]) == (503, {"slack": "connecting"})


async def test_json_logs_hold_one_trace_from_the_event_to_the_notification_and_no_secret(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    machine.settings["B24BRIDGE_LOG_FORMAT"] = "json"
    machine.portal.faults.append(Fault(method=ADD, drops_connection=True))
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #5 nobody-may-read-this", sender=maria)
        await until_told(telegram, "Notified Anna Petrova")
        bridge.stop()
        assert await bridge.ended() == 0
    lines = [json.loads(line) for line in bridge.log.splitlines()]
    (accepted,) = (line for line in lines if line["event"].startswith("Accepted"))
    about_it = [line["event"] for line in lines if line.get("trace") == accepted["trace"]]
    assert any("1 notifications queued" in event for event in about_it)
    assert any("CONNECTION_BROKEN" in event for event in about_it)
    assert any("attempt 2: delivered" in event for event in about_it)
    assert "nobody-may-read-this" not in bridge.log
    assert machine.portal.webhook_code not in bridge.log
    assert telegram.token not in bridge.log


async def test_sigterm_ends_the_bridge_though_a_portal_is_silent_and_what_is_left_goes_on(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    machine.portal.faults.append(Fault(method=ADD, after_processing=True, latency_seconds=90))
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #5 hi there", sender=maria)
        async with asyncio.timeout(20):
            while machine.portal.faults:
                await asyncio.sleep(0.01)
        bridge.stop()
        assert await bridge.ended() == 0
    async with machine.bridge():
        await until_told(telegram, "Notified Anna Petrova")
    assert [one.message for one in machine.portal.notifications] == ["hi there"]

"""The whole bridge in Telegram: what is sent to it, pressed, quoted, forged and repeated."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
import pytest

from adapters.sandbox.faults import Fault

if TYPE_CHECKING:
    from tests.e2e.conftest import Machine
    from tests.fakes.telegram_messages import Answer, Json
    from tests.fakes.telegram_server import Person, TelegramServer


@pytest.fixture
async def maria(machine: Machine, telegram: TelegramServer) -> Person:
    """Somebody who may send."""
    maria = telegram.person("Maria", username="maria_w")
    await machine.link(f"telegram:{maria.id}", "#1")
    return maria


@pytest.fixture
def public(machine: Machine, unused_tcp_port: int) -> dict[str, str]:
    """Settings with which Telegram sends updates; without them, the bridge asks for them."""
    listen = f"127.0.0.1:{unused_tcp_port}"
    return {"B24BRIDGE_HTTP_LISTEN": listen, "B24BRIDGE_PUBLIC_URL": f"http://{listen}"}


async def until(happened: object) -> None:
    """Wait for a condition, given as a function without arguments."""
    assert callable(happened)
    async with asyncio.timeout(20):
        while not happened():
            await asyncio.sleep(0.01)


async def last_answer(telegram: TelegramServer, start: str) -> Answer:
    """Wait for an answer that begins so; what says that it takes time may stand there before."""
    while not (answer := await telegram.next_answer(20)).text.startswith(start):
        pass
    return answer


async def post(telegram: TelegramServer, update: Json, secret: str | None = None) -> int:
    """Send an update as Telegram does, or somebody who knows another secret."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret or telegram.webhook.secret}
    async with (
        aiohttp.ClientSession() as client,
        client.post(telegram.webhook.url, json=update, headers=headers) as answer,
    ):
        return answer.status


def sent(machine: Machine) -> list[str]:
    return [one.message for one in machine.portal.ledger]


async def test_by_webhook_a_command_rings_once_however_often_it_is_delivered(
    machine: Machine, telegram: TelegramServer, maria: Person, public: dict[str, str]
) -> None:
    machine.settings |= public
    message = telegram.write("/b24notify #5 hi there", sender=maria)
    async with machine.bridge():
        number = telegram.push({"message": message})
        await last_answer(telegram, "Notified Anna Petrova.")
        again = {"update_id": number, "message": message}
        assert [await post(telegram, again) for _ in range(3)] == [200, 200, 200]
        telegram.send("/b24notify #5 bye bye", sender=maria)
        await last_answer(telegram, "Notified Anna Petrova.")
    assert sent(machine) == ["hi there", "bye bye"]
    assert "getUpdates" not in telegram.calls


async def test_what_was_edited_is_not_sent_again_and_a_foreign_secret_opens_nothing(
    machine: Machine, telegram: TelegramServer, maria: Person, public: dict[str, str]
) -> None:
    machine.settings |= public
    message = telegram.write("/b24notify #5 forged", sender=maria)
    async with machine.bridge():
        await until(lambda: telegram.webhook.url)
        update = {"update_id": 1, "message": message}
        for secret in ("guessed", telegram.token, telegram.webhook.url.rpartition("/")[2]):
            assert await post(telegram, update, secret) == 403
        edited = message | {"text": "/b24notify #5 edited", "edit_date": 2}
        assert await post(telegram, {"update_id": 2, "edited_message": edited}) == 200
        telegram.send("/b24notify #5 own words", sender=maria)
        await last_answer(telegram, "Notified Anna Petrova.")
    assert sent(machine) == ["own words"]


async def test_switching_to_the_webhook_and_back_loses_nothing_and_doubles_nothing(
    machine: Machine, telegram: TelegramServer, maria: Person, public: dict[str, str]
) -> None:
    for number, settings in enumerate(({}, public, {})):
        for name in public:
            machine.settings.pop(name, None)
        machine.settings |= settings
        telegram.send(f"/b24notify #5 before start {number}", sender=maria)
        async with machine.bridge() as bridge:
            await last_answer(telegram, "Notified Anna Petrova.")
            telegram.send(f"/b24notify #5 running {number}", sender=maria)
            await last_answer(telegram, "Notified Anna Petrova.")
            bridge.stop()
            assert await bridge.ended() == 0
    assert sent(machine) == [
        f"{when} {number}" for number in range(3) for when in ("before start", "running")
    ]
    assert not telegram.webhook.url


async def test_what_was_answered_with_200_survives_a_kill(
    machine: Machine, telegram: TelegramServer, maria: Person, public: dict[str, str]
) -> None:
    machine.settings |= public
    machine.portal.faults.append(Fault(method="user.get", latency_seconds=30))
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #5 hi there", sender=maria)
        await until(lambda: telegram.webhook.statuses == [200] and not machine.portal.faults)
        bridge.kill()
        await bridge.ended()
    assert (sent(machine), telegram.queue.pending) == ([], [])
    async with machine.bridge():
        await last_answer(telegram, "Notified Anna Petrova.")
    assert sent(machine) == ["hi there"]


async def test_a_handle_that_changes_hands_means_who_has_it_now(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    first = telegram.person("First", username="oncall_me")
    second = telegram.person("Second", username="second")
    await machine.link(f"telegram:{first.id}", "#5")
    await machine.link(f"telegram:{second.id}", "#1")
    async with machine.bridge():
        for holder in (first, second):
            seen = type(holder)(holder.id, holder.name, "oncall_me")
            telegram.send("/b24help b24who", sender=seen)
            await telegram.next_answer(20)
            telegram.send("/b24notify @oncall_me wake up", sender=maria)
            await last_answer(telegram, "Notified")
    assert [one.user_id for one in machine.portal.ledger] == [5, 1]


async def test_somebody_else_s_press_changes_nothing_and_the_own_takes_it_back(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    boris, room = telegram.person("Boris"), telegram.room("Ops")
    await machine.link(f"telegram:{boris.id}", "#1")
    async with machine.bridge():
        telegram.send("/b24notify #5 oops, sorry", sender=maria, chat=room)
        told = await last_answer(telegram, "Notified Anna Petrova.")
        (label,) = told.buttons

        telegram.press(told, label, sender=boris)
        refusal = await telegram.next_answer(20)
        assert not refusal.is_edit
        assert telegram.chats.by_bot[room.id, told.message_id].buttons == told.buttons
        assert [one.message for one in machine.portal.notifications] == ["oops, sorry"]

        telegram.press(told, label, sender=maria)
        edited = await telegram.next_answer(20)
        assert (edited.is_edit, edited.message_id, edited.buttons) == (True, told.message_id, {})
        await until(lambda: len(telegram.acknowledged) == 2)
    assert machine.portal.notifications == []


async def test_a_quoted_part_of_a_message_is_sent_from_a_topic_and_answered_there(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    boris, room = telegram.person("Boris B."), telegram.room("Ops", username="ops_room")
    topic: dict[str, Any] = {"is_topic_message": True, "message_thread_id": 44}
    text = "Good morning! The api is down. Tea?"
    message = telegram.write(text, sender=boris, chat=room, date=1_770_000_000, **topic)
    api = {"type": "bold", "offset": 4, "length": 3}
    quote = {"text": "The api is down.", "position": 14, "is_manual": True, "entities": [api]}
    async with machine.bridge():
        telegram.send(
            "/b24notify #5 please look:",
            sender=maria,
            chat=room,
            reply_to_message=message,
            quote=quote,
            **topic,
        )
        answer = await last_answer(telegram, "Notified Anna Petrova.")
    assert answer.parameters["message_thread_id"] == "44"
    (notification,) = machine.portal.ledger
    assert notification.message == "please look:"
    author, text, link = msgspec.json.decode(notification.attach)["BLOCKS"]
    assert author == {"USER": {"NAME": "Boris B."}}
    assert text == {"MESSAGE": "The [b]api[/b] is down."}
    assert link["LINK"] == {
        "NAME": "2026-02-02 02:40 UTC",
        "LINK": "https://t.me/ops_room/1?thread=44",
    }


async def test_a_reply_alone_sends_the_message_replied_to(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    boris, room = telegram.person("Boris"), telegram.room("Ops")
    message = telegram.write("**not** [b]bold[/b]", sender=boris, chat=room)
    async with machine.bridge():
        telegram.send("/b24notify #5", sender=maria, chat=room, reply_to_message=message)
        await last_answer(telegram, "Notified Anna Petrova.")
    (notification,) = machine.portal.ledger
    assert notification.message == "[b]Boris[/b]: **not** [\u2060b]bold[\u2060/b]"
    _, text, _ = msgspec.json.decode(notification.attach)["BLOCKS"]
    assert text == {"MESSAGE": "**not** [\u2060b]bold[\u2060/b]"}
    assert "**not** [b]bold[/b]" in notification.message_out


async def test_a_person_who_has_blocked_the_bot_is_not_written_to_again(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    async with machine.bridge() as bridge:
        await bridge.until_log("Connected to Telegram")
        telegram.block(maria)
        telegram.send("/b24notify #5 hi there", sender=maria)
        await bridge.until_log("has blocked the bot")
        await bridge.until_log("Command 1 could not be answered: the bot may not write")
        telegram.unblock(maria)
        telegram.send("/b24notify #5 hi again", sender=maria)
        await last_answer(telegram, "Notified Anna Petrova.")
        bridge.stop()
        await bridge.ended()
    assert sent(machine) == ["hi there", "hi again"]
    assert (len(telegram.chats.by_bot), bridge.log.count("could not be answered")) == (1, 1)


async def test_a_stranger_is_refused_once_and_then_met_with_silence(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    mallory = telegram.person("Mallory")
    async with machine.bridge():
        for _ in range(3):
            telegram.send("/b24notify #5 spam", sender=mallory)
        await last_answer(telegram, "Sorry")
        await until(lambda: not telegram.queue.pending)
        telegram.send("/b24notify #5 hi there", sender=maria)
        await last_answer(telegram, "Notified Anna Petrova.")
    assert [chat for chat, _ in telegram.chats.by_bot].count(mallory.id) == 1
    assert sent(machine) == ["hi there"]

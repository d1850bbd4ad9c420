"""A pressed button types a command for whoever presses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.markup.nodes import Document, Paragraph, Text
from bridge.people.identity import Identity, Platform, Sender
from bridge.replies.button import Button
from tests.adapters.telegram.conftest import Ear, until
from tests.fakes.clock import START
from tests.fakes.telegram_server import Failure, Person, Room, TelegramServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.telegram.chat import TelegramChat
    from bridge.incoming import Incoming
    from tests.adapters.telegram.conftest import Bridge
    from tests.fakes.telegram_messages import Answer

DONE = Document((Paragraph((Text("Notified Boris."),)),))
UNDO = Button("Undo", "/b24undo 12")


@pytest.fixture
def anna(server: TelegramServer) -> Person:
    return server.person("Anna", username="anna_p", language="ru-RU")


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def chat(bridge: Bridge, ear: Ear) -> AsyncIterator[TelegramChat]:
    chat = bridge.chat()
    async with bridge.running(ear.accept, chat):
        yield chat


@pytest.fixture
def ask(server: TelegramServer, chat: TelegramChat, ear: Ear) -> Asking:
    return Asking(server, chat, ear)


class Asking:
    """Gives a command, and an answer with a button under it."""

    def __init__(self, server: TelegramServer, chat: TelegramChat, ear: Ear) -> None:
        self.server, self._chat, self._ear = server, chat, ear

    async def __call__(self, sender: Person, room: Room | None = None, **more: Any) -> Answer:
        self.server.send("/b24help", sender=sender, chat=room, **more)
        command = await self._ear.next()
        await self._chat.answer(command.answer_to, DONE, buttons=[UNDO])
        return await self.server.next_answer()


async def test_a_press_becomes_the_presser_s_command_and_edits_the_answer(
    server: TelegramServer, ear: Ear, ask: Asking, anna: Person
) -> None:
    answer = await ask(anna)
    server.press(answer, "Undo", sender=anna)

    incoming = await ear.next()

    assert incoming.platform is Platform.TELEGRAM
    assert incoming.workspace == str(anna.id)
    assert incoming.sender == Sender(
        Identity(Platform.TELEGRAM, "", str(anna.id)), "anna_p", "Anna"
    )
    assert incoming.typed == (Text("/b24undo 12"),)
    assert incoming.answer_to == {"chat_id": anna.id, "message_id": answer.message_id}
    assert incoming.replaces == str(answer.message_id)
    assert incoming.received_at == START
    assert incoming.language == "ru-RU"
    assert incoming.is_private


async def test_each_press_is_an_event_of_its_own(
    server: TelegramServer, ear: Ear, ask: Asking, anna: Person
) -> None:
    answer = await ask(anna)
    for _ in range(2):
        server.press(answer, "Undo", sender=anna)
    pressed = [await ear.next(), await ear.next()]
    await until(lambda: len(server.acknowledged) == 2)
    assert {one.event_id for one in pressed} == set(server.acknowledged)
    assert len({one.event_id for one in pressed}) == 2


async def test_a_press_is_acknowledged_after_it_was_accepted(
    server: TelegramServer, bridge: Bridge, ear: Ear, ask: Asking, anna: Person
) -> None:
    seen = []
    answer = await ask(anna)
    server.press(answer, "Undo", sender=anna)

    async def accept(incoming: Incoming) -> None:
        seen.append(list(server.acknowledged))

    async with bridge.running(accept):
        await until(lambda: server.acknowledged)
    assert seen in ([], [[]])
    assert server.calls.count("answerCallbackQuery") == 1


async def test_the_person_s_press_in_a_group_edits_their_answer_and_stays_in_the_topic(
    server: TelegramServer, ear: Ear, ask: Asking, anna: Person
) -> None:
    room = server.room("Ops")
    answer = await ask(anna, room, is_topic_message=True, message_thread_id=44)
    server.press(answer, "Undo", sender=anna)

    incoming = await ear.next()

    assert incoming.replaces == str(answer.message_id)
    assert not incoming.is_private
    assert incoming.workspace == str(room.id)
    assert incoming.answer_to == {
        "chat_id": room.id,
        "message_id": answer.message_id,
        "thread_id": 44,
    }


async def test_a_press_of_somebody_else_does_not_take_the_answer_away(
    server: TelegramServer, ear: Ear, ask: Asking, anna: Person
) -> None:
    answer = await ask(anna, server.room("Ops"))
    boris = server.person("Boris")
    server.press(answer, "Undo", sender=boris)

    incoming = await ear.next()

    assert incoming.sender.identity.external_id == str(boris.id)
    assert incoming.replaces == ""


async def test_a_button_under_a_message_that_is_gone_still_types(
    server: TelegramServer, ear: Ear, ask: Asking, anna: Person
) -> None:
    answer = await ask(anna)
    server.press(answer, "Undo", sender=anna, is_gone=True)

    incoming = await ear.next()

    assert incoming.typed == (Text("/b24undo 12"),)
    assert incoming.answer_to == {"chat_id": anna.id, "message_id": answer.message_id}


@pytest.mark.parametrize("data", ["", "undo 12", "/start", "https://x.example", "@b24"])
async def test_foreign_data_types_nothing(
    server: TelegramServer, ear: Ear, ask: Asking, anna: Person, data: str
) -> None:
    server.press(await ask(anna), data, sender=anna)
    await _hears_only_help(server, ear, anna)


@pytest.mark.parametrize(
    "wrong",
    [
        {"message": None, "inline_message_id": "x"},
        {"from": {"id": 1087968824, "is_bot": False, "first_name": "Group"}},
        {"from": {"id": 5, "is_bot": True, "first_name": "Robo"}},
    ],
)
async def test_what_no_person_pressed_under_an_answer_types_nothing(
    server: TelegramServer, ear: Ear, ask: Asking, anna: Person, wrong: dict[str, Any]
) -> None:
    server.press(await ask(anna, server.room("Ops")), "Undo", sender=anna, **wrong)
    await _hears_only_help(server, ear, anna)


async def test_nobody_presses_in_the_private_chat_of_somebody_else(
    server: TelegramServer, ear: Ear, ask: Asking, anna: Person
) -> None:
    server.press(await ask(anna), "Undo", sender=server.person("Boris"))
    await _hears_only_help(server, ear, anna)


async def test_a_button_under_another_s_message_types_nothing(
    server: TelegramServer, ear: Ear, ask: Asking, anna: Person
) -> None:
    answer = await ask(anna)
    message = answer.json | {"from": server.person("Robo", is_bot=True).to_json()}
    server.press(answer, "Undo", sender=anna, message=message)
    await _hears_only_help(server, ear, anna)


@pytest.mark.parametrize(
    "failure", [Failure(400, "Bad Request: query is too old"), Failure(500), Failure(0)]
)
async def test_what_cannot_be_acknowledged_is_heard_all_the_same(
    ear: Ear, ask: Asking, anna: Person, failure: Failure, caplog: pytest.LogCaptureFixture
) -> None:
    server = ask.server
    caplog.set_level("DEBUG")
    answer = await ask(anna)
    server.fail("answerCallbackQuery", failure)
    server.press(answer, "Undo", sender=anna)
    assert (await ear.next()).typed == (Text("/b24undo 12"),)
    await _hears_only_help(server, ear, anna)
    await until(lambda: "could not be acknowledged" in caplog.text)


async def _hears_only_help(server: TelegramServer, ear: Ear, anna: Person) -> None:
    server.send("/b24help", sender=anna)
    assert (await ear.next()).typed == (Text("/b24help"),)
    await until(lambda: "answerCallbackQuery" in server.calls)

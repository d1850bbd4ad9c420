"""Answers reach the chat, or it is told why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from adapters.telegram.pace import Limits
from bridge.errors import ChatError
from bridge.markup.nodes import Code, Document, Paragraph, Strong, Text
from bridge.people.identity import Identity, Platform
from bridge.replies.button import Button
from tests.adapters.telegram.conftest import Ear
from tests.fakes.telegram_server import Failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.telegram.chat import TelegramChat
    from tests.adapters.telegram.conftest import Bridge
    from tests.fakes.telegram_server import Person, TelegramServer

SENDING = Document((Paragraph((Text("On its way."),)),))
DONE = Document((Paragraph((Text("Notified "), Strong((Text("Анна 😀"),)), Text("."))),))


@pytest.fixture
def anna(server: TelegramServer) -> Person:
    return server.person("Anna")


@pytest.fixture
async def chat(bridge: Bridge) -> AsyncIterator[TelegramChat]:
    chat = bridge.chat()
    async with bridge.running(Ear().accept, chat):
        yield chat


@pytest.fixture
def place(server: TelegramServer, anna: Person) -> dict[str, str | int]:
    """Where something was typed that is to be answered."""
    server.send("/b24help", sender=anna)
    return {"chat_id": anna.id, "message_id": 1}


async def test_an_answer_is_a_reply_without_preview_and_without_markup(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    number = await chat.answer(place, DONE)

    answer = await server.next_answer()
    assert number == str(answer.message_id)
    assert answer.text == "Notified Анна 😀."
    assert answer.entities == [{"type": "bold", "offset": 9, "length": 7}]
    assert json.loads(answer.parameters["reply_parameters"]) == {
        "message_id": place["message_id"],
        "allow_sending_without_reply": True,
    }
    assert json.loads(answer.parameters["link_preview_options"]) == {"is_disabled": True}
    assert not {"parse_mode", "message_thread_id"} & answer.parameters.keys()


async def test_hostile_words_arrive_literally_and_ping_nobody(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    words = "<b>@boris</b> *@boris* [x](tg://user?id=1) &lt; \\_"
    await chat.answer(place, Document((Paragraph((Text(words), Code(words))),)))

    answer = await server.next_answer()
    assert answer.text == words * 2
    assert answer.mentions == []


async def test_an_answer_stays_in_its_topic(server: TelegramServer, chat: TelegramChat) -> None:
    await chat.answer({"chat_id": -100, "message_id": 1, "thread_id": 44}, DONE)

    assert (await server.next_answer()).parameters["message_thread_id"] == "44"


async def test_an_answer_is_given_although_the_command_was_deleted(
    server: TelegramServer, chat: TelegramChat, anna: Person
) -> None:
    assert await chat.answer({"chat_id": anna.id, "message_id": 999}, DONE)


async def test_an_earlier_answer_is_edited(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    first = await chat.answer(place, SENDING)
    second = await chat.answer(place, DONE, replaces=first)

    assert second == first
    assert len(server.chats.by_bot) == 1
    assert [message.text for message in server.chats.by_bot.values()] == ["Notified Анна 😀."]


async def test_buttons_stand_under_an_answer_and_type_commands(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    buttons = [Button("#5 Anna", "/b24choose 12 #5"), Button("#7 Anna", "/b24choose 12 #7")]
    await chat.answer(place, DONE, buttons=buttons)

    answer = await server.next_answer()
    assert answer.buttons == {"#5 Anna": "/b24choose 12 #5", "#7 Anna": "/b24choose 12 #7"}


async def test_buttons_that_have_no_more_use_go_with_an_edit(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    undo = Button("Undo", "/b24undo 12")
    first = await chat.answer(place, SENDING, buttons=[undo])
    await chat.answer(place, DONE, buttons=[undo], replaces=first)
    assert await chat.answer(place, DONE, replaces=first) == first

    buttons = [(await server.next_answer()).buttons for _ in range(3)]
    assert buttons == [{"Undo": "/b24undo 12"}, {"Undo": "/b24undo 12"}, {}]
    assert len(server.chats.by_bot) == 1


async def test_a_button_that_telegram_would_not_take_does_not_cost_the_answer(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    fits = Button("Анна", "/b24choose 1 " + "ё" * 25 + "x")
    too_long = Button("Anna", fits.command + "x")
    await chat.answer(place, DONE, buttons=[too_long, fits])
    assert list((await server.next_answer()).buttons) == ["Анна"]


async def test_when_there_is_nothing_to_say_nothing_is_sent(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    for answer in (Document(()), Document((Paragraph((Text(" "),)),))):
        assert await chat.answer(place, answer) == ""
        assert await chat.answer(place, answer, replaces="5") == "5"
    assert not {"sendMessage", "editMessageText"} & set(server.calls)


async def test_an_answer_that_already_stands_is_left_standing(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    first = await chat.answer(place, DONE)

    assert await chat.answer(place, DONE, replaces=first) == first
    assert len(server.chats.by_bot) == 1


async def test_an_answer_that_cannot_be_edited_is_given_anew(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    first = await chat.answer(place, SENDING)
    server.chats.by_bot.clear()

    second = await chat.answer(place, DONE, replaces=first)

    assert second != first
    assert len(server.chats.by_bot) == 1


async def test_an_answer_follows_a_group_that_became_a_supergroup(
    server: TelegramServer, chat: TelegramChat
) -> None:
    server.chats.moved[-500] = -1_000_000_000_500

    assert await chat.answer({"chat_id": -500, "message_id": 3}, DONE) == ""
    answer = await server.next_answer()
    assert answer.chat_id == -1_000_000_000_500
    assert "reply_parameters" not in answer.parameters


async def test_being_blocked_is_told_as_final(
    server: TelegramServer, chat: TelegramChat, anna: Person, place: dict[str, str | int]
) -> None:
    server.block(anna)

    with pytest.raises(ChatError, match="blocked by the user") as caught:
        await chat.answer(place, DONE)
    assert caught.value.retry_after_seconds is None


async def test_being_removed_from_a_group_is_told_as_final_for_edits_too(
    server: TelegramServer, chat: TelegramChat
) -> None:
    room = server.room("Ops")
    place: dict[str, str | int] = {"chat_id": room.id, "message_id": 1}
    first = await chat.answer(place, SENDING)
    server.remove_bot(room)

    with pytest.raises(ChatError, match="kicked from the supergroup") as caught:
        await chat.answer(place, DONE, replaces=first)
    assert caught.value.retry_after_seconds is None


async def test_telegram_s_pause_is_passed_on(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    server.fail("sendMessage", Failure(429, "Too Many Requests: retry after 3", {"retry_after": 3}))

    with pytest.raises(ChatError) as caught:
        await chat.answer(place, DONE)
    assert caught.value.retry_after_seconds == 3


async def test_nothing_is_sent_to_a_chat_during_the_pause_that_telegram_asks_for(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    first = await chat.answer(place, SENDING)
    failure = Failure(429, "Too Many Requests: retry after 60", {"retry_after": 60})
    server.fail("editMessageText", failure)
    for _ in range(3):
        with pytest.raises(ChatError) as caught:
            await chat.answer(place, DONE, replaces=first)
        assert caught.value.retry_after_seconds
        assert 50 < caught.value.retry_after_seconds <= 60
    assert server.calls.count("editMessageText") == 1

    other = server.person("Boris")
    assert await chat.answer({"chat_id": other.id, "message_id": 1}, DONE)


async def test_answers_keep_to_the_limit_of_a_chat(
    server: TelegramServer, bridge: Bridge, place: dict[str, str | int]
) -> None:
    chat = bridge.chat(limits=Limits(chat_seconds=1_000, patience_seconds=0.01))
    async with bridge.running(Ear().accept, chat):
        first = await chat.answer(place, SENDING)
        with pytest.raises(ChatError) as caught:
            await chat.answer(place, DONE, replaces=first)
    assert caught.value.retry_after_seconds
    assert server.calls.count("editMessageText") == 0


@pytest.mark.parametrize("failure", [Failure(0), Failure(500), Failure(502), Failure(200)])
async def test_a_broken_answer_of_the_server_is_worth_another_try(
    server: TelegramServer,
    chat: TelegramChat,
    place: dict[str, str | int],
    failure: Failure,
) -> None:
    server.fail("sendMessage", failure)

    with pytest.raises(ChatError) as caught:
        await chat.answer(place, DONE)
    assert caught.value.retry_after_seconds
    assert await chat.answer(place, DONE)
    assert server.calls.count("sendMessage") == 2


@pytest.mark.parametrize("failure", [Failure(0), Failure(500)])
async def test_a_failed_edit_gives_no_second_answer(
    server: TelegramServer,
    chat: TelegramChat,
    place: dict[str, str | int],
    failure: Failure,
) -> None:
    first = await chat.answer(place, SENDING)
    server.fail("editMessageText", failure)

    with pytest.raises(ChatError):
        await chat.answer(place, DONE, replaces=first)
    assert len(server.chats.by_bot) == 1


async def test_a_chat_that_has_ended_says_that_the_answer_can_be_given_later(
    bridge: Bridge, place: dict[str, str | int]
) -> None:
    chat = bridge.chat()
    async with bridge.running(Ear().accept, chat):
        await chat.ready.wait()

    with pytest.raises(ChatError) as caught:
        await chat.answer(place, DONE)
    assert caught.value.retry_after_seconds


async def test_the_error_hides_the_library_s_own(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    server.fail("sendMessage", Failure(401, "Unauthorized"))

    with pytest.raises(ChatError) as caught:
        await chat.answer(place, DONE)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_somebody_can_be_written_to_who_has_not_just_typed_anything(
    server: TelegramServer, chat: TelegramChat, anna: Person
) -> None:
    await chat.tell(Identity(Platform.TELEGRAM, "", str(anna.id)), DONE)

    answer = await server.next_answer()
    assert (answer.chat_id, answer.text) == (anna.id, "Notified Анна 😀.")
    assert "reply_parameters" not in answer.parameters

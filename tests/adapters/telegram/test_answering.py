"""Answers reach the chat, or it is told why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.errors import ChatError
from bridge.markup.nodes import Code, Document, Paragraph, Strong, Text
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


async def test_telegram_s_pause_is_passed_on(
    server: TelegramServer, chat: TelegramChat, place: dict[str, str | int]
) -> None:
    server.fail("sendMessage", Failure(429, "Too Many Requests: retry after 3", {"retry_after": 3}))

    with pytest.raises(ChatError) as caught:
        await chat.answer(place, DONE)
    assert caught.value.retry_after_seconds == 3


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

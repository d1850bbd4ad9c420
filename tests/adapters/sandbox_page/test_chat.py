from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.sandbox.chat import KEPT_MESSAGES, SandboxChat
from bridge.errors import ChatError
from bridge.markup.nodes import Document, Paragraph, Text
from bridge.people.identity import Platform
from bridge.replies.button import Button

if TYPE_CHECKING:
    from tests.adapters.sandbox_page.conftest import Accepted
    from tests.fakes.clock import FakeClock


def answer(text: str) -> Document:
    return Document((Paragraph((Text(text),)),))


async def test_what_a_persona_types_reaches_the_bridge_as_it_was_typed(
    chat: SandboxChat, accepted: Accepted, clock: FakeClock
) -> None:
    event_id = await chat.say("boris", "/b24notify @anna\n **hi**")
    (incoming,) = accepted.incoming
    assert (incoming.platform, incoming.workspace) == (Platform.SANDBOX, "demo")
    assert incoming.event_id == event_id
    assert incoming.sender.display_name == "Boris Ivanov"
    assert incoming.typed == (Text("/b24notify @anna\n **hi**"),)
    assert incoming.answer_to == {"persona": "boris", "event_id": event_id}
    assert incoming.received_at == clock.now()


async def test_a_message_is_in_the_room_before_the_bridge_can_answer_it(chat: SandboxChat) -> None:
    seen: list[int] = []

    async def look(_incoming: object) -> None:
        seen.append(len(chat.messages))

    chat.connect(look)
    await chat.say("maria", "hello")
    assert seen == [1]


async def test_nobody_unknown_can_type(chat: SandboxChat) -> None:
    with pytest.raises(ChatError):
        await chat.say("mallory", "hello")
    assert chat.messages == ()


async def test_a_chat_without_a_bridge_says_so(chat: SandboxChat, clock: FakeClock) -> None:
    lonely = SandboxChat(list(chat.personas.values()), [], [], clock)
    with pytest.raises(ChatError):
        await lonely.say("maria", "hello")


async def test_an_answer_names_what_it_answers(chat: SandboxChat) -> None:
    event_id = await chat.say("maria", "/b24help")
    await chat.answer({"persona": "maria", "event_id": event_id}, answer("help"))
    bot = chat.messages[-1]
    assert (bot.author, bot.persona, bot.answers, bot.replaces) == ("bot", "maria", event_id, None)
    assert bot.html == "<p>help</p>"


async def test_an_edited_answer_keeps_its_place(chat: SandboxChat) -> None:
    answer_to: dict[str, str | int] = {"persona": "maria", "event_id": "e"}
    first = await chat.answer(answer_to, answer("on its way"))
    await chat.say("maria", "another")
    edited = await chat.answer(answer_to, answer("delivered"), replaces=first)
    assert edited == first
    assert [message.html for message in chat.messages] == ["<p>delivered</p>", "another"]
    assert chat.messages[0].replaces == first


async def test_an_answer_that_is_gone_is_given_anew(chat: SandboxChat) -> None:
    answer_to: dict[str, str | int] = {"persona": "maria", "event_id": "e"}
    new = await chat.answer(answer_to, answer("delivered"), replaces="gone")
    assert new != "gone"
    assert chat.messages[-1].replaces is None


async def test_only_the_last_messages_are_kept(chat: SandboxChat) -> None:
    for number in range(KEPT_MESSAGES + 2):
        await chat.say("maria", str(number))
    assert len(chat.messages) == KEPT_MESSAGES
    assert chat.messages[0].html == "2"


UNDO = Button("Undo", "/b24undo 1")


async def test_a_button_that_is_pressed_types_its_command_for_who_presses_it(
    chat: SandboxChat, accepted: Accepted
) -> None:
    answer_to: dict[str, str | int] = {"persona": "maria", "event_id": "e"}
    message_id = await chat.answer(answer_to, answer("delivered"), buttons=[UNDO])
    assert chat.messages[-1].buttons == (UNDO,)
    assert chat.find_command(message_id, 0) == UNDO.command
    event_id = await chat.press("boris", UNDO.command, message_id)
    (incoming,) = accepted.incoming
    assert (incoming.event_id, incoming.replaces) == (event_id, message_id)
    assert incoming.sender.handle == "boris"
    assert incoming.typed == (Text(UNDO.command),)
    assert len(chat.messages) == 1


async def test_the_buttons_of_an_answer_go_when_it_is_edited(chat: SandboxChat) -> None:
    answer_to: dict[str, str | int] = {"persona": "maria", "event_id": "e"}
    message_id = await chat.answer(answer_to, answer("delivered"), buttons=[UNDO])
    await chat.answer(answer_to, answer("taken back"), replaces=message_id)
    assert chat.messages[-1].buttons == ()
    assert chat.find_command(message_id, 0) is None

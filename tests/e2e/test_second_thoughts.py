"""Who changes their mind takes back what was sent, through the whole bridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.cli.demo import open_demo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.cli.demo import Demo
    from adapters.sandbox.chat import ChatMessage


class Room:
    """The demo's chat, read message by message."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo

    async def say(self, text: str) -> ChatMessage:
        """Type something as Maria; returns the next thing that the bot says."""
        with self.demo.chat.subscribe() as said:
            await self.demo.chat.say("maria", text)
            while (message := await said.get()).author != "bot":
                pass
            return message

    async def press(self, message: ChatMessage, persona: str = "maria") -> ChatMessage:
        """Press the first button of a message; returns the next thing that the bot says."""
        command = self.demo.chat.find_command(message.id, 0)
        assert command
        with self.demo.chat.subscribe() as said:
            await self.demo.chat.press(persona, command, message.id)
            return await said.get()

    @property
    def bells(self) -> list[str]:
        return [one.message for one in self.demo.portal.notifications]


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with open_demo("127.0.0.1:0") as demo:
        yield Room(demo)


async def test_what_was_delivered_is_deleted_from_the_bell_and_the_answer_says_so(
    room: Room,
) -> None:
    outcome = await room.say("/b24notify @anna @clara oh no")
    assert room.bells == ["oh no", "oh no"]
    undone = await room.press(outcome)
    assert room.bells == []
    assert undone.replaces == outcome.id
    assert "Taken back: <strong>Anna Petrova and Clara Novak</strong>." in undone.html
    assert undone.buttons == ()


async def test_nobody_else_takes_it_back(room: Room) -> None:
    outcome = await room.say("/b24notify @anna hi there")
    refused = await room.press(outcome, persona="boris")
    assert "Only who sent that command can do this." in refused.html
    assert refused.replaces is None
    assert room.bells == ["hi there"]


async def test_what_was_sent_and_taken_back_is_in_the_status(room: Room) -> None:
    await room.press(await room.say("/b24notify @anna one"))
    await room.say("/b24notify @boris two")
    status = await room.say("/b24status")
    assert "Boris Ivanov</strong>: delivered just now" in status.html
    assert "Anna Petrova</strong>: taken back just now" in status.html


async def test_a_dry_run_rings_no_bell(room: Room) -> None:
    preview = await room.say("/b24notify --dry-run @anna **api** is <b>down</b>")
    assert "<strong>api</strong> is &lt;b&gt;down&lt;/b&gt;" in preview.html
    assert room.bells == []

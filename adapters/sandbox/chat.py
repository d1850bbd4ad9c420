"""The chat of the demo's page: a platform of its own, kept in memory."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from msgspec import Struct

from adapters.sandbox.answer_html import write_html, write_typed_html
from bridge.errors import ChatError
from bridge.incoming import Incoming
from bridge.markup.nodes import Text
from bridge.people.identity import Platform
from bridge.replies.button import Button

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from bridge.markup.nodes import Document
    from bridge.people.identity import Sender
    from bridge.ports import Clock

    Accept = Callable[[Incoming], Awaitable[object]]

WORKSPACE = "demo"
KEPT_MESSAGES = 500


class OptionHint(Struct, frozen=True):
    """An option as the page offers it: ``--tag``, the word for its value, what it is for."""

    name: str
    metavar: str
    summary: str


class CommandHint(Struct, frozen=True):
    """A command as the page offers it.

    Attributes:
        name: with its slash, ``/b24notify``.
        usage: one line; it names RECIPIENT where people are to be offered.
        summary: what it does, in half a sentence.
        options: what may be given with it.
    """

    name: str
    usage: str
    summary: str
    options: tuple[OptionHint, ...] = ()


class PersonHint(Struct, frozen=True):
    """A person whom commands can name, by ``@handle`` or ``#user_id``."""

    handle: str
    name: str
    user_id: int


class ChatMessage(Struct, frozen=True, kw_only=True):
    """A message as the page shows it.

    Attributes:
        id: for a person's message the event's id; an edited answer keeps its id.
        persona: the handle of whoever typed it, or whom the bot answers.
        author: ``you`` or ``bot``.
        html: safe to show.
        at: when it came or was last edited, aware.
        replaces: the id of the message that it takes the place of.
        answers: the id of the message that the bot answers.
        buttons: what may be pressed under it.
    """

    id: str
    persona: str
    author: Literal["you", "bot"]
    html: str
    at: datetime
    replaces: str | None = None
    answers: str | None = None
    buttons: tuple[Button, ...] = ()


class SandboxChat:
    """A room where a few made-up people type to the bot; implements ``bridge.ports.Chat``.

    Args:
        personas: whom the page lets you be.
        commands: what the page completes.
        people: whom the page completes.
        clock: for the time of each message.
    """

    def __init__(
        self,
        personas: Sequence[Sender],
        commands: Sequence[CommandHint],
        people: Sequence[PersonHint],
        clock: Clock,
    ) -> None:
        self.personas = {sender.handle: sender for sender in personas}
        self.commands = tuple(commands)
        self.people = tuple(people)
        self._clock = clock
        self._accept: Accept | None = None
        self._messages: dict[str, ChatMessage] = {}
        self._subscribers: set[asyncio.Queue[ChatMessage]] = set()

    @property
    def messages(self) -> Sequence[ChatMessage]:
        """The last 500 messages, oldest first."""
        return tuple(self._messages.values())

    def connect(self, accept: Accept) -> None:
        """Hand what people type to ``accept`` from now on."""
        self._accept = accept

    async def say(self, persona_handle: str, text: str) -> str:
        """Type a message as one of the personas; returns its event id once it is accepted.

        Raises:
            ChatError: there is no such persona, or no bridge is connected.
            BridgeError: the bridge did not accept it.
        """
        accept, incoming = self._begin(persona_handle, text)
        self._publish(
            ChatMessage(
                id=incoming.event_id,
                persona=persona_handle,
                author="you",
                html=write_typed_html(text),
                at=incoming.received_at,
            )
        )
        await accept(incoming)
        return incoming.event_id

    def find_command(self, message_id: str, number: int) -> str | None:
        """Find what a button of a message types, by its place from 0; None if it is gone."""
        message = self._messages.get(message_id)
        if message is None or not 0 <= number < len(message.buttons):
            return None
        return message.buttons[number].command

    async def press(self, persona_handle: str, command: str, message_id: str) -> str:
        """Press a button of a message as one of the personas; returns the event id.

        Raises:
            ChatError: there is no such persona, or no bridge is connected.
            BridgeError: the bridge did not accept it.
        """
        accept, incoming = self._begin(persona_handle, command, replaces=message_id)
        await accept(incoming)
        return incoming.event_id

    async def answer(
        self,
        answer_to: dict[str, str | int],
        answer: Document,
        *,
        buttons: Sequence[Button] = (),
        replaces: str = "",
    ) -> str:
        """Show an answer in the room; see ``bridge.ports.Chat``."""
        event_id = str(answer_to["event_id"])
        edited = replaces if replaces in self._messages else None
        message = ChatMessage(
            id=edited or uuid4().hex,
            persona=str(answer_to["persona"]),
            author="bot",
            html=write_html(answer),
            at=self._clock.now(),
            replaces=edited,
            answers=event_id,
            buttons=tuple(buttons),
        )
        self._publish(message)
        return message.id

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[ChatMessage]]:
        """Yield a queue of every message that is added or edited from now on."""
        queue: asyncio.Queue[ChatMessage] = asyncio.Queue()
        self._subscribers.add(queue)
        try:
            yield queue
        finally:
            self._subscribers.remove(queue)

    def _begin(
        self, persona_handle: str, text: str, *, replaces: str = ""
    ) -> tuple[Accept, Incoming]:
        sender = self.personas.get(persona_handle)
        if sender is None:
            raise ChatError("nobody in the demo's chat has that handle")
        if self._accept is None:
            raise ChatError("no bridge is connected to the demo's chat")
        event_id = uuid4().hex
        return self._accept, Incoming(
            platform=Platform.SANDBOX,
            workspace=WORKSPACE,
            event_id=event_id,
            sender=sender,
            typed=(Text(text),),
            answer_to={"persona": sender.handle, "event_id": event_id},
            received_at=self._clock.now(),
            is_private=True,
            replaces=replaces,
        )

    def _publish(self, message: ChatMessage) -> None:
        self._messages[message.id] = message
        while len(self._messages) > KEPT_MESSAGES:
            del self._messages[next(iter(self._messages))]
        for queue in self._subscribers:
            queue.put_nowait(message)

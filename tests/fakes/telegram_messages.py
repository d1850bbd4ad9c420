"""The messages in Telegram's chats, and what a bot may do to them.

Source: https://core.telegram.org/bots/api#sendmessage
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.fakes.telegram_text import BadEntity, check_entities, count_units, detect

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

_TEXT_LIMIT: Final = 4096
_CALLBACK_DATA_BYTES: Final = 64


class Refusal(Exception):
    """An error as the Bot API tells it."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.parameters = parameters


@dataclass(frozen=True)
class Answer:
    """A message that the bot wrote or edited; ``json`` is what a client is told of it."""

    chat_id: int
    message_id: int
    text: str
    entities: list[Json]
    parameters: Mapping[str, str]
    is_edit: bool = False
    json: Json = field(default_factory=dict)

    @property
    def mentions(self) -> list[str]:
        """Whom the message pings: Telegram finds handles by itself, but not in code."""
        return [
            found
            for entity, found in detect(self.text, self.entities)
            if entity["type"] == "mention"
        ]

    @property
    def buttons(self) -> dict[str, str]:
        """What is typed by each button, by its label."""
        return {button["text"]: button["callback_data"] for button in _buttons(self.parameters)}


class Messages:
    """All messages of all chats.

    Attributes:
        by_bot: what the bot wrote, by chat and number, as it stands now.
        moved: groups that have become supergroups, old number to new.
        closed: chats that the bot may not write in, and why.
        written: what the bot writes or edits, as it comes.
    """

    def __init__(self, bot: Json) -> None:
        self.by_bot: dict[tuple[int, int], Answer] = {}
        self.moved: dict[int, int] = {}
        self.closed: dict[int, str] = {}
        self.written: asyncio.Queue[Answer] = asyncio.Queue()
        self._bot = bot
        self._by_people: dict[tuple[int, int], Json] = {}
        self._numbers: defaultdict[int, itertools.count[int]] = defaultdict(
            lambda: itertools.count(1)
        )

    def add(self, message: Json) -> Json:
        """Number a person's message and keep it."""
        chat_id = message["chat"]["id"]
        message = {"message_id": next(self._numbers[chat_id]), **message}
        self._by_people[chat_id, message["message_id"]] = message
        return message

    def send(self, parameters: Mapping[str, str], date: int) -> Json:
        """Do ``sendMessage``."""
        chat_id = int(parameters["chat_id"])
        self._check_chat(chat_id)
        reply = json.loads(parameters.get("reply_parameters", "{}"))
        command = self._by_people.get((chat_id, reply["message_id"])) if reply else None
        is_to_bot = bool(reply) and (chat_id, reply["message_id"]) in self.by_bot
        if reply and not (command or is_to_bot or reply.get("allow_sending_without_reply")):
            raise Refusal(400, "Bad Request: message to be replied not found")
        message: Json = {
            "message_id": next(self._numbers[chat_id]),
            "date": date,
            "from": self._bot,
            "chat": {"id": chat_id, "type": "private" if chat_id > 0 else "supergroup"},
        }
        if chat_id < 0:
            message["chat"]["title"] = "A group"
        if command:
            message["reply_to_message"] = command
        if "message_thread_id" in parameters:
            thread_id = int(parameters["message_thread_id"])
            message |= {"message_thread_id": thread_id, "is_topic_message": True}
        return self._write(message, parameters, is_edit=False)

    def edit(self, parameters: Mapping[str, str]) -> Json:
        """Do ``editMessageText``."""
        chat_id = int(parameters["chat_id"])
        self._check_chat(chat_id)
        old = self.by_bot.get((chat_id, int(parameters["message_id"])))
        if old is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        entities = json.loads(parameters.get("entities", "[]"))
        same_text = (old.text, old.entities) == (parameters["text"], entities)
        if same_text and _buttons(old.parameters) == _buttons(parameters):
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message",
            )
        return self._write(old.json, parameters, is_edit=True)

    def _check_chat(self, chat_id: int) -> None:
        if chat_id in self.closed:
            raise Refusal(403, f"Forbidden: {self.closed[chat_id]}")
        if chat_id in self.moved:
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.moved[chat_id],
            )

    def _write(self, message: Json, parameters: Mapping[str, str], *, is_edit: bool) -> Json:
        text = parameters.get("text", "")
        entities = json.loads(parameters.get("entities", "[]"))
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if count_units(text) > _TEXT_LIMIT:
            raise Refusal(400, "Bad Request: message is too long")
        try:
            check_entities(text, entities)
        except BadEntity as error:
            raise Refusal(400, f"Bad Request: {error}") from None
        for button in _buttons(parameters):
            if not 1 <= len(button["callback_data"].encode()) <= _CALLBACK_DATA_BYTES:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        message = {**message, "text": text, "entities": entities}
        message.pop("reply_markup", None)
        if "reply_markup" in parameters:
            message["reply_markup"] = json.loads(parameters["reply_markup"])
        answer = Answer(
            message["chat"]["id"],
            message["message_id"],
            text,
            entities,
            parameters,
            is_edit,
            message,
        )
        self.by_bot[answer.chat_id, answer.message_id] = answer
        self.written.put_nowait(answer)
        return message


def _buttons(parameters: Mapping[str, str]) -> list[Json]:
    keyboard = json.loads(parameters.get("reply_markup", "{}")).get("inline_keyboard", [])
    return [button for row in keyboard for button in row]

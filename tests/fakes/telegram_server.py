"""A server on your own machine that speaks the Bot API as Telegram does.

It keeps updates until they are confirmed, hands them to one poller at a time, and checks what a bot
sends. Tests write to the bot with ``send`` and read its answers with ``next_answer``::

    async with TelegramServer() as server:
        anna = server.person("Anna", username="anna")
        server.send("/b24notify @boris hi", sender=anna)
        answer = await server.next_answer(5)

Sources: https://core.telegram.org/bots/api, https://core.telegram.org/api/entities
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import web

from tests.fakes.telegram_queue import SecondPoller, UpdateQueue
from tests.fakes.telegram_text import BadEntity, check_entities, count_units, detect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

Json = dict[str, Any]

TOKEN: Final = "424242:AAF_a-fake-token-of-35-characters0"
BOT_NAME: Final = "B24TestBot"
_BOT_ID: Final = 424242
_TEXT_LIMIT: Final = 4096


@dataclass(frozen=True)
class Person:
    """Somebody who writes to the bot; their private chat has their own number."""

    id: int
    name: str
    username: str = ""
    is_bot: bool = False

    def to_json(self) -> Json:
        user = {"id": self.id, "is_bot": self.is_bot, "first_name": self.name}
        return user | ({"username": self.username} if self.username else {})


@dataclass(frozen=True)
class Room:
    """A chat of several people: a group, a supergroup or a channel."""

    id: int
    title: str
    type: str = "supergroup"
    username: str = ""

    def to_json(self) -> Json:
        room = {"id": self.id, "type": self.type, "title": self.title}
        return room | ({"username": self.username} if self.username else {})


@dataclass(frozen=True)
class Answer:
    """A message that the bot wrote or edited."""

    chat_id: int
    message_id: int
    text: str
    entities: list[Json]
    parameters: Mapping[str, str]
    is_edit: bool = False

    @property
    def mentions(self) -> list[str]:
        """Whom the message pings: Telegram finds handles by itself, but not in code."""
        return [
            found
            for entity, found in detect(self.text, self.entities)
            if entity["type"] == "mention"
        ]


@dataclass(frozen=True)
class Failure:
    """What to answer instead of doing what was asked; ``status`` 0 drops the connection.

    ``is_done`` first does it, so that only the answer is lost.
    """

    status: int
    description: str = ""
    parameters: Json = field(default_factory=dict)
    is_done: bool = False


class Refusal(Exception):
    """An error as the Bot API tells it."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.parameters = parameters


class TelegramServer:
    """The server; ``url`` and ``token`` are what a bot needs.

    Attributes:
        queue: the updates that wait for the bot.
        messages: what the bot wrote, by chat and number, as it stands now.
        commands: the menu that the bot has set.
        webhook: where updates are sent instead; polling is refused while it is set.
        calls: the names of all methods that were called.
        moved: groups that have become supergroups, old number to new.
    """

    def __init__(self) -> None:
        self.token = TOKEN
        self.url = ""
        self.queue = UpdateQueue()
        self.messages: dict[tuple[int, int], Answer] = {}
        self.commands: list[Json] = []
        self.webhook = ""
        self.calls: list[str] = []
        self.moved: dict[int, int] = {}
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()
        self._failures: defaultdict[str, deque[Failure]] = defaultdict(deque)
        self._ids = itertools.count(1000)
        self._message_ids: defaultdict[int, itertools.count[int]] = defaultdict(
            lambda: itertools.count(1)
        )
        self._known_messages: set[tuple[int, int]] = set()
        self._blocked: set[int] = set()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.queue.close()
        await self._runner.cleanup()

    # What people do

    def person(self, name: str, *, username: str = "", is_bot: bool = False) -> Person:
        """Let somebody have an account."""
        return Person(next(self._ids), name, username, is_bot)

    def room(self, title: str, *, type: str = "supergroup", username: str = "") -> Room:  # noqa: A002
        """Open a group, a public one if it has a name."""
        return Room(-1_000_000_000_000 - next(self._ids), title, type, username)

    def send(
        self,
        text: str,
        *,
        sender: Person,
        chat: Room | None = None,
        entities: Iterable[Json] = (),
        kind: str = "message",
        is_caption: bool = False,
        **more: object,
    ) -> int:
        """Write to the bot, as ``kind`` of update; ``more`` are other fields of the message.

        Returns the update's number.
        """
        place = chat.to_json() if chat else sender.to_json() | {"type": "private"}
        given = list(entities)
        found = [entity for entity, _ in detect(text, given)]
        names = ("caption", "caption_entities") if is_caption else ("text", "entities")
        message: Json = {
            "message_id": self._new_message_id(place["id"]),
            "date": int(self.queue.now()),
            "chat": place,
            "from": sender.to_json(),
            names[0]: text,
            names[1]: sorted(
                given + found, key=lambda entity: (entity["offset"], -entity["length"])
            ),
        } | more
        if is_caption:
            message["photo"] = [
                {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 1}
            ]
        return self.push({kind: message})

    def forward(
        self, text: str, *, sender: Person, author: Person, chat: Room | None = None
    ) -> int:
        """Forward to the bot what somebody else wrote."""
        origin = {"type": "user", "date": int(self.queue.now()), "sender_user": author.to_json()}
        return self.send(text, sender=sender, chat=chat, forward_origin=origin)

    def push(self, update: Json) -> int:
        """Queue an update as it is; returns the number it is given."""
        return self.queue.push(update)

    def block(self, person: Person) -> None:
        """Let somebody block the bot."""
        self._blocked.add(person.id)

    # What goes wrong

    def fail(self, method: str, *failures: Failure) -> None:
        """Let the next calls of a method fail, one after the other."""
        self._failures[method].extend(failures)

    # What the bot does

    async def next_answer(self, timeout_seconds: float = 5.0) -> Answer:
        """Wait for the next message that the bot writes or edits."""
        return await asyncio.wait_for(self._answers.get(), timeout_seconds)

    async def _serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.calls.append(method)
        parameters = dict(request.query)
        parameters.update((key, str(value)) for key, value in (await request.post()).items())
        try:
            return await self._answer(request, method, parameters)
        except Refusal as refusal:
            return _error(refusal.status, str(refusal), refusal.parameters)

    async def _answer(
        self, request: web.Request, method: str, parameters: dict[str, str]
    ) -> web.Response:
        if request.match_info["token"] != self.token:
            raise Refusal(401, "Unauthorized")
        failure = self._failures[method].popleft() if self._failures[method] else None
        if failure is None or failure.is_done:
            result = await self._call(method, parameters)
            if failure is None:
                return web.json_response({"ok": True, "result": result})
        if failure.status == 0:
            assert request.transport is not None
            request.transport.abort()
        if failure.status in {0, 200} or not failure.description:
            return web.Response(status=failure.status or 200, text="<html>proxy</html>")
        return _error(failure.status, failure.description, failure.parameters)

    async def _call(self, method: str, parameters: dict[str, str]) -> object:
        match method:
            case "getMe":
                me = Person(_BOT_ID, "Bridge", BOT_NAME, is_bot=True)
                return me.to_json() | {"can_join_groups": True}
            case "getUpdates":
                return await self._get_updates(parameters)
            case "sendMessage":
                return self._send_message(parameters)
            case "editMessageText":
                return self._edit_message(parameters)
            case "deleteWebhook":
                self.webhook = ""
                return True
            case "setMyCommands":
                self.commands = json.loads(parameters["commands"])
                return True
            case _:
                raise Refusal(404, "Not Found")

    async def _get_updates(self, parameters: dict[str, str]) -> list[Json]:
        if self.webhook:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if "allowed_updates" in parameters:
            self.queue.allow(json.loads(parameters["allowed_updates"]))
        try:
            return await self.queue.take(
                offset=int(parameters.get("offset", 0)),
                limit=int(parameters.get("limit", 100)),
                timeout_seconds=int(parameters.get("timeout", 0)),
            )
        except SecondPoller:
            raise Refusal(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            ) from None

    def _send_message(self, parameters: dict[str, str]) -> Json:
        chat_id = int(parameters["chat_id"])
        if chat_id in self._blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat_id in self.moved:
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.moved[chat_id],
            )
        reply = json.loads(parameters.get("reply_parameters", "{}"))
        if (
            reply
            and (chat_id, reply["message_id"]) not in self._known_messages
            and not reply.get("allow_sending_without_reply")
        ):
            raise Refusal(400, "Bad Request: message to be replied not found")
        return self._write(chat_id, self._new_message_id(chat_id), parameters, is_edit=False)

    def _edit_message(self, parameters: dict[str, str]) -> Json:
        place = int(parameters["chat_id"]), int(parameters["message_id"])
        old = self.messages.get(place)
        if old is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        entities = json.loads(parameters.get("entities", "[]"))
        if (old.text, old.entities) == (parameters["text"], entities):
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message",
            )
        return self._write(*place, parameters, is_edit=True)

    def _write(
        self, chat_id: int, message_id: int, parameters: dict[str, str], *, is_edit: bool
    ) -> Json:
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
        answer = Answer(chat_id, message_id, text, entities, parameters, is_edit)
        self.messages[chat_id, message_id] = answer
        self._answers.put_nowait(answer)
        return {
            "message_id": message_id,
            "date": int(self.queue.now()),
            "chat": {"id": chat_id, "type": "private" if chat_id > 0 else "supergroup"},
            "text": text,
            "entities": entities,
        }

    def _new_message_id(self, chat_id: int) -> int:
        number = next(self._message_ids[chat_id])
        self._known_messages.add((chat_id, number))
        return number


def _error(status: int, description: str, parameters: Mapping[str, object]) -> web.Response:
    answer: Json = {"ok": False, "error_code": status, "description": description}
    if parameters:
        answer["parameters"] = parameters
    return web.json_response(answer, status=status)

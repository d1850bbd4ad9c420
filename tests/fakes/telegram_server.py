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
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import web

from tests.fakes.telegram_messages import Answer, Messages, Refusal
from tests.fakes.telegram_queue import SecondPoller, UpdateQueue
from tests.fakes.telegram_text import detect
from tests.fakes.telegram_webhook import WebhookSender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

Json = dict[str, Any]

TOKEN: Final = "424242:AAF_a-fake-token-of-35-characters0"
BOT_NAME: Final = "B24TestBot"
_BOT_ID: Final = 424242


@dataclass(frozen=True)
class Person:
    """Somebody who writes to the bot; their private chat has their own number."""

    id: int
    name: str
    username: str = ""
    is_bot: bool = False
    language: str = ""

    def to_json(self) -> Json:
        user = {"id": self.id, "is_bot": self.is_bot, "first_name": self.name}
        user |= {"username": self.username} if self.username else {}
        return user | ({"language_code": self.language} if self.language else {})


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
class Failure:
    """What to answer instead of doing what was asked; ``status`` 0 drops the connection.

    ``is_done`` first does it, so that only the answer is lost.
    """

    status: int
    description: str = ""
    parameters: Json = field(default_factory=dict)
    is_done: bool = False


class TelegramServer:
    """The server; ``url`` and ``token`` are what a bot needs.

    Attributes:
        queue: the updates that wait for the bot.
        chats: the messages.
        webhook: where updates are sent instead; polling is refused while it is set.
        menus: the menus of commands that the bot has set, by scope and language.
        calls: the names of all methods that were called.
        acknowledged: the numbers of pressed buttons that stopped waiting.
    """

    def __init__(self) -> None:
        self.token = TOKEN
        self.url = ""
        self.bot = Person(_BOT_ID, "Bridge", BOT_NAME, is_bot=True)
        self.queue = UpdateQueue()
        self.chats = Messages(self.bot.to_json())
        self.webhook = WebhookSender(self.queue)
        self.menus: dict[tuple[str, str], dict[str, str]] = {}
        self.seats: dict[tuple[int, int], str] = {}
        self.calls: list[str] = []
        self.acknowledged: list[str] = []
        self._pressed: set[str] = set()
        self._failures: defaultdict[str, deque[Failure]] = defaultdict(deque)
        self._ids = itertools.count(1000)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._sending = asyncio.create_task(self.webhook.run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.queue.close()
        self._sending.cancel()
        with suppress(asyncio.CancelledError):
            await self._sending
        await self._runner.cleanup()

    # What people do

    def person(
        self, name: str, *, username: str = "", is_bot: bool = False, language: str = ""
    ) -> Person:
        """Let somebody have an account."""
        return Person(next(self._ids), name, username, is_bot, language)

    def room(self, title: str, *, type: str = "supergroup", username: str = "") -> Room:  # noqa: A002
        """Open a group, a public one if it has a name."""
        return Room(-1_000_000_000_000 - next(self._ids), title, type, username)

    def write(
        self,
        text: str,
        *,
        sender: Person,
        chat: Room | None = None,
        entities: Iterable[Json] = (),
        is_caption: bool = False,
        **more: object,
    ) -> Json:
        """Write something that the bot is not told of; ``more`` are other fields of the message."""
        place = chat.to_json() if chat else sender.to_json() | {"type": "private"}
        given = list(entities)
        found = [entity for entity, _ in detect(text, given)]
        names = ("caption", "caption_entities") if is_caption else ("text", "entities")
        message: Json = {
            "date": int(self.queue.now()),
            "chat": place,
            "from": sender.to_json(),
            names[0]: text,
            names[1]: sorted(
                given + found, key=lambda entity: (entity["offset"], -entity["length"])
            ),
        } | more
        if is_caption and "document" not in message:
            message["photo"] = [
                {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 1}
            ]
        return self.chats.add(message)

    def send(self, text: str, *, sender: Person, kind: str = "message", **more: Any) -> int:
        """Write to the bot, as ``kind`` of update; ``more`` is as of ``write``.

        Returns the update's number.
        """
        return self.push({kind: self.write(text, sender=sender, **more)})

    def press(
        self, answer: Answer, label: str, *, sender: Person, is_gone: bool = False, **more: object
    ) -> int:
        """Press a button under an answer; of one that is gone Telegram tells the bot but little."""
        message = answer.json
        if is_gone:
            message = {"chat": message["chat"], "message_id": answer.message_id, "date": 0}
        query_id = str(next(self._ids))
        self._pressed.add(query_id)
        query = {
            "id": query_id,
            "from": sender.to_json(),
            "chat_instance": "1",
            "message": message,
            "data": answer.buttons.get(label, label),
        }
        return self.push({"callback_query": query | more})

    def forward(
        self, text: str, *, sender: Person, author: Person, chat: Room | None = None
    ) -> int:
        """Forward to the bot what somebody else wrote."""
        origin = {"type": "user", "date": int(self.queue.now()), "sender_user": author.to_json()}
        return self.send(text, sender=sender, chat=chat, forward_origin=origin)

    def seat(self, room: Room, user_id: int, status: str) -> None:
        """Say how somebody stands to a group; ``restricted, left`` is a status, too."""
        self.seats[room.id, user_id] = status

    def push(self, update: Json) -> int:
        """Queue an update as it is; returns the number it is given."""
        return self.queue.push(update)

    def block(self, person: Person) -> None:
        """Let somebody block the bot."""
        self.chats.closed[person.id] = "bot was blocked by the user"
        self._change_presence(person.to_json() | {"type": "private"}, "member", "kicked")

    def unblock(self, person: Person) -> None:
        """Let somebody talk with the bot again."""
        del self.chats.closed[person.id]
        self._change_presence(person.to_json() | {"type": "private"}, "kicked", "member")

    def remove_bot(self, room: Room) -> None:
        """Let a group remove the bot."""
        self.chats.closed[room.id] = "bot was kicked from the supergroup chat"
        self._change_presence(room.to_json(), "member", "left")

    def _change_presence(self, chat: Json, old: str, new: str) -> None:
        bot = self.bot.to_json()
        self.push(
            {
                "my_chat_member": {
                    "chat": chat,
                    "from": bot,
                    "date": int(self.queue.now()),
                    "old_chat_member": {"user": bot, "status": old, "until_date": 0},
                    "new_chat_member": {"user": bot, "status": new, "until_date": 0},
                }
            }
        )

    # What goes wrong

    def fail(self, method: str, *failures: Failure) -> None:
        """Let the next calls of a method fail, one after the other."""
        self._failures[method].extend(failures)

    # What the bot does

    async def next_answer(self, timeout_seconds: float = 5.0) -> Answer:
        """Wait for the next message that the bot writes or edits."""
        return await asyncio.wait_for(self.chats.written.get(), timeout_seconds)

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
        at = int(self.queue.now())
        methods: dict[str, Callable[[], object]] = {
            "getMe": lambda: self.bot.to_json() | {"can_join_groups": True},
            "sendMessage": lambda: self.chats.send(parameters, at),
            "editMessageText": lambda: self.chats.edit(parameters),
            "answerCallbackQuery": lambda: self._stop_waiting(parameters["callback_query_id"]),
            "setWebhook": lambda: self._set_webhook(parameters),
            "deleteWebhook": lambda: self._set_webhook(parameters | {"url": ""}),
            "getWebhookInfo": self.webhook.info,
            "getchatmember": lambda: self._tell_seat(parameters),
            "setMyCommands": lambda: self._set_commands(parameters),
        }
        if method == "getUpdates":
            return await self._get_updates(parameters)
        if method not in methods:
            raise Refusal(404, "Not Found")
        return methods[method]()

    def _tell_seat(self, parameters: dict[str, str]) -> Json:
        user_id = int(parameters["user_id"])
        seat = self.seats.get((int(parameters["chat_id"]), user_id))
        if seat is None:
            raise Refusal(400, "Bad Request: member not found")
        status, _, left = seat.partition(", ")
        told: Json = {"user": Person(user_id, "Somebody").to_json(), "status": status}
        return told | ({"is_member": not left} if status == "restricted" else {})

    def _set_commands(self, parameters: dict[str, str]) -> bool:
        scope = json.loads(parameters.get("scope", '{"type": "default"}'))["type"]
        self.menus[scope, parameters.get("language_code", "")] = {
            command["command"]: command["description"]
            for command in json.loads(parameters["commands"])
        }
        return True

    def _set_webhook(self, parameters: dict[str, str]) -> bool:
        url = parameters.get("url", "")
        if url and not url.startswith(("https://", "http://127.0.0.1:")):
            raise Refusal(
                400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
            )
        if parameters.get("drop_pending_updates") == "true":
            self.queue.drop()
        if "allowed_updates" in parameters:
            self.queue.allow(json.loads(parameters["allowed_updates"]))
        self.webhook.set(url, parameters.get("secret_token", ""))
        return True

    def _stop_waiting(self, query_id: str) -> bool:
        if query_id not in self._pressed:
            raise Refusal(
                400,
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
            )
        self.acknowledged.append(query_id)
        return True

    async def _get_updates(self, parameters: dict[str, str]) -> list[Json]:
        if self.webhook.url:
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
            raise Refusal(409, f"Conflict: terminated by {self._newest()}") from None

    def _newest(self) -> str:
        if self.webhook.url:
            return "setWebhook request"
        return "other getUpdates request; make sure that only one bot instance is running"


def _error(status: int, description: str, parameters: Mapping[str, object]) -> web.Response:
    answer: Json = {"ok": False, "error_code": status, "description": description}
    if parameters:
        answer["parameters"] = parameters
    return web.json_response(answer, status=status)

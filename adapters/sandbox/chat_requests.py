"""What people do on the page's chat: they type messages and press buttons."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from aiohttp import web

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from adapters.sandbox.chat import SandboxChat

_logger = logging.getLogger(__name__)

MESSAGE_CHARACTERS: Final = 100_000


class _Said(msgspec.Struct):
    persona: str
    text: str


class _Pressed(msgspec.Struct):
    persona: str
    message: str
    button: int


T = TypeVar("T", _Said, _Pressed)


class ChatRequests:
    """Takes what is done on the page.

    Args:
        chat: None when the sandbox runs alone.
    """

    def __init__(self, chat: SandboxChat | None) -> None:
        self._chat = chat

    def routes(self) -> list[web.RouteDef]:
        """Return the paths that the page posts to."""
        return [web.post("/chat/messages", self.say), web.post("/chat/presses", self.press)]

    async def say(self, request: web.Request) -> web.Response:
        """Take a message that was typed."""
        example = '{"persona": "maria", "text": "/b24help"}'
        chat, said = await self._read(request, _Said, f"A message looks like {example}.")
        if not said.text.strip():
            raise _refusal(web.HTTPBadRequest, "The message is empty.")
        if len(said.text) > MESSAGE_CHARACTERS:
            problem = f"The message is longer than {MESSAGE_CHARACTERS:,} characters."
            raise _refusal(web.HTTPBadRequest, problem)
        return await _answer(chat.say(said.persona, said.text), "message")

    async def press(self, request: web.Request) -> web.Response:
        """Take that a button was pressed."""
        example = '{"persona": "maria", "message": "4f1c…", "button": 0}'
        chat, pressed = await self._read(request, _Pressed, f"A press looks like {example}.")
        command = chat.find_command(pressed.message, pressed.button)
        if command is None:
            raise _refusal(web.HTTPNotFound, "That button is gone.")
        return await _answer(chat.press(pressed.persona, command, pressed.message), "press")

    async def _read(
        self, request: web.Request, kind: type[T], example: str
    ) -> tuple[SandboxChat, T]:
        if self._chat is None:
            raise _refusal(
                web.HTTPNotFound, "There is no chat here: the sandbox runs without a bridge."
            )
        if request.content_type != "application/json":
            raise _refusal(web.HTTPBadRequest, "A message must be sent as JSON.")
        try:
            done = msgspec.json.decode(await request.read(), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _refusal(web.HTTPBadRequest, example) from None
        if done.persona not in self._chat.personas:
            raise _refusal(web.HTTPBadRequest, "Nobody in this chat has that handle.")
        return self._chat, done


async def _answer(accepting: Awaitable[str], what: str) -> web.Response:
    try:
        event_id = await accepting
    except BridgeError as error:
        _logger.warning("a %s of the demo's chat was not accepted: %s", what, error)
        problem = f"The bridge could not take the {what}. Please try again."
        raise _refusal(web.HTTPServiceUnavailable, problem) from None
    return web.json_response({"id": event_id}, status=202)


def _refusal(kind: type[web.HTTPError], problem: str) -> web.HTTPError:
    return kind(text=json.dumps({"error": problem}), content_type="application/json")

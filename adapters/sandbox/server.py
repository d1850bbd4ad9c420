"""The sandbox over HTTP: the page, its events, the chat, and the portal's REST paths."""

from __future__ import annotations

import logging
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from adapters.sandbox import control, rest, token_endpoint
from adapters.sandbox.guard import add_security_headers, refuse_foreign
from adapters.sandbox.live import LiveEvents
from bridge.errors import BridgeError, ConfigError
from bridge.listening import ListenAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.sandbox.chat import SandboxChat
    from adapters.sandbox.portal import SandboxPortal

_logger = logging.getLogger(__name__)

MESSAGE_CHARACTERS = 100_000
_REQUEST_BYTES = 32 * 1024 * 1024
_STOP_SECONDS = 2.0
_PAGE = Path(__file__).with_name("page")
_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class _Said(msgspec.Struct):
    persona: str
    text: str


@asynccontextmanager
async def serve(
    listen: str, portal: SandboxPortal, chat: SandboxChat | None = None
) -> AsyncIterator[str]:
    """Serve a sandbox while the context lasts; yields the address it is reached at.

    Args:
        listen: ``host:port``; port 0 takes any that is free.
        portal: the portal to serve.
        chat: the chat beside the bells; without one the page shows the bells alone.

    Raises:
        ConfigError: ``listen`` is no such address, or cannot be listened on.
    """
    try:
        address = ListenAddress.parse(listen)
    except ValueError as error:
        raise ConfigError([f"{listen}: {error}"]) from None
    runner = web.AppRunner(
        _build_app(address.host, portal, chat), access_log=None, shutdown_timeout=_STOP_SECONDS
    )
    await runner.setup()
    try:
        await _listen(web.TCPSite(runner, address.host, address.port), listen)
        portal.address = address.url(runner.addresses[0][1])
        yield portal.address
    finally:
        await runner.cleanup()


async def _listen(site: web.TCPSite, listen: str) -> None:
    try:
        await site.start()
    except OSError as error:
        problem = (
            f"{listen} cannot be listened on ({os.strerror(error.errno or 0)}); "
            "choose another address with --listen"
        )
        raise ConfigError([problem]) from error


def _build_app(host: str, portal: SandboxPortal, chat: SandboxChat | None) -> web.Application:
    app = web.Application(middlewares=[refuse_foreign(host)], client_max_size=_REQUEST_BYTES)
    live = LiveEvents(portal, chat)
    app.add_routes(
        [
            web.get("/", _show_page),
            web.get("/static/{name}", _show_file),
            web.get("/sandbox/events", live.stream),
            web.post("/chat/messages", _ChatPost(chat).handle),
            *rest.routes(portal),
            *token_endpoint.routes(portal),
            *control.routes(portal),
        ]
    )
    app.on_response_prepare.append(add_security_headers)
    app.on_shutdown.append(live.close)
    return app


async def _show_page(_request: web.Request) -> web.StreamResponse:
    return _file("index.html")


async def _show_file(request: web.Request) -> web.StreamResponse:
    return _file(request.match_info["name"])


def _file(name: str) -> web.StreamResponse:
    path = _PAGE / name
    content_type = _CONTENT_TYPES.get(path.suffix)
    if path.parent != _PAGE or content_type is None or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(
        path, headers={"Content-Type": content_type, "Cache-Control": "no-cache"}
    )


class _ChatPost:
    """``POST /chat/messages``: somebody has typed a message on the page."""

    def __init__(self, chat: SandboxChat | None) -> None:
        self._chat = chat

    async def handle(self, request: web.Request) -> web.Response:
        if self._chat is None:
            return _refuse(404, "There is no chat here: the sandbox runs without a bridge.")
        if request.content_type != "application/json":
            return _refuse(400, "A message must be sent as JSON.")
        try:
            said = msgspec.json.decode(await request.read(), type=_Said)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _refuse(400, 'A message looks like {"persona": "maria", "text": "/b24help"}.')
        if problem := self._find_problem(self._chat, said):
            return _refuse(400, problem)
        try:
            event_id = await self._chat.say(said.persona, said.text)
        except BridgeError as error:
            _logger.warning("a message of the demo's chat was not accepted: %s", error)
            return _refuse(503, "The bridge could not take the message. Please try again.")
        return web.json_response({"id": event_id}, status=202)

    @staticmethod
    def _find_problem(chat: SandboxChat, said: _Said) -> str:
        if said.persona not in chat.personas:
            return "Nobody in this chat has that handle."
        if not said.text.strip():
            return "The message is empty."
        if len(said.text) > MESSAGE_CHARACTERS:
            return f"The message is longer than {MESSAGE_CHARACTERS:,} characters."
        return ""


def _refuse(status: int, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)

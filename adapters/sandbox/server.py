"""The sandbox over HTTP: the page, its events, the chat, and the portal's REST paths."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from adapters.sandbox import application, control, rest, token_endpoint
from adapters.sandbox.chat_requests import ChatRequests
from adapters.sandbox.guard import add_security_headers, refuse_foreign
from adapters.sandbox.live import LiveEvents
from bridge.errors import ConfigError
from bridge.listening import ListenAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.sandbox.chat import SandboxChat
    from adapters.sandbox.portal import SandboxPortal

_REQUEST_BYTES = 32 * 1024 * 1024
_STOP_SECONDS = 2.0
_PAGE = Path(__file__).with_name("page")
_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@asynccontextmanager
async def serve(
    listen: str, portal: SandboxPortal, chat: SandboxChat | None = None, *, install_url: str = ""
) -> AsyncIterator[str]:
    """Serve a sandbox while the context lasts; yields the address it is reached at.

    Args:
        listen: ``host:port``; port 0 takes any that is free.
        portal: the portal to serve.
        chat: the chat beside the bells; without one the page shows the bells alone.
        install_url: where a bridge's application takes its installation; empty without a bridge.

    Raises:
        ConfigError: ``listen`` is no such address, or cannot be listened on.
    """
    try:
        address = ListenAddress.parse(listen)
    except ValueError as error:
        raise ConfigError([f"{listen}: {error}"]) from None
    app = _build_app(address.host, portal, chat, install_url)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_SECONDS)
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


def _build_app(
    host: str, portal: SandboxPortal, chat: SandboxChat | None, install_url: str
) -> web.Application:
    app = web.Application(middlewares=[refuse_foreign(host)], client_max_size=_REQUEST_BYTES)
    live = LiveEvents(portal, chat)
    app.add_routes(
        [
            web.get("/", _show_page),
            web.get("/static/{name}", _show_file),
            web.get("/sandbox/events", live.stream),
            *ChatRequests(chat).routes(),
            *rest.routes(portal),
            *token_endpoint.routes(portal),
            *control.routes(portal),
            *application.routes(portal, install_url),
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

"""Answers those who watch over the bridge."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from bridge.errors import ConfigError
from bridge.listening import ListenAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@asynccontextmanager
async def serve(listen: str, is_ready: Callable[[], bool]) -> AsyncIterator[str]:
    """Serve ``/healthz`` (the process lives) and ``/readyz`` (all chats are connected).

    Args:
        listen: host and port; port 0 takes a free one.
        is_ready: whether the bridge does its work.

    Yields the address.

    Raises:
        ConfigError: it cannot listen there.
    """

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readiness(_: web.Request) -> web.Response:
        if is_ready():
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "connecting"}, status=503)

    address = ListenAddress.parse(listen)
    app = web.Application()
    app.add_routes([web.get("/healthz", health), web.get("/readyz", readiness)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _listen(web.TCPSite(runner, address.host, address.port), listen)
        yield address.url(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def _listen(site: web.TCPSite, listen: str) -> None:
    try:
        await site.start()
    except OSError as error:
        problem = (
            f"B24BRIDGE_HTTP_LISTEN: cannot listen on {listen} ({os.strerror(error.errno or 0)})"
        )
        raise ConfigError([problem]) from None

"""Answers those who watch over the bridge, and the portals that install its application."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from aiohttp import web

from adapters.web.install import PATH, InstallEndpoint
from bridge.errors import ConfigError
from bridge.listening import ListenAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from adapters.web.install import Installing
    from bridge.hooks import Hook

_REQUEST_BYTES: Final = 1024 * 1024


@asynccontextmanager
async def serve(
    listen: str,
    is_ready: Callable[[], bool],
    installing: Installing | None = None,
    hooks: Sequence[Hook] = (),
) -> AsyncIterator[str]:
    """Serve ``/healthz`` (the process lives) and ``/readyz`` (all chats are connected).

    With ``installing`` also ``/bitrix24/install``; without it, it is not there.

    Args:
        listen: host and port; port 0 takes a free one.
        is_ready: whether the bridge does its work.
        installing: connects the portals that install our application.
        hooks: take what platforms send.

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
    app = web.Application(client_max_size=_REQUEST_BYTES)
    app.add_routes([web.get("/healthz", health), web.get("/readyz", readiness)])
    if installing:
        app.add_routes([web.post(PATH, InstallEndpoint(installing).handle)])
    for hook in hooks:
        app.router.add_post(hook.path, partial(_receive, hook))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _listen(web.TCPSite(runner, address.host, address.port), listen)
        yield address.url(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def _receive(hook: Hook, request: web.Request) -> web.Response:
    headers = {name.lower(): value for name, value in request.headers.items()}
    answer = await hook.receive(headers, await request.read())
    return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))


async def _listen(site: web.TCPSite, listen: str) -> None:
    try:
        await site.start()
    except OSError as error:
        problem = (
            f"B24BRIDGE_HTTP_LISTEN: cannot listen on {listen} ({os.strerror(error.errno or 0)})"
        )
        raise ConfigError([problem]) from None

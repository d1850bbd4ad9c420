"""Answers those who watch over the bridge, platforms, and portals that install its application."""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from aiohttp import web

from adapters.web.install import PATH, InstallEndpoint
from bridge.errors import ConfigError, StorageError
from bridge.listening import ListenAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from adapters.web.install import Installing
    from adapters.web.watching import Watch
    from bridge.hooks import Hook

log = logging.getLogger(__name__)

_REQUEST_BYTES: Final = 1024 * 1024
_BODY_SECONDS: Final = 10
_STOP_SECONDS: Final = 2.0
"""How long, in the end, to wait for those who have not sent all of their request."""


def _build_silent_logger() -> logging.Logger:
    logger = logging.Logger("aiohttp.server", logging.CRITICAL)  # noqa: LOG001 - on purpose
    logger.disabled = True
    return logger


# For whoever sends nonsense, aiohttp writes it down, with a page of its own code.
_SILENT: Final = _build_silent_logger()


@asynccontextmanager
async def serve(
    listen: str,
    *,
    watch: Watch | None = None,
    installing: Installing | None = None,
    hooks: Sequence[Hook] = (),
) -> AsyncIterator[str]:
    """Serve ``/healthz`` (the process lives) and what else is given.

    Args:
        listen: host and port; port 0 takes a free one.
        watch: what ``/readyz`` and ``/metrics`` tell.
        installing: connects the portals that install our application: ``/bitrix24/install``.
        hooks: take what platforms send.

    Yields the address.

    Raises:
        ConfigError: it cannot listen there.
    """
    address = ListenAddress.parse(listen)
    app = web.Application(client_max_size=_REQUEST_BYTES, middlewares=[_note_faults])
    app.router.add_get("/healthz", _tell_health)
    if watch:
        app.router.add_get("/readyz", partial(_tell_readiness, watch))
        app.router.add_get("/metrics", partial(_tell_metrics, watch))
    if installing:
        app.router.add_post(PATH, InstallEndpoint(installing).handle)
    for hook in hooks:
        app.router.add_post(hook.path, partial(_receive, hook))
    runner = web.AppRunner(app, access_log=None, logger=_SILENT, shutdown_timeout=_STOP_SECONDS)
    await runner.setup()
    try:
        await _listen(web.TCPSite(runner, address.host, address.port), listen)
        yield address.url(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@web.middleware
async def _note_faults(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, there is an answer
        # Without the error's own words: they may repeat what was sent.
        place = "".join(traceback.format_tb(error.__traceback__))
        log.error("A request could not be answered (%s)\n%s", type(error).__name__, place)  # noqa: TRY400
        return web.Response(status=500)


async def _tell_health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _tell_readiness(watch: Watch, _: web.Request) -> web.Response:
    found = await watch.tell_readiness()
    told = {
        "status": found.status,
        "database": found.database,
        "portals": dict(found.portals),
        "chats": dict(found.chats),
    }
    return web.json_response(told, status=200 if found.status.accepts else 503)


async def _tell_metrics(watch: Watch, _: web.Request) -> web.Response:
    try:
        content_type, written = await watch.write_metrics()
    except StorageError as error:
        log.warning("Metrics could not be gathered: %s", error)
        return web.Response(status=503, text="The database cannot be read.\n")
    return web.Response(body=written, headers={"Content-Type": content_type})


async def _receive(hook: Hook, request: web.Request) -> web.Response:
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            body = await request.read()
    except TimeoutError:
        return web.Response(status=408)
    except (web.RequestPayloadError, OSError):
        return web.Response(status=400)
    answer = await hook.receive(headers, body)
    return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))


async def _listen(site: web.TCPSite, listen: str) -> None:
    try:
        await site.start()
    except OSError as error:
        problem = (
            f"B24BRIDGE_HTTP_LISTEN: cannot listen on {listen} ({os.strerror(error.errno or 0)})"
        )
        raise ConfigError([problem]) from None

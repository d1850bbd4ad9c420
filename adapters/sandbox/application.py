"""A bridge's application in the portal, installed and removed on demand.

The bridge is reached as a portal reaches it; see ``installing``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from adapters.sandbox.answering import json_response
from adapters.sandbox.installing import install, uninstall

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adapters.sandbox.portal import SandboxPortal

    Handler = Callable[[web.Request], Awaitable[web.Response]]

_ANSWER_SECONDS = 30


def routes(portal: SandboxPortal, install_url: str) -> list[web.RouteDef]:
    """Return the routes for an application; an empty address means that there is none."""
    control = ApplicationControl(portal, install_url)
    return [
        web.get("/sandbox/application", control.show),
        web.post("/sandbox/install", control.install),
        web.post("/sandbox/expire", control.expire),
        web.post("/sandbox/uninstall", control.uninstall),
    ]


class ApplicationControl:
    """Does with a bridge's application what its portal does.

    Args:
        portal: where it is installed.
        install_url: the address that the application has given for its installation.
    """

    def __init__(self, portal: SandboxPortal, install_url: str) -> None:
        self._portal = portal
        self._install_url = install_url

    async def show(self, _request: web.Request) -> web.Response:
        """Tell where the application is installed; an empty address if there is none."""
        return json_response({"install_url": self._install_url})

    async def install(self, _request: web.Request) -> web.Response:
        """Install the application: ``ONAPPINSTALL``, with new tokens."""
        return await self._tell(install)

    async def expire(self, _request: web.Request) -> web.Response:
        """Let all access tokens expire, so that they must be renewed."""
        self._portal.oauth.expire()
        return web.Response(status=204)

    async def uninstall(self, _request: web.Request) -> web.Response:
        """Remove the application: ``ONAPPUNINSTALL``; its tokens are worth nothing any more."""
        return await self._tell(uninstall)

    async def _tell(self, event: Callable[[SandboxPortal, str], Awaitable[int]]) -> web.Response:
        """Answer with the status that the bridge has answered with; 502 if it was not 200."""
        if not self._install_url:
            error = "There is no bridge: start the sandbox with --bridge and its address."
            return json_response({"error": error}, 404)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                status = await event(self._portal, self._install_url)
        except (aiohttp.ClientError, TimeoutError):
            return json_response({"error": "The bridge cannot be reached."}, 502)
        if status != 200:  # noqa: PLR2004
            return json_response({"error": f"The bridge has answered {status}."}, 502)
        return json_response({"status": status})

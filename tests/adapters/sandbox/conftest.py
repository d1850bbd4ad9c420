"""A portal, and a server that lets it be called over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from aiohttp import web

from adapters.sandbox import rest
from adapters.sandbox.portal import SandboxPortal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def portal() -> SandboxPortal:
    return SandboxPortal()


@pytest.fixture
async def address(portal: SandboxPortal) -> AsyncIterator[str]:
    """Where the portal is reached, without a slash at the end."""
    app = web.Application()
    app.add_routes(rest.routes(portal))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def webhook(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the owner's webhook: call ``webhook.post("scope")``."""
    async with httpx.AsyncClient(base_url=f"{address}/rest/1/sandbox-secret/") as client:
        yield client

"""The server of an application, which portals tell that it is installed and removed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Application:
    """Takes what portals send.

    Attributes:
        received: the fields of each form.
        status: what it answers.
    """

    def __init__(self) -> None:
        self.received: list[dict[str, str]] = []
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        """Take a form."""
        self.received.append({name: str(value) for name, value in (await request.post()).items()})
        return web.Response(status=self.status)


@asynccontextmanager
async def serve_application(application: Application) -> AsyncIterator[str]:
    """Serve an application; yields the address of its installation."""
    app = web.Application()
    app.add_routes([web.post("/bitrix24/install", application.take)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/bitrix24/install"
    finally:
        await runner.cleanup()

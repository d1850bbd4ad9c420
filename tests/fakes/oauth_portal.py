"""A portal with our application in it, and its authorization server: HTTP on this machine.

A refresh token is good once. An access token is good until ``expire``, or another one is given.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

if TYPE_CHECKING:
    from types import TracebackType

CLIENT_ID = "local.5f00aa.11223344"
CLIENT_SECRET = "cl1ent5ecret/with+signs"
MEMBER_ID = "a223c6b3710f85df22e9377d6c4f7553"


@dataclass
class OAuthPortal:
    """Answers every method with ``result`` to who has the access token of the moment.

    Attributes:
        exchanges: the refresh tokens that were exchanged.
        calls: the methods that were called with a good token.
        refusal: what the authorization server says instead of giving tokens.
        exchange_seconds: how long an exchange takes.
        is_open: calls with a good token wait for it.
    """

    member_id: str = MEMBER_ID
    result: Any = field(default_factory=lambda: {"ID": "1", "ADMIN": True})
    exchanges: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    refusal: str = ""
    status: int = 400
    exchange_seconds: float = 0.0
    refresh_token: str = "refresh-0"
    access_token: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        self.is_open = asyncio.Event()
        self.is_open.set()

    @property
    def server_endpoint(self) -> str:
        """What the portal tells as the authorization server's address."""
        return f"{self.url}/rest/"

    def expire(self) -> None:
        """End the access token."""
        self.access_token = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(
            [
                web.get("/oauth/token/", self._exchange),
                web.post("/rest/{method}.json", self._call),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _exchange(self, request: web.Request) -> web.Response:
        given = request.query
        self.tried.append(given["refresh_token"])
        await asyncio.sleep(self.exchange_seconds)
        if self.refusal:
            return _refuse(self.refusal, self.status)
        if (given["client_id"], given["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return _refuse("invalid_client", 400)
        if given["refresh_token"] != self.refresh_token:
            return _refuse("invalid_grant", 400)
        self.exchanges.append(self.refresh_token)
        number = len(self.exchanges)
        self.refresh_token, self.access_token = f"refresh-{number}", f"access-{number}"
        return web.json_response(
            {
                "access_token": self.access_token,
                "refresh_token": self.refresh_token,
                "client_endpoint": f"{self.url}/rest/",
                "server_endpoint": self.server_endpoint,
                "member_id": self.member_id,
                "expires_in": 3600,
                "user_id": 1,
            }
        )

    async def _call(self, request: web.Request) -> web.Response:
        parameters = await request.json()
        if not self.access_token or parameters.get("auth") != self.access_token:
            return _refuse("expired_token", 401)
        await self.is_open.wait()
        self.calls.append(request.match_info["method"])
        return web.json_response({"result": self.result})


def _refuse(code: str, status: int) -> web.Response:
    return web.json_response({"error": code, "error_description": "No."}, status=status)

"""The token endpoint, where applications renew their tokens.

Source: https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from adapters.sandbox.answering import break_off, json_response
from adapters.sandbox.errors import RestError
from adapters.sandbox.faults import Broken, carry_out
from adapters.sandbox.request_params import read_params

if TYPE_CHECKING:
    from adapters.sandbox.call import Params
    from adapters.sandbox.oauth import Grant
    from adapters.sandbox.portal import SandboxPortal

OAUTH_TOKEN = "oauth.token"  # noqa: S105 (the name that faults have for the endpoint)


def routes(portal: SandboxPortal) -> list[web.RouteDef]:
    """Return the routes of a portal's own authorization server."""
    endpoint = TokenEndpoint(portal)
    return [
        route
        for path in ("/oauth/token", "/oauth/token/")
        for route in (
            web.get(path, endpoint.answer, allow_head=False),
            web.post(path, endpoint.answer),
        )
    ]


class TokenEndpoint:
    """Gives tokens for a refresh token or an authorization code."""

    def __init__(self, portal: SandboxPortal) -> None:
        self._portal = portal

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer with a pair of tokens, or with ``error`` and ``error_description``.

        A fault of the method ``oauth.token`` befalls it; it is not counted by the bucket.
        """
        try:
            params = await read_params(request)
            fault = self._portal.faults.take(OAUTH_TOKEN, in_batch=True)
            return json_response(await carry_out(fault, lambda: self._renew(params)))
        except RestError as error:
            return json_response(error.tell(), error.status)
        except Broken as broken:
            return break_off(request, broken.fault)

    async def _renew(self, params: Params) -> dict[str, object]:
        names = ("grant_type", "client_id", "client_secret", "refresh_token", "code")
        asked = {name: params.text(name.upper()) for name in names}
        return describe(self._portal, self._portal.oauth.renew(asked))


def describe(portal: SandboxPortal, grant: Grant) -> dict[str, object]:
    """Return what an application is told with its tokens."""
    return {
        "access_token": grant.access_token,
        "client_endpoint": f"{portal.address}/rest/",
        "domain": portal.domain,
        "expires": int(grant.expires_at.timestamp()),
        "expires_in": int(grant.lifetime.total_seconds()),
        "member_id": portal.member_id,
        "refresh_token": grant.refresh_token,
        "scope": ",".join(sorted(grant.application.scope)),
        "server_endpoint": f"{portal.address}/rest/",
        "status": "L",
        "user_id": grant.application.user_id,
    }

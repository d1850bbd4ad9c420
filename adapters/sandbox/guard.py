"""Who may talk to the page: a browser that shows the page itself, and nobody through it.

A foreign site can make a visitor's browser send requests to loopback, with its own ``Origin``
(request forgery) or, through a name of its own that leads here, with its own ``Host`` (DNS
rebinding). Rebinding needs a name, so an address typed as numbers is always our own.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.typedefs import Middleware

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def refuse_foreign(listen_host: str) -> Middleware:
    """Refuse what a foreign site sends, with status 403.

    That goes for the REST paths, too: the secret in a sandbox's address is known to everybody.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if _is_own(request, listen_host):
            return await handler(request)
        return web.json_response({"error": "Requests from other sites are refused."}, status=403)

    return guard


async def add_security_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Forbid everything but the page's own files; an ``on_response_prepare`` signal."""
    response.headers.update(_SECURITY_HEADERS)


def _is_own(request: web.Request, listen_host: str) -> bool:
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return False
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        return False
    try:
        host = URL(f"http://{request.host}").host or ""
    except ValueError:
        return False
    return host in {"localhost", listen_host} or _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

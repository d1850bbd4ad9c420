"""Answers over HTTP, good and bad."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

if TYPE_CHECKING:
    from adapters.sandbox.faults import Fault


def json_response(body: object, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        charset="utf-8",
    )


def break_off(request: web.Request, fault: Fault) -> web.Response:
    """End a request as a fault wants it: with a page, or without an answer."""
    if fault.drops_connection and request.transport:
        request.transport.abort()
    return web.Response(text=fault.page, status=fault.status or 500, content_type="text/html")

"""What tests and people at the page may see and do that a real portal does not offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from adapters.sandbox.answering import json_response
from adapters.sandbox.faults import Fault

if TYPE_CHECKING:
    from adapters.sandbox.portal import SandboxPortal


def routes(portal: SandboxPortal) -> list[web.RouteDef]:
    """Return the routes that control a portal."""
    control = Control(portal)
    return [
        web.get("/sandbox/faults", control.list_faults),
        web.post("/sandbox/faults", control.add_fault),
        web.delete("/sandbox/faults", control.clear_faults),
        web.get("/sandbox/ledger", control.show_ledger),
    ]


class Control:
    """Lets things go wrong in a portal, and tells what it was asked and what it accepted."""

    def __init__(self, portal: SandboxPortal) -> None:
        self._portal = portal

    async def list_faults(self, _request: web.Request) -> web.Response:
        """Tell which faults are still to come."""
        return json_response({"faults": list(self._portal.faults)})

    async def add_fault(self, request: web.Request) -> web.Response:
        """Take a fault for calls to come: a JSON object with the fields of ``Fault``."""
        try:
            fault = msgspec.json.decode(await request.read(), type=Fault)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return json_response({"error": str(error)}, 400)
        self._portal.faults.append(fault)
        return json_response({"faults": list(self._portal.faults)}, 201)

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Let everything go well again."""
        self._portal.faults.clear()
        return web.Response(status=204)

    async def show_ledger(self, request: web.Request) -> web.Response:
        """Tell everything that was accepted, oldest first, and how often what was asked.

        With ``newest`` in the query only so many of the newest are told.
        """
        portal = self._portal
        newest = request.query.get("newest", "")
        first = max(0, len(portal.ledger) - int(newest)) if newest.isdecimal() else 0
        accepted = [
            {
                "id": one.id,
                "user_id": one.user_id,
                "message": one.message,
                "tag": one.tag,
                "sub_tag": one.sub_tag,
                "state": portal.bells.fate(one),
                "at": one.created_at,
            }
            for one in portal.ledger[first:]
        ]
        return json_response({"notifications": accepted, "counters": count(portal)})


def count(portal: SandboxPortal) -> dict[str, object]:
    """Return how often the portal was asked what."""
    return {
        "accepted": len(portal.ledger),
        "requests": portal.counters.requests,
        "refused": portal.counters.refused,
        "by_method": dict(portal.counters.by_method),
        "token_refreshes": portal.oauth.refreshes,
    }

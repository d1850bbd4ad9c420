"""The portal's REST interface over HTTP.

Source: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/general-principles.html
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from adapters.sandbox.errors import RestError
from adapters.sandbox.methods import call
from adapters.sandbox.operating import OperatingTime
from adapters.sandbox.request_params import read_params

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.sandbox.call import Params
    from adapters.sandbox.faults import Fault
    from adapters.sandbox.portal import SandboxPortal

_logger = logging.getLogger(__name__)


def routes(portal: SandboxPortal) -> list[web.RouteDef]:
    """Return the routes below ``/rest/`` through which a portal is called."""
    interface = RestInterface(portal)
    return [
        route
        for path in ("/rest/{user}/{code}/{method}", "/rest/{method}")
        for route in (
            web.get(path, interface.answer, allow_head=False),
            web.post(path, interface.answer),
        )
    ]


class RestInterface:
    """Answers requests with what the portal's methods return."""

    def __init__(self, portal: SandboxPortal) -> None:
        self._portal = portal
        self._operating = OperatingTime()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a call; every failure is JSON with ``error`` and ``error_description``."""
        try:
            return await self._answer(request)
        except RestError as error:
            return _refuse(error)
        except Exception:
            # The caller is told no more than a real portal would tell.
            _logger.exception("a REST call failed")
            return _refuse(RestError("INTERNAL_SERVER_ERROR"))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        started_at = self._portal.clock.now()
        params = await read_params(request)
        bucket = self._portal.bucket
        if bucket and not bucket.admit(request.remote or ""):
            raise RestError("QUERY_LIMIT_EXCEEDED")
        self._authorize(request, params)
        method = request.match_info["method"].removesuffix(".json").lower()
        fault = self._portal.faults.take(method)
        if fault is None:
            return self._carry_out(method, params, started_at)
        if fault.after_processing:
            response = self._carry_out(method, params, started_at)
            await asyncio.sleep(fault.latency_seconds)
            return _break(request, fault) if fault.breaks else response
        await asyncio.sleep(fault.latency_seconds)
        if fault.breaks:
            return _break(request, fault)
        return self._carry_out(method, params, started_at)

    def _authorize(self, request: web.Request, params: Params) -> None:
        if params.get("SESSID") or "PHPSESSID" in request.cookies:
            raise RestError("WRONG_AUTH_TYPE")
        given = f"{request.match_info.get('user')}/{request.match_info.get('code')}"
        right = f"{self._portal.owner_id}/{self._portal.webhook_code}"
        if not hmac.compare_digest(given.encode(errors="replace"), right.encode()):
            raise RestError("NO_AUTH_FOUND")

    def _carry_out(self, method: str, params: Params, started_at: datetime) -> web.Response:
        called_at = self._portal.clock.now()
        try:
            answer = call(self._portal, method, params)
        except RestError as error:
            return _refuse(error)
        finished_at = self._portal.clock.now()
        operating = self._operating.add(method, called_at, finished_at)
        body: dict[str, object] = {"result": answer.result}
        if answer.next is not None:
            body["next"] = answer.next
        if answer.total is not None:
            body["total"] = answer.total
        body["time"] = {
            "start": started_at.timestamp(),
            "finish": finished_at.timestamp(),
            "duration": (finished_at - started_at).total_seconds(),
            "processing": (finished_at - called_at).total_seconds(),
            "date_start": started_at.isoformat(timespec="seconds"),
            "date_finish": finished_at.isoformat(timespec="seconds"),
            "operating_reset_at": operating.reset_at,
            "operating": operating.seconds,
        }
        return _json(body)


def _json(body: dict[str, object], status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        charset="utf-8",
    )


def _refuse(error: RestError) -> web.Response:
    return _json({"error": error.code, "error_description": error.description}, error.status)


def _break(request: web.Request, fault: Fault) -> web.Response:
    if fault.drops_connection and request.transport:
        request.transport.abort()
    if fault.page:
        return web.Response(text=fault.page, status=fault.status or 500, content_type="text/html")
    return _refuse(RestError(fault.code, status=fault.status))

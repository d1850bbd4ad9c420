"""The portal's REST interface over HTTP.

Source: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/general-principles.html
"""

from __future__ import annotations

import hmac
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from adapters.sandbox.answering import break_off, json_response
from adapters.sandbox.batch import BATCH, Batch
from adapters.sandbox.call import Caller
from adapters.sandbox.errors import TOO_MANY, RestError
from adapters.sandbox.execution import Executor
from adapters.sandbox.faults import Broken, carry_out
from adapters.sandbox.request_params import read_params
from adapters.sandbox.timing import Stopwatch

if TYPE_CHECKING:
    from adapters.sandbox.call import Params
    from adapters.sandbox.portal import SandboxPortal

_logger = logging.getLogger(__name__)


def routes(portal: SandboxPortal) -> list[web.RouteDef]:
    """Return the routes below ``/rest/`` through which a portal is called."""
    interface = RestInterface(portal)
    return [
        route
        for path in ("/rest/{user}/{code}/{method}{end:/?}", "/rest/{method}{end:/?}")
        for route in (
            web.get(path, interface.answer, allow_head=False),
            web.post(path, interface.answer),
        )
    ]


class RestInterface:
    """Answers requests with what the portal's methods return."""

    def __init__(self, portal: SandboxPortal) -> None:
        self._portal = portal

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a call; every failure is JSON with ``error`` and ``error_description``."""
        if new_address := self._portal.find_new_address(request.host):
            return web.Response(
                status=302,
                headers={"Location": new_address + request.path_qs},
                text="<h1>302 Found</h1>",
                content_type="text/html",
            )
        try:
            return json_response(await self._answer(request))
        except RestError as error:
            self._portal.counters.note(error)
            return json_response(error.tell(), error.status)
        except Broken as broken:
            return break_off(request, broken.fault)
        except Exception:
            # The caller is told no more than a real portal would tell.
            _logger.exception("a REST call failed")
            failure = RestError("INTERNAL_SERVER_ERROR")
            return json_response(failure.tell(), failure.status)

    async def _answer(self, request: web.Request) -> dict[str, object]:
        watch = Stopwatch(self._portal.clock)
        params = await read_params(request)
        method = request.match_info["method"].removesuffix(".json").lower()
        if method != BATCH:
            self._portal.counters.by_method[method] += 1
        self._admit(request.remote or "")
        caller = self._identify(request, params)
        fault = self._portal.faults.take(method)
        executor = Executor(self._portal, caller)
        await executor.receive()
        work = _batch if method == BATCH else _call
        return await carry_out(fault, lambda: work(executor, method, params, watch))

    def _admit(self, address: str) -> None:
        self._portal.counters.requests += 1
        bucket = self._portal.bucket
        if bucket and not bucket.admit(address):
            raise RestError(TOO_MANY)

    def _identify(self, request: web.Request, params: Params) -> Caller:
        if params.get("SESSID") or "PHPSESSID" in request.cookies:
            raise RestError("WRONG_AUTH_TYPE")
        if "code" not in request.match_info:
            return self._portal.oauth.find_caller(_token(request, params))
        given = f"{request.match_info['user']}/{request.match_info['code']}"
        right = f"{self._portal.owner_id}/{self._portal.webhook_code}"
        if not hmac.compare_digest(given.encode(errors="replace"), right.encode()):
            raise RestError("NO_AUTH_FOUND")
        return Caller(self._portal.owner_id, self._portal.scope)


def _token(request: web.Request, params: Params) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else params.text("AUTH")


async def _call(
    executor: Executor, method: str, params: Params, watch: Stopwatch
) -> dict[str, object]:
    executed = await executor.call(method, params, watch)
    answer = executed.answer
    body: dict[str, object] = {"result": answer.result}
    if answer.next is not None:
        body["next"] = answer.next
    if answer.total is not None:
        body["total"] = answer.total
    return body | {"time": executed.time}


async def _batch(
    executor: Executor, _method: str, params: Params, watch: Stopwatch
) -> dict[str, object]:
    watch.begin()
    result = await Batch(executor).run(params)
    # Each call is timed for itself, the batch is not.
    return {"result": result, "time": watch.end()}

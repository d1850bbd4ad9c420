"""A portal whose answers are written in advance: a real HTTP server on this machine.

It knows nothing about Bitrix24 but the shape of its answers; it breaks connections as told.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

SECRET = "w3bh00kc0de5ecret"
FINISH = 1760000000.1


@dataclass(frozen=True)
class Reply:
    """Answer with these bytes."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0


@dataclass(frozen=True)
class Drop:
    """Reset the connection, before or after the body of the request was read."""

    is_read: bool = True


@dataclass(frozen=True)
class Half:
    """Promise a whole body, send this part of it and close the connection."""

    body: bytes


@dataclass(frozen=True)
class Drip:
    """Send a byte every so often, without an end."""

    every_seconds: float = 0.02


@dataclass(frozen=True)
class Stall:
    """Say nothing until the server closes."""


@dataclass(frozen=True)
class Each:
    """Answer the calls of a batch in order; the nth was done 10 n seconds after ``FINISH``."""

    results: Sequence[object]

    def answer(self, received: Received) -> Reply:
        """Return the answer to a batch. PHP's empty map is a list."""
        results = dict(zip(received.parameters["cmd"], self.results, strict=True))
        times = {key: {"finish": FINISH + 10 * number} for number, key in enumerate(results)}
        return returned({"result": results, "result_error": [], "result_time": times})


@dataclass(frozen=True)
class Failing:
    """Refuse these calls of a batch, by their places, and grant the others."""

    codes: Mapping[int, str]

    def answer(self, received: Received) -> Reply:
        """Return the answer to a batch."""
        keys = list(received.parameters["cmd"])
        errors = {
            keys[place]: {"error": code, "error_description": "No"}
            for place, code in self.codes.items()
        }
        results = {key: number for number, key in enumerate(keys, 1) if key not in errors}
        return returned({"result": results or [], "result_error": errors})


Step = Reply | Drop | Half | Drip | Stall | Each | Failing


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def method(self) -> str:
        """The REST method called."""
        return self.path.rpartition("/")[2].removesuffix(".json")

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON object in the body."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded


def returned(result: object, **fields: object) -> Reply:
    """A method was carried out; ``fields`` stand beside the result."""
    times = {"start": FINISH - 0.1, "finish": FINISH, "operating": 0}
    return Reply(json.dumps({"result": result, "time": times, **fields}).encode())


def refused(code: str, status: int = 400, description: str = "No", **headers: str) -> Reply:
    """A method was refused with an error code."""
    body = json.dumps({"error": code, "error_description": description}).encode()
    return Reply(body, status, {name.replace("_", "-"): text for name, text in headers.items()})


def html(status: int) -> Reply:
    """A page for people stands where an answer should be."""
    page = b"<html><h1>Something went wrong</h1></html>"
    return Reply(page, status, {"Content-Type": "text/html"})


def moved(location: str, status: int = 302) -> Reply:
    """The portal sends the caller elsewhere."""
    return Reply(b"", status, {"Location": location})


class PortalServer:
    """Plays the scripted steps, one a request; then every call is granted: the next numbers.

    Attributes:
        received: the requests whose body was read, in order.
        callers: the client's end of every connection.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.callers: set[tuple[str, int]] = set()
        self._steps: deque[Step] = deque()
        self._ids = 0
        self._is_closing = asyncio.Event()
        self._address = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._address = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_closing.set()
        await self._runner.cleanup()

    @property
    def webhook(self) -> str:
        """The address to call the portal at, with its secret."""
        return f"{self._address}/rest/1/{SECRET}/"

    def script(self, *steps: Step) -> None:
        """Play these steps next, one a request."""
        self._steps.extend(steps)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            self.callers.add(request.transport.get_extra_info("peername")[:2])
        step = self._steps.popleft() if self._steps else None
        if step == Drop(is_read=False):
            return _dropped(request)
        received = Received(request.path, dict(request.headers), await request.read())
        self.received.append(received)
        if isinstance(step, Each | Failing):
            step = step.answer(received)
        match step or self._yes_to(received):
            case Reply() as step:
                await asyncio.sleep(step.delay_seconds)
                return web.Response(body=step.body, status=step.status, headers=step.headers)
            case Drop():
                return _dropped(request)
            case Half() as step:
                return await _half(request, step)
            case Drip() as step:
                return await self._drip(request, step)
            case Stall():
                await self._is_closing.wait()
                return web.Response()

    def _yes_to(self, received: Received) -> Reply:
        calls = len(received.parameters["cmd"]) if received.method == "batch" else 1
        self._ids += calls
        ids = range(self._ids - calls + 1, self._ids + 1)
        return Each(ids).answer(received) if received.method == "batch" else returned(ids[0])

    async def _drip(self, request: web.Request, step: Drip) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport is not None and not self._is_closing.is_set():
            await response.write(b" ")
            await asyncio.sleep(step.every_seconds)
        return response


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _half(request: web.Request, step: Half) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = 2 * len(step.body)
    await response.prepare(request)
    await response.write(step.body)
    if request.transport is not None:
        request.transport.close()
    return response

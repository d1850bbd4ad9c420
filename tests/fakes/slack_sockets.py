"""The WebSockets of Socket Mode.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMsgType, web

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Json = dict[str, Any]


@dataclass(frozen=True)
class Trouble:
    """An answer that is none: of the Web API, of a ``response_url`` or of the WebSocket."""

    code: str = ""
    status: int = 200
    retry_after: int | None = None


@dataclass(eq=False)
class _Socket:
    socket: web.WebSocketResponse
    transport: asyncio.Transport
    is_leaving: bool = False
    is_silent: bool = False


class SlackSockets:
    """The connections of one app.

    Args:
        ping_seconds: how often they are pinged; None for never.

    Attributes:
        choose: says on which of several connections something is sent, the oldest first: Slack may
            take any of them.
    """

    def __init__(self, ping_seconds: float | None) -> None:
        self.calls: Counter[str] = Counter()
        self.complaints: list[str] = []
        self.troubles: defaultdict[str, deque[Trouble]] = defaultdict(deque)
        self.root = ""
        self.choose: Callable[[Sequence[_Socket]], _Socket] = _newest
        self.numbers = itertools.count(1)
        self._ping_seconds = ping_seconds
        self._tickets: set[str] = set()
        self._sockets: list[_Socket] = []
        self._changed = asyncio.Condition()
        self._acks: dict[str, asyncio.Future[Json]] = {}

    @property
    def open_sockets(self) -> int:
        """How many connections stand and have not been told to leave."""
        return sum(not socket.is_leaving for socket in self._sockets)

    async def until_connected(
        self,
        count: int = 1,
        timeout: float = 5,  # noqa: ASYNC109
    ) -> None:
        """Wait until so many connections have been opened in all."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: self.calls["hello"] >= count)

    async def until_sockets(self, count: int, timeout: float = 5) -> None:  # noqa: ASYNC109
        """Wait until so many connections stand."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: len(self._sockets) == count)

    async def say(self, frame: str) -> None:
        """Send a text as it is on all connections."""
        for socket in tuple(self._sockets):
            await socket.socket.send_str(frame)

    async def announce_end(self, reason: str = "refresh_requested") -> None:
        """Tell all connections that they end; ``drop`` ends them."""
        for socket in tuple(self._sockets):
            socket.is_leaving = True
            await socket.socket.send_json({"type": "disconnect", "reason": reason})

    async def drop(self, *, leaving: bool = False) -> None:
        """Cut connections off: all, or only those that have been told to leave."""
        for socket in tuple(self._sockets):
            if socket.is_leaving or not leaving:
                await socket.socket.close(code=WSCloseCode.GOING_AWAY)

    def fall_silent(self, *, dead: bool = False) -> None:
        """Say nothing more on today's connections; dead ones do not even answer a ping."""
        for socket in self._sockets:
            socket.is_silent = True
            if dead:
                socket.transport.pause_reading()

    async def send_envelope(self, kind: str, payload: Json) -> Json:
        """Send an envelope on one connection and wait for what it is acknowledged with."""
        envelope_id = f"E{next(self.numbers)}"
        self._acks[envelope_id] = asyncio.get_running_loop().create_future()
        await self._send(
            {
                "envelope_id": envelope_id,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": True,
            }
        )
        acknowledged: Json = (await self._acks[envelope_id]).get("payload") or {}
        return acknowledged

    async def close_sockets(self) -> None:
        """Cut all connections off."""
        for socket in tuple(self._sockets):
            await socket.socket.close(code=WSCloseCode.GOING_AWAY)

    def sell_ticket(self) -> str:
        """Sell the address of a connection."""
        ticket = f"ticket-{next(self.numbers)}"
        self._tickets.add(ticket)
        return f"{self.root.replace('http', 'ws', 1)}/link?ticket={ticket}"

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """Open a connection for a ticket, and keep it."""
        self.calls["link"] += 1
        ticket = request.query.get("ticket", "")
        if self.troubles["link"]:
            return web.Response(status=self.troubles["link"].popleft().status)
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        response = web.WebSocketResponse(timeout=0.5, autoping=False)
        await response.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        await self._converse(_Socket(response, request.transport))
        return response

    async def _converse(self, socket: _Socket) -> None:
        pinging = asyncio.create_task(self._ping(socket))
        try:
            await socket.socket.send_json({"type": "hello", "num_connections": 1})
            await self._admit(socket)
            async for message in socket.socket:
                match message.type:
                    case WSMsgType.TEXT:
                        self._take_ack(json.loads(message.data))
                    case WSMsgType.PING:
                        await socket.socket.pong(message.data)
                    case WSMsgType.PONG:
                        self.calls["pong"] += 1
        finally:
            pinging.cancel()
            async with self._changed:
                self._sockets.remove(socket)
                self._changed.notify_all()

    async def _admit(self, socket: _Socket) -> None:
        async with self._changed:
            self._sockets.append(socket)
            self.calls["hello"] += 1
            self._changed.notify_all()

    def _take_ack(self, ack: Json) -> None:
        waiting = self._acks.get(ack.get("envelope_id", ""))
        if waiting is None or waiting.done():
            self.complaints.append("an acknowledgement that nobody waits for")
        else:
            waiting.set_result(ack)

    async def _ping(self, socket: _Socket) -> None:
        while self._ping_seconds is not None:
            await asyncio.sleep(self._ping_seconds)
            if not socket.is_silent:
                self.calls["ping"] += 1
                await socket.socket.ping(b"Ping from applink")

    async def _send(self, envelope: Json) -> None:
        def can_take(socket: _Socket) -> bool:
            return not (socket.is_leaving or socket.is_silent)

        async with self._changed:
            await self._changed.wait_for(lambda: any(map(can_take, self._sockets)))
            socket = self.choose([*filter(can_take, self._sockets)])
        await socket.socket.send_json(envelope)


def _newest(sockets: Sequence[_Socket]) -> _Socket:
    return sockets[-1]

"""One WebSocket of Socket Mode.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from aiohttp import WSMsgType
from msgspec import Struct
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.clients import SILENT
from bridge.delivery.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import ClientWebSocketResponse, WSMessage

logger = logging.getLogger(__name__)


class Pace(Struct, frozen=True, kw_only=True):
    """How patient to be with Slack, all in seconds.

    Attributes:
        connect_seconds: for a WebSocket to open.
        heartbeat_seconds: between our own pings; half of it for the pong.
        silence_seconds: without a word of Slack's own, which pings about twice a minute.
        parting_seconds: to go on listening after Slack has announced the end of a connection.
        close_seconds: for the other side to say good-bye.
        finish_seconds: for commands under way to be stored and acknowledged at the end.
        pauses: before trying again.
    """

    connect_seconds: float = 10
    heartbeat_seconds: float = 10
    silence_seconds: float = 60
    parting_seconds: float = 30
    close_seconds: float = 2
    finish_seconds: float = 10
    pauses: Policy = Policy(first_seconds=0.5, longest_seconds=30)


class Connection(AsyncBaseSocketModeClient):
    """A WebSocket from its first frame to its last; it never reconnects.

    slack_sdk's own client does, in ways that lose commands: it throws away what arrives while it
    closes the old connection, and tries a one-time ticket again for ever.

    Args:
        socket: just opened.
        handle: deals with an envelope and acknowledges it by ``send_socket_mode_response``.
        pace: how long to wait for what.
        is_greeted: to be set when Slack says hello.

    Attributes:
        needs_successor: set when this connection is about to end, or has ended.
    """

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        handle: Callable[[Connection, SocketModeRequest], Awaitable[None]],
        pace: Pace,
        is_greeted: asyncio.Event,
    ) -> None:
        self.logger = SILENT
        self.needs_successor = asyncio.Event()
        self._socket = socket
        self._handle = handle
        self._pace = pace
        self._is_greeted = is_greeted
        self._under_way: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._ends_at = float("inf")

    async def listen(self) -> None:
        """Take envelopes until Slack ends the connection or falls silent."""
        heard_at = self._loop.time()
        try:
            while message := await self._receive(heard_at):
                if message.type is WSMsgType.PONG:
                    continue  # Says that the network is alive, not that Slack is.
                heard_at = self._loop.time()
                if message.type is WSMsgType.PING:
                    await self._socket.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    self._take(message.data)
        except ConnectionError as error:
            logger.info("A connection to Slack broke (%s)", type(error).__name__)
        finally:
            self.needs_successor.set()

    async def close(self) -> None:
        """Finish what is under way, then close; may be called again."""
        if self._under_way:
            _, unfinished = await asyncio.wait(self._under_way, timeout=self._pace.finish_seconds)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        await self._socket.close()

    async def send_message(self, message: str) -> None:
        """Send a frame, as slack_bolt does to acknowledge.

        Raises:
            ConnectionError: the connection has ended.
        """
        await self._socket.send_str(message)

    async def _receive(self, heard_at: float) -> WSMessage | None:
        ends_at = min(heard_at + self._pace.silence_seconds, self._ends_at)
        try:
            message = await self._socket.receive(max(ends_at - self._loop.time(), 0.001))
        except TimeoutError:
            if ends_at != self._ends_at:
                logger.warning("Slack has been silent for too long: connecting anew")
            return None
        is_frame = message.type in {WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG}
        return message if is_frame or message.type is WSMsgType.BINARY else None

    def _take(self, frame: str) -> None:
        try:
            envelope = json.loads(frame)
            request = SocketModeRequest.from_dict(envelope)
        except (ValueError, TypeError):
            logger.warning("Slack sent a frame that is no envelope")
            return
        match envelope:
            case {"type": "hello"}:
                logger.info("Connected to Slack")
                self._is_greeted.set()
            case {"type": "disconnect"}:
                self._ends_at = self._loop.time() + self._pace.parting_seconds
                self.needs_successor.set()
            case _ if request is not None:
                task = asyncio.create_task(self._answer(request))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def _answer(self, request: SocketModeRequest) -> None:
        try:
            await self._handle(self, request)
        except ConnectionError:
            # It is stored and will be answered; Slack shows the person a time-out.
            logger.warning("A command could not be acknowledged: the connection had ended")

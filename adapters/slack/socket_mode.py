"""Staying connected to Slack.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

from __future__ import annotations

import asyncio
import logging
import random
from math import inf
from typing import TYPE_CHECKING, Final, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.slack.connection import Connection, Pace
from adapters.slack.errors import APP_GONE, BAD_TOKEN, FOREIGN_ERRORS, RATE_LIMITED, read_error
from bridge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from slack_sdk.socket_mode.request import SocketModeRequest
    from slack_sdk.web.async_client import AsyncWebClient

logger = logging.getLogger(__name__)

BOT_TOKEN = "B24BRIDGE_SLACK_BOT_TOKEN"  # noqa: S105 - the names of the settings, for messages
APP_TOKEN = "B24BRIDGE_SLACK_APP_TOKEN"  # noqa: S105
_COMPLAIN_EVERY_SECONDS: Final = 3600.0

_T = TypeVar("_T")


class TokenRevoked(ConfigError):
    """Slack has accepted the token once and taken it back, and may accept it again."""


class SocketMode:
    """Keeps a WebSocket to Slack open, and two while one takes over from the other.

    Args:
        client: the Web API, which sells tickets.
        app_token: the app-level token.
        handle: deals with an envelope and acknowledges it.
        pace: how long to wait for what.
        is_ready: to be set when Slack says hello, and unset while no connection is open.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        app_token: str,
        handle: Callable[[Connection, SocketModeRequest], Awaitable[None]],
        pace: Pace,
        is_ready: asyncio.Event,
    ) -> None:
        self._is_ready = is_ready
        self._client = client
        self._app_token = app_token
        self._handle = handle
        self._pace = pace
        self._listening: dict[asyncio.Task[None], Connection] = {}

    async def run(self) -> None:
        """Stay connected until cancelled; then store and acknowledge what is under way.

        The app-level token has been proved before: its refusal is waited out.
        """
        async with aiohttp.ClientSession() as session:
            try:
                await self._keep_connected(session)
            finally:
                await self._end()

    async def open_ticket(self) -> str:
        """Ask for the address of a WebSocket, which is good for one connection.

        Raises:
            FOREIGN_ERRORS: there is none.
        """
        response = await self._client.apps_connections_open(app_token=self._app_token)
        return str(response["url"])

    async def _keep_connected(self, session: aiohttp.ClientSession) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            connection = await insist(
                lambda: self._connect(session), APP_TOKEN, self._pace, was_accepted=True
            )
            connected_at = loop.time()
            task = asyncio.create_task(self._serve(connection))
            self._listening[task] = connection
            task.add_done_callback(self._forget)
            await connection.needs_successor.wait()
            logger.info("A connection to Slack ends, the next one is opened")
            was_brief = loop.time() - connected_at < self._pace.pauses.longest_seconds
            failures = failures + 1 if was_brief else 0
            if failures:
                await asyncio.sleep(_draw_pause(failures, self._pace))

    async def _connect(self, session: aiohttp.ClientSession) -> Connection:
        ticket = await self.open_ticket()
        async with asyncio.timeout(self._pace.connect_seconds):
            socket = await session.ws_connect(
                ticket,
                autoping=False,
                heartbeat=self._pace.heartbeat_seconds,
                proxy=self._client.proxy,
                timeout=aiohttp.ClientWSTimeout(ws_close=self._pace.close_seconds),
            )
        return Connection(socket, self._handle, self._pace, self._is_ready)

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self._listening[task]
        if not self._listening:
            self._is_ready.clear()

    @staticmethod
    async def _serve(connection: Connection) -> None:
        try:
            await connection.listen()
        finally:
            await connection.close()

    async def _end(self) -> None:
        connections = list(self._listening.values())
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        # One that was closing already has been disturbed in it.
        await asyncio.gather(*(connection.close() for connection in connections))


async def insist(
    ask: Callable[[], Awaitable[_T]], setting: str, pace: Pace, *, was_accepted: bool = False
) -> _T:
    """Ask Slack until it answers, however long that takes.

    Args:
        ask: asks once.
        setting: where the token comes from.
        pace: how long to wait in between.
        was_accepted: whether Slack has taken this token before. Then a refusal is waited out, too:
            commands come again as soon as it is over, without anybody starting the bridge anew.

    Raises:
        TokenRevoked: Slack does not accept the token any more.
        ConfigError: Slack does not accept the token, and never did.
    """
    loop = asyncio.get_running_loop()
    complained_at = -inf
    failures = 0
    while True:
        try:
            return await ask()
        except FOREIGN_ERRORS as error:
            trouble = read_error(error)
            is_refused = isinstance(error, SlackApiError) and trouble.code in BAD_TOKEN
        problem = f"{setting}: Slack does not accept it ({trouble.code})"
        if is_refused and not was_accepted:
            raise (TokenRevoked if trouble.code in APP_GONE else ConfigError)([problem])
        failures += 1
        pause = _draw_pause(failures, pace)
        if trouble.code == RATE_LIMITED:
            pause = max(pause, trouble.retry_after_seconds or 0)
        if not is_refused:
            logger.warning("Slack cannot be reached (%s), next try in %.0f s", trouble.code, pause)
        elif loop.time() - complained_at >= _COMPLAIN_EVERY_SECONDS:
            logger.error("%s; no commands come, I keep trying", problem)
            complained_at = loop.time()
        await asyncio.sleep(pause)


def _draw_pause(failures: int, pace: Pace) -> float:
    return pace.pauses.pause_seconds(failures, random.random())  # noqa: S311 - guards nothing

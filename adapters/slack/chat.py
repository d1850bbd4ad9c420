"""Slack, as the core sees it."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import traceback
from typing import TYPE_CHECKING, Any

from slack_bolt.adapter.socket_mode.async_internals import (
    run_async_bolt_app,
    send_async_response,
)
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from adapters.slack.answering import give_answer
from adapters.slack.clients import SILENT, build_web_client
from adapters.slack.connection import Pace
from adapters.slack.inbound import read_command
from adapters.slack.members import SlackMembers
from adapters.slack.notices import Notices
from adapters.slack.outbound import render
from adapters.slack.socket_mode import APP_TOKEN, BOT_TOKEN, SocketMode, insist
from bridge.errors import ConfigError
from bridge.replies.texts import Say, say
from bridge.replies.words import Words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from slack_bolt.context.ack.async_ack import AsyncAck
    from slack_sdk.socket_mode.request import SocketModeRequest

    from adapters.slack.connection import Connection
    from bridge.hooks import Hook
    from bridge.incoming import Incoming
    from bridge.markup.nodes import Document
    from bridge.ports import Clock, Members
    from bridge.replies.button import Button

logger = logging.getLogger(__name__)

_COMMANDS = re.compile(r"/b24\w+")
_DEFAULT_PACE = Pace()


class SlackChat:
    """The ``Chat`` of Slack, for one workspace's bot, by Socket Mode.

    Args:
        bot_token: begins with ``xoxb-``.
        app_token: begins with ``xapp-``; has the scope ``connections:write``.
        api_url: where the Web API is.
        clock: tells when a command came.
        signing_secret: proves requests over HTTP; Socket Mode needs none.

    Attributes:
        ready: set when the first connection stands and commands can come.
    """

    def __init__(
        self, bot_token: str, app_token: str, api_url: str, clock: Clock, signing_secret: str = ""
    ) -> None:
        self.ready = asyncio.Event()
        self.hooks: Sequence[Hook] = ()
        self._client = build_web_client(bot_token, api_url)
        self.members: Members | None = SlackMembers(self._client, clock, Notices())
        self._app_token = app_token
        self._clock = clock
        self._signing_secret = signing_secret

    async def run(
        self, accept: Callable[[Incoming], Awaitable[object]], pace: Pace = _DEFAULT_PACE
    ) -> None:
        """Take commands until cancelled; those under way are finished first.

        Args:
            accept: stores a command and returns when that is committed. Only then it is
                acknowledged; if it raises, the person is told to type the command again.
            pace: how patient to be with Slack.

        Raises:
            ConfigError: Slack does not accept a token at the start. Troubles of the network, and a
                token that is refused later, are waited out.
        """
        app = self._build_app(accept)

        async def handle(connection: Connection, request: SocketModeRequest) -> None:
            response = await run_async_bolt_app(app, request)
            await send_async_response(connection, request, response, time.time())

        socket_mode = SocketMode(self._client, self._app_token, handle, pace, self.ready)
        await self._prove_tokens(socket_mode, pace)
        await socket_mode.run()

    async def answer(
        self,
        answer_to: dict[str, str | int],
        answer: Document,
        *,
        buttons: Sequence[Button] = (),  # noqa: ARG002
        replaces: str = "",
    ) -> str:
        """Answer a command, for the person's eyes alone; see ``Chat.answer``.

        Needs no ``run``, so that commands of an earlier process can be answered, too.
        """
        return await give_answer(self._client, answer_to, render(answer), replaces=replaces)

    async def _prove_tokens(self, socket_mode: SocketMode, pace: Pace) -> None:
        problems: list[str] = []
        for setting, ask in (
            (BOT_TOKEN, self._client.auth_test),
            (APP_TOKEN, socket_mode.open_ticket),
        ):
            try:
                await insist(ask, setting, pace)
            except ConfigError as error:
                problems += error.problems
        if problems:
            raise ConfigError(problems)

    def _build_app(self, accept: Callable[[Incoming], Awaitable[object]]) -> AsyncApp:
        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            # Left to itself, Bolt asks Slack whose token this is.
            return AuthorizeResult(
                enterprise_id=enterprise_id, team_id=team_id, bot_token=self._client.token
            )

        async def take(ack: AsyncAck, command: dict[str, Any]) -> None:
            incoming = read_command(command, self._clock.now())
            if incoming is not None:
                await accept(incoming)
            await ack()

        app = AsyncApp(
            name="slack_bolt.b24bridge",  # Bolt silences the logger of this name.
            logger=SILENT,
            client=build_web_client(None, self._client.base_url),
            authorize=authorize,
            signing_secret=self._signing_secret,
            process_before_response=True,  # The listener acknowledges, however late.
        )

        app.command(_COMMANDS)(take)
        app.error(_tell_not_taken)
        return app


async def _tell_not_taken(error: Exception) -> BoltResponse:
    # The error's own words may quote the command, so only its kind and place are logged.
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("A command was not stored (%s)\n%s", type(error).__name__, place)
    return BoltResponse(status=200, body=render(Words().write(say(Say.NOT_STORED))).text)

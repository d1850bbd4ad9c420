"""Slack, as the core sees it."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from slack_bolt.adapter.socket_mode.async_internals import (
    run_async_bolt_app,
    send_async_response,
)

from adapters.slack.answering import give_answer
from adapters.slack.app import Listeners, build_app
from adapters.slack.aside import Aside
from adapters.slack.bot import Bot
from adapters.slack.clients import build_web_client, keeping_connections
from adapters.slack.connection import Pace
from adapters.slack.home import HomeTab
from adapters.slack.hook import SlackHook
from adapters.slack.members import SlackMembers
from adapters.slack.naming import Namer
from adapters.slack.notices import Notices
from adapters.slack.outbound import render
from adapters.slack.shortcuts import Shortcuts
from adapters.slack.socket_mode import APP_TOKEN, BOT_TOKEN, SocketMode, TokenRevoked, insist
from adapters.slack.tools import Tools
from bridge.errors import ConfigError
from bridge.replies.words import Languages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from slack_bolt.app.async_app import AsyncApp
    from slack_sdk.socket_mode.request import SocketModeRequest

    from adapters.slack.connection import Connection
    from bridge.hooks import Hook
    from bridge.incoming import Incoming
    from bridge.markup.nodes import Document
    from bridge.people.identity import Identity
    from bridge.ports import Clock, Colleagues, Members, OwnPages, Rooms
    from bridge.replies.button import Button

    Accept = Callable[[Incoming], Awaitable[object]]

logger = logging.getLogger(__name__)

_DEFAULT_PACE = Pace()


class SlackChat:
    """The ``Chat`` of Slack, for one workspace's bot: by Socket Mode if it can, else over HTTP.

    Args:
        bot_token: begins with ``xoxb-``.
        app_token: begins with ``xapp-``, has the scope ``connections:write`` and is what Socket
            Mode needs; empty for requests over HTTP.
        api_url: where the Web API is.
        clock: tells when a command came.
        read_time: tells the real time, in seconds since 1970, for what is signed with it.
        signing_secret: proves requests over HTTP; Socket Mode needs none.
        languages: finds the words for each person.
        colleagues: tells who is linked, for choosing; None if nobody can tell.
        pages: what people see on the app's home page; None if it has none.

    Attributes:
        ready: set when commands can come.
        hooks: take what Slack posts; none in Socket Mode.
        members: what Slack tells of people.
        rooms: none; whoever is in a workspace has an account in it.
    """

    def __init__(  # noqa: PLR0913
        self,
        bot_token: str,
        app_token: str,
        api_url: str,
        clock: Clock,
        signing_secret: str = "",
        *,
        read_time: Callable[[], float] = time.time,
        languages: Languages = Languages(),  # noqa: B008 - never changes
        colleagues: Colleagues | None = None,
        pages: OwnPages | None = None,
    ) -> None:
        self.ready = asyncio.Event()
        self._client = build_web_client(bot_token, api_url)
        self._app_token = app_token
        self._notices = Notices()
        self._hook = SlackHook(signing_secret, read_time) if not app_token else None
        self.hooks: Sequence[Hook] = (self._hook,) if self._hook else ()
        members = SlackMembers(self._client, clock, self._notices)
        self.members: Members | None = members
        self.rooms: Rooms | None = None
        self._aside = Aside(self._notices)
        self._tools = Tools(
            self._client, clock, Namer(members), self._notices, languages, self._aside
        )
        self._colleagues = colleagues
        self._home = HomeTab(self._tools, pages) if pages else None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Use connections to Slack again, and end them in the end with what goes on beside."""
        async with keeping_connections(self._client):
            try:
                yield
            finally:
                await self._aside.close()

    async def run(self, accept: Accept, pace: Pace = _DEFAULT_PACE) -> None:
        """Take commands until cancelled; those under way are finished first.

        Args:
            accept: stores a command and returns when that is committed. Only then it is
                acknowledged; if it raises, the person is told to type the command again.
            pace: how patient to be with Slack.

        Raises:
            ConfigError: Slack does not accept a token at the start, and never did. Troubles of the
                network, and a token that was taken back, are waited out.
        """
        if self._hook:
            await self._listen_to_hook(self._hook, accept, pace)
        else:
            await self._listen_to_socket(accept, pace)

    async def answer(
        self,
        answer_to: dict[str, str | int],
        answer: Document,
        *,
        buttons: Sequence[Button] = (),
        replaces: str = "",
    ) -> str:
        """Answer a command, for the person's eyes alone; see ``Chat.answer``.

        Needs no ``run``, so that commands of an earlier process can be answered, too.
        """
        place = await give_answer(
            self._client,
            answer_to,
            render(answer, buttons),
            replaces=replaces,
            notices=self._notices,
        )
        if self._home:
            self._home.refresh(str(answer_to.get("user", "")))
        return place

    async def tell(self, identity: Identity, message: Document) -> None:
        """Send a person a direct message; see ``DirectChat``."""
        await give_answer(
            self._client,
            {"user": identity.external_id},
            render(message),
            replaces="",
            notices=self._notices,
        )

    async def _listen_to_hook(self, hook: SlackHook, accept: Accept, pace: Pace) -> None:
        bot = await self._prove_tokens(pace)
        hook.app = self._build_app(accept, bot)
        self.ready.set()
        logger.info("Connected to Slack, which posts to %s", hook.path)
        try:
            await asyncio.Future()
        finally:
            hook.app = None

    async def _listen_to_socket(self, accept: Accept, pace: Pace) -> None:
        app: AsyncApp

        async def handle(connection: Connection, request: SocketModeRequest) -> None:
            response = await run_async_bolt_app(app, request)
            await send_async_response(connection, request, response, time.time())

        socket_mode = SocketMode(self._client, self._app_token, handle, pace, self.ready)
        bot = await self._prove_tokens(pace, socket_mode)
        app = self._build_app(accept, bot)
        await socket_mode.run()

    async def _prove_tokens(self, pace: Pace, socket_mode: SocketMode | None = None) -> Bot:
        """Try all tokens, so that all that is wrong is told at once; wait for one taken back."""
        bot = None
        refusals: list[ConfigError] = []
        try:
            bot = await insist(self._ask_who_we_are, BOT_TOKEN, pace)
        except ConfigError as error:
            refusals.append(error)
        try:
            if socket_mode:
                await insist(socket_mode.open_ticket, APP_TOKEN, pace)
        except ConfigError as error:
            refusals.append(error)
        if not all(isinstance(refusal, TokenRevoked) for refusal in refusals):
            raise ConfigError([problem for refusal in refusals for problem in refusal.problems])
        if bot is None:
            bot = await insist(self._ask_who_we_are, BOT_TOKEN, pace, was_accepted=True)
        return bot

    async def _ask_who_we_are(self) -> Bot:
        response = await self._client.auth_test()
        return Bot(str(response["user_id"]), str(response.get("url") or ""))

    def _build_app(self, accept: Accept, bot: Bot) -> AsyncApp:
        app = build_app(self._client)
        listeners = Listeners(self._tools, accept, bot)
        listeners.attach(app)
        Shortcuts(self._tools, accept, bot.address, self._colleagues).attach(app)
        if self._home:
            self._home.attach(app)
        listeners.attach_last(app)
        return app

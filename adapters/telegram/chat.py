"""The Telegram chat: commands in, answers out.

Updates are asked for by a loop of our own, or sent to a hook of ours. That leaves nothing to do for
``telegram.ext``: ``telegram.Bot`` is enough.

Source: https://core.telegram.org/bots/api#getting-updates
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx
from telegram import Bot

from adapters.telegram.answering import Answering
from adapters.telegram.menu import announce_commands
from adapters.telegram.pace import Limits, Pace
from adapters.telegram.polling import Polling
from adapters.telegram.receiving import Receiver
from adapters.telegram.registration import Registration
from adapters.telegram.retrying import Pauses, insist
from adapters.telegram.rooms import TelegramRooms
from adapters.telegram.transport import BotApiRequest, PollRequest
from adapters.telegram.webhook import Webhook
from bridge.errors import ConfigError
from bridge.replies.words import Languages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from adapters.telegram.receiving import Accept
    from bridge.hooks import Hook
    from bridge.markup.nodes import Document
    from bridge.people.identity import Identity
    from bridge.ports import Clock, Members, Rooms
    from bridge.replies.button import Button

    Alone = Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]

logger = logging.getLogger(__name__)

_TOKEN: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_CONNECT_TIMEOUT_SECONDS: Final = 10.0
_READ_TIMEOUT_SECONDS: Final = 20.0
_ANSWERS_AT_ONCE: Final = 8


async def _at_once(work: Callable[[], Awaitable[None]]) -> None:
    await work()


class TelegramChat:
    """A ``Chat`` for one bot.

    Args:
        token: from BotFather; it never appears in a log or an exception.
        api_url: the Bot API server, ``https://api.telegram.org``.
        clock: tells when a command came.
        public_url: where the bridge is reached from outside, so that Telegram sends it updates;
            without it, the bridge asks for them.
        languages: finds the words of the menus, and for what comes with a message.
        pauses: how long to wait before trying again.
        limits: how fast the bot may speak.
        alone: runs what asks for updates, when and as long as nobody else does.

    Attributes:
        ready: set when commands can come.
        hooks: takes what Telegram sends; none if the bridge asks for it.
        members: Telegram tells nothing of people.
        rooms: what it tells of who is in a group.

    Raises:
        ConfigError: this cannot be a token.
    """

    def __init__(  # noqa: PLR0913
        self,
        token: str,
        api_url: str,
        clock: Clock,
        *,
        public_url: str = "",
        languages: Languages = Languages(),  # noqa: B008 - never changes
        pauses: Pauses = Pauses(),  # noqa: B008 - frozen
        limits: Limits = Limits(),  # noqa: B008 - frozen
        alone: Alone = _at_once,
    ) -> None:
        if not _TOKEN.fullmatch(token):
            raise ConfigError(["B24BRIDGE_TELEGRAM_TOKEN does not look like a bot's token."])
        self.ready = asyncio.Event()
        self.members: Members | None = None
        self._webhook = Webhook(token) if public_url else None
        self.hooks: Sequence[Hook] = (self._webhook,) if self._webhook else ()
        self._public_url = public_url.rstrip("/")
        self._bot = _connect(token, api_url)
        self.rooms: Rooms | None = TelegramRooms(self._bot, clock)
        self._answering = Answering(self._bot, Pace(limits))
        self._clock = clock
        self._languages = languages
        self._pauses = pauses
        self._alone = alone

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """End the connections to Telegram in the end; until then answers go out."""
        try:
            yield
        finally:
            await self._bot.shutdown()

    async def run(self, accept: Accept) -> None:
        """Hand every command to ``accept``, until cancelled.

        An update is confirmed once ``accept`` has returned; before that, Telegram keeps it for 24
        hours and gives it again, after a restart too, whichever way it is to come then. Whatever
        goes wrong with Telegram is tried again, also when it refuses a token that it has accepted
        before. Cancelling stops at once, but lets ``accept`` finish.

        Args:
            accept: returns after the command is committed. When it raises ``StorageError``, the
                same command comes again; anything else that it raises ends ``run``, unless it is
                Telegram that sends: then it is logged, and the command comes again.

        Raises:
            ConfigError: Telegram does not accept the token at the start.
        """
        receiver = Receiver(self._bot, accept, self._clock, self._languages)
        try:
            await insist(self._bot.initialize, self._pauses, proves_token=True)
            logger.info("Connected to Telegram as @%s", self._bot.username)
            receiver.run_errand(announce_commands(self._bot, self._languages))
            if self._webhook:
                await self._be_sent(receiver, self._webhook)
            else:
                self.ready.set()
                await self._alone(
                    lambda: Polling(self._bot, self._pauses, self.ready).run(receiver)
                )
        finally:
            await receiver.aclose()

    async def answer(
        self,
        answer_to: dict[str, str | int],
        answer: Document,
        *,
        buttons: Sequence[Button] = (),
        replaces: str = "",
    ) -> str:
        """Answer a command where it was typed: see ``bridge.ports.Chat``."""
        return await self._answering.give(answer_to, answer, buttons, replaces)

    async def tell(self, identity: Identity, message: Document) -> None:
        """Write to a person who has written to the bot before; see ``DirectChat``."""
        # A person's number is that of the chat with them, too.
        await self._answering.give({"chat_id": int(identity.external_id)}, message)

    async def _be_sent(self, receiver: Receiver, webhook: Webhook) -> None:
        registration = Registration(
            self._bot, self._public_url + webhook.path, webhook.secret, self._pauses
        )
        webhook.receiver = receiver
        try:
            await registration.set()
            self.ready.set()
            logger.info("Telegram sends commands to B24BRIDGE_PUBLIC_URL")
            await registration.watch()
        finally:
            webhook.receiver = None


def _connect(token: str, api_url: str) -> Bot:
    # Reading the certificates takes as long as all the rest: it is done once for both.
    tls = {"verify": httpx.create_ssl_context()}
    return Bot(
        token,
        base_url=f"{api_url.rstrip('/')}/bot",
        request=BotApiRequest(
            connection_pool_size=_ANSWERS_AT_ONCE,
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            pool_timeout=_READ_TIMEOUT_SECONDS,
            httpx_kwargs=tls,
        ),
        get_updates_request=PollRequest(
            connection_pool_size=1,
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            httpx_kwargs=tls,
        ),
    )

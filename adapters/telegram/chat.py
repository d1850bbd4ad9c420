"""The Telegram chat: commands in, answers out.

Updates are asked for by a loop of our own. The library's ``Application`` and ``Updater`` take an
update as received once it is in memory; here it is confirmed by the offset of the next request,
after it has been stored. That leaves nothing to do for ``telegram.ext``: ``telegram.Bot`` is
enough.

Source: https://core.telegram.org/bots/api#getting-updates
"""

from __future__ import annotations

import asyncio
import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Final

import httpx
from telegram import Bot, Update
from telegram.error import TelegramError

from adapters.telegram.answering import give_answer
from adapters.telegram.errors import chat_error
from adapters.telegram.inbound import read_update
from adapters.telegram.retrying import Pauses, insist
from adapters.telegram.transport import BotApiRequest, PollRequest
from bridge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bridge.hooks import Hook
    from bridge.incoming import Incoming
    from bridge.markup.nodes import Document
    from bridge.ports import Clock, Members
    from bridge.replies.button import Button

    Accept = Callable[[Incoming], Awaitable[object]]

logger = logging.getLogger(__name__)

_TOKEN: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_LONG_POLL_SECONDS: Final = 30
_CONNECT_TIMEOUT_SECONDS: Final = 10.0
_READ_TIMEOUT_SECONDS: Final = 20.0
_ANSWERS_AT_ONCE: Final = 8


class TelegramChat:
    """A ``Chat`` for one bot.

    Args:
        token: from BotFather; it never appears in a log or an exception.
        api_url: the Bot API server, ``https://api.telegram.org``.
        clock: tells when a command came.
        commands: name and summary of each command, for the menu that Telegram shows.
        pauses: how long to wait before trying again.

    Attributes:
        ready: set once Telegram has accepted the token.

    Raises:
        ConfigError: this cannot be a token.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        clock: Clock,
        commands: Sequence[tuple[str, str]] = (),
        pauses: Pauses = Pauses(),  # noqa: B008 - frozen
    ) -> None:
        if not _TOKEN.fullmatch(token):
            raise ConfigError(["B24BRIDGE_TELEGRAM_TOKEN does not look like a bot's token."])
        self.ready = asyncio.Event()
        self.hooks: Sequence[Hook] = ()
        self.members: Members | None = None
        self._bot = _connect(token, api_url)
        self._clock = clock
        self._commands = commands
        self._pauses = pauses
        self._offset: int | None = None

    async def run(self, accept: Accept) -> None:
        """Hand every command to ``accept``, until cancelled.

        An update is confirmed once ``accept`` has returned; before that, Telegram keeps it for 24
        hours and gives it again, after a restart too. Whatever goes wrong with Telegram is tried
        again, also when it refuses a token that it has accepted before. Cancelling stops at once,
        but lets ``accept`` finish.

        Args:
            accept: returns after the command is committed. When it raises ``StorageError``, the
                same command comes again; anything else that it raises ends ``run``.

        Raises:
            ConfigError: Telegram does not accept the token at the start.
        """
        try:
            await insist(self._bot.initialize, self._pauses, proves_token=True)
            self.ready.set()
            logger.info("Connected to Telegram as @%s", self._bot.username)
            await insist(self._bot.delete_webhook, self._pauses)
            await self._announce_commands()
            while True:
                await insist(partial(self._poll, accept), self._pauses)
        finally:
            await self._bot.shutdown()

    async def answer(
        self,
        answer_to: dict[str, str | int],
        answer: Document,
        *,
        buttons: Sequence[Button] = (),  # noqa: ARG002
        replaces: str = "",
    ) -> str:
        """Answer a command where it was typed: see ``bridge.ports.Chat``."""
        return await give_answer(self._bot, answer_to, answer, replaces=replaces)

    async def _announce_commands(self) -> None:
        if not self._commands:
            return
        try:
            await self._bot.set_my_commands(self._commands)
        except TelegramError as error:
            logger.warning("The menu of commands could not be set: %s", chat_error(error))

    async def _poll(self, accept: Accept) -> None:
        updates = await self._bot.get_updates(
            offset=self._offset, timeout=_LONG_POLL_SECONDS, allowed_updates=[Update.MESSAGE]
        )
        for update in updates:
            incoming = self._read(update)
            if incoming is not None:
                await _finish(accept(incoming))
            self._offset = update.update_id + 1

    def _read(self, update: Update) -> Incoming | None:
        try:
            return read_update(update, self._bot.username, self._clock.now())
        except Exception as error:  # noqa: BLE001
            # One odd update must not keep those behind it from getting through. The error's own
            # text may quote the message, so that only its kind is told.
            logger.warning("Update %d cannot be read (%s)", update.update_id, type(error).__name__)
            return None


async def _finish(accepting: Awaitable[object]) -> None:
    """Wait for a command to be accepted, even when cancelled."""
    task = asyncio.ensure_future(accepting)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


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

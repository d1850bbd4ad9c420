"""Takes updates, whichever way they come.

Source: https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from telegram import Update
from telegram.error import TelegramError

from adapters.telegram.inbound import read_update
from adapters.telegram.presence import note_presence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from telegram import Bot

    from bridge.incoming import Incoming
    from bridge.ports import Clock
    from bridge.replies.words import Languages

    Accept = Callable[[Incoming], Awaitable[object]]

logger = logging.getLogger(__name__)

ALLOWED_UPDATES: Final = (Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
"""What the bot wants to be told of."""


class Receiver:
    """Has commands stored, and then acknowledges them to Telegram.

    Args:
        bot: initialized.
        accept: returns after a command is committed.
        clock: tells when a command came.
        languages: finds the words for what comes with a message.
    """

    def __init__(self, bot: Bot, accept: Accept, clock: Clock, languages: Languages) -> None:
        self._bot = bot
        self._accept = accept
        self._clock = clock
        self._languages = languages
        self._errands: set[asyncio.Task[None]] = set()

    async def take(self, update: Update) -> None:
        """Take an update; after that it may be confirmed.

        Cancelling lets ``accept`` finish. Whatever ``accept`` raises is passed on: the update must
        not be confirmed then.
        """
        incoming = self._read(update)
        if incoming is not None:
            await _finish(self._accept(incoming))
        if update.callback_query:
            self.run_errand(self._stop_waiting(update.callback_query.id))

    def run_errand(self, errand: Coroutine[None, None, None]) -> None:
        """Do something that nobody waits for, until ``aclose``."""
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def aclose(self) -> None:
        """Break off the errands."""
        errands = tuple(self._errands)
        for errand in errands:
            errand.cancel()
        await asyncio.gather(*errands, return_exceptions=True)

    def _read(self, update: Update) -> Incoming | None:
        try:
            if update.my_chat_member:
                note_presence(update.my_chat_member)
            return read_update(update, self._bot.bot, self._clock.now(), self._languages)
        except Exception as error:  # noqa: BLE001
            # One odd update must not keep those behind it from getting through. The error's own
            # text may quote the message, so that only its kind is told.
            logger.warning("Update %d cannot be read (%s)", update.update_id, type(error).__name__)
            return None

    async def _stop_waiting(self, query_id: str) -> None:
        """Let a pressed button look so; that of long ago does already."""
        try:
            await self._bot.answer_callback_query(query_id)
        except TelegramError as error:
            logger.debug("A pressed button could not be acknowledged (%s)", type(error).__name__)


async def _finish(accepting: Awaitable[object]) -> None:
    """Wait for a command to be accepted, even when cancelled."""
    task = asyncio.ensure_future(accepting)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise

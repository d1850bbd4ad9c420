"""Asks Telegram for updates.

The library's ``Application`` and ``Updater`` take an update as received once it is in memory; here
it is confirmed by the offset of the next request, after it has been stored.

Source: https://core.telegram.org/bots/api#getupdates
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telegram.error import TelegramError

from adapters.telegram.receiving import ALLOWED_UPDATES
from adapters.telegram.retrying import insist

if TYPE_CHECKING:
    import asyncio

    from telegram import Bot

    from adapters.telegram.receiving import Receiver
    from adapters.telegram.retrying import Pauses

_LONG_POLL_SECONDS: Final = 30


class Polling:
    """Has updates taken in their order, each until that has succeeded.

    Args:
        bot: asks Telegram.
        pauses: how long to wait before asking again.
        is_ready: set while Telegram answers.
    """

    def __init__(self, bot: Bot, pauses: Pauses, is_ready: asyncio.Event) -> None:
        self._bot = bot
        self._pauses = pauses
        self._is_ready = is_ready
        self._offset: int | None = None

    async def run(self, receiver: Receiver) -> None:
        """Ask until cancelled, which stops at once.

        Whatever goes wrong with Telegram is tried again, also when it refuses a token that it has
        accepted before. What waits at a webhook is not dropped: it is given to us.
        """
        await insist(self._bot.delete_webhook, self._pauses)
        while True:
            await insist(lambda: self._poll(receiver), self._pauses)

    async def _poll(self, receiver: Receiver) -> None:
        try:
            updates = await self._bot.get_updates(
                offset=self._offset, timeout=_LONG_POLL_SECONDS, allowed_updates=ALLOWED_UPDATES
            )
        except TelegramError:
            self._is_ready.clear()
            raise
        self._is_ready.set()
        for update in updates:
            await receiver.take(update)
            self._offset = update.update_id + 1

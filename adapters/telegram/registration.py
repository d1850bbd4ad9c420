"""Tells Telegram where to send updates, and sees to it that it does.

Source: https://core.telegram.org/bots/api#setwebhook and #webhookinfo
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from telegram.error import TelegramError

from adapters.telegram.errors import chat_error, is_harmless
from adapters.telegram.receiving import ALLOWED_UPDATES
from adapters.telegram.retrying import insist

if TYPE_CHECKING:
    from telegram import Bot, WebhookInfo

    from adapters.telegram.retrying import Pauses

logger = logging.getLogger(__name__)


class Registration:
    """A bot's webhook, as Telegram knows it.

    Args:
        bot: whose it is.
        url: where updates are to be sent.
        secret: what Telegram proves itself with.
        pauses: how long to wait before trying again, and before looking again.
    """

    def __init__(self, bot: Bot, url: str, secret: str, pauses: Pauses) -> None:
        self._bot = bot
        self._url = url
        self._secret = secret
        self._pauses = pauses
        self._last: WebhookInfo | None = None

    async def set(self) -> None:
        """Have updates sent to us, those too that wait already; returns when Telegram agrees."""
        await insist(self._set, self._pauses)

    async def watch(self) -> None:
        """Tell the log why no commands come, and set a webhook again that is gone.

        One that leads elsewhere is left alone: two bridges must not take it from each other for
        ever.
        """
        while True:
            try:
                await self._look()
            except TelegramError as error:
                logger.warning("The bot's webhook could not be looked at: %s", chat_error(error))
            await asyncio.sleep(self._pauses.webhook_seconds)

    async def _set(self) -> None:
        await self._bot.set_webhook(
            self._url, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES
        )

    async def _look(self) -> None:
        info = await self._bot.get_webhook_info()
        last, self._last = self._last, info
        if not info.url:
            logger.warning("Another program has removed the bot's webhook: I set it again")
            await self._set()
        elif info.url != self._url:
            if last is None or last.url != info.url:
                logger.warning(
                    "Another program has set its own webhook for the bot, perhaps a second bridge: "
                    "commands go there until this bridge is started again"
                )
        elif last and info.last_error_date not in {None, last.last_error_date}:
            reason = info.last_error_message or ""
            logger.warning(
                "Telegram could not bring a command to B24BRIDGE_PUBLIC_URL and tries again (%s)",
                reason if is_harmless(reason) else "for a reason of its own",
            )

"""How Telegram sends updates to a bot's webhook: in order, each until it is taken.

Source: https://core.telegram.org/bots/api#setwebhook
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from tests.fakes.telegram_queue import UpdateQueue

_PAUSE_SECONDS = 0.02


class WebhookSender:
    """Sends what waits while an address is set.

    Attributes:
        url: where; empty while there is no webhook.
        secret: what goes with each update.
        statuses: what the bot has answered, oldest first.
    """

    def __init__(self, queue: UpdateQueue) -> None:
        self.url = ""
        self.secret = ""
        self.statuses: list[int] = []
        self._queue = queue
        self._failure: dict[str, Any] = {}

    def set(self, url: str, secret: str = "") -> None:
        """Send to an address from now on; an empty one ends it."""
        if url != self.url:
            self._failure = {}
        self.url, self.secret = url, secret
        self._queue.interrupt()

    def info(self) -> dict[str, Any]:
        """Tell what Telegram knows of it."""
        return {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._queue.pending),
            **self._failure,
        }

    async def run(self) -> None:
        """Send until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client:
            while True:
                update = self._queue.first() if self.url else None
                if update is None or not await self._send(client, self.url, update):
                    await asyncio.sleep(_PAUSE_SECONDS)

    async def _send(self, client: aiohttp.ClientSession, url: str, update: dict[str, Any]) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        try:
            async with client.post(url, json=update, headers=headers) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            self._note("Connection refused")
            return False
        self.statuses.append(status)
        if status // 100 != 2:
            self._note(f"Wrong response from the webhook: {status} Oh No")
            return False
        self._queue.confirm(update["update_id"])
        return True

    def _note(self, message: str) -> None:
        moment = int(self._queue.now())
        self._failure = {"last_error_date": moment, "last_error_message": message}

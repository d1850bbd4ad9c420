"""How fast the bot may speak.

Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

import asyncio
from typing import Final

from aiolimiter import AsyncLimiter
from msgspec import Struct

from bridge.errors import ChatError

_REMEMBERED_CHATS: Final = 1_000


class Limits(Struct, frozen=True, kw_only=True):
    """What Telegram takes of one bot.

    Attributes:
        per_second: messages and edits, to all chats.
        chat_seconds: between two in one chat.
        group_per_minute: in one group.
        patience_seconds: how long a message waits for its turn before it is put off.
    """

    per_second: float = 30
    chat_seconds: float = 1
    group_per_minute: float = 20
    patience_seconds: float = 2


class Pace:
    """Gives out turns to speak, as many as Telegram takes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all = AsyncLimiter(limits.per_second, 1)
        self._chats: dict[int, tuple[AsyncLimiter, ...]] = {}
        self._silent_until: dict[int, float] = {}

    async def turn(self, chat_id: int) -> None:
        """Wait until something may be said in a chat.

        Raises:
            ChatError: that would take longer than a moment.
        """
        silent_seconds = self._silent_until.get(chat_id, 0) - asyncio.get_running_loop().time()
        if silent_seconds > 0:
            raise ChatError("Telegram asks for a pause", retry_after_seconds=silent_seconds)
        try:
            async with asyncio.timeout(self._limits.patience_seconds):
                for limiter in (*self._limiters(chat_id), self._all):
                    await limiter.acquire()
        except TimeoutError:
            pause_seconds = 60 / self._limits.group_per_minute
            raise ChatError(
                "as much as Telegram takes has been said there", retry_after_seconds=pause_seconds
            ) from None

    def keep_silent(self, chat_id: int, seconds: float) -> None:
        """Say nothing in a chat for a while, as Telegram has asked."""
        now = asyncio.get_running_loop().time()
        self._silent_until = {
            chat: until for chat, until in self._silent_until.items() if until > now
        } | {chat_id: now + seconds}

    def _limiters(self, chat_id: int) -> tuple[AsyncLimiter, ...]:
        if chat_id not in self._chats:
            if len(self._chats) >= _REMEMBERED_CHATS:
                self._forget_idle()
            in_chat = AsyncLimiter(1, self._limits.chat_seconds)
            is_group = chat_id < 0
            in_group = (AsyncLimiter(self._limits.group_per_minute),) if is_group else ()
            self._chats[chat_id] = (*in_group, in_chat)
        return self._chats[chat_id]

    def _forget_idle(self) -> None:
        self._chats = {
            chat: limiters
            for chat, limiters in self._chats.items()
            if not all(limiter.has_capacity(limiter.max_rate) for limiter in limiters)
        }

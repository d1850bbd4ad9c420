"""How the bridge stays in touch with Telegram: it tries again until it succeeds.

This is about asking for updates alone. Whether an answer is tried again is decided by the core.
"""

from __future__ import annotations

import asyncio
import logging
import random
from itertools import count
from typing import TYPE_CHECKING

from msgspec import Struct
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.errors import chat_error, pause_asked_seconds
from bridge.errors import ConfigError, StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)


class Pauses(Struct, frozen=True):
    """How long to wait before trying again.

    Attributes:
        first_seconds: at most this long after the first failure, then twice as long each time.
        longest_seconds: but never longer.
        conflict_seconds: after being told that another program asks for the same bot's updates.
    """

    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    conflict_seconds: float = 30.0

    def draw(self, error: Exception, failures: int) -> float:
        """Draw the pause after the ``failures``-th failure in a row, in seconds.

        Any length up to the limit is as likely, so that many bridges do not come back at once.
        """
        if isinstance(error, RetryAfter):
            return pause_asked_seconds(error)
        if isinstance(error, Conflict):
            return self.conflict_seconds
        limit = min(self.first_seconds * 2 ** min(failures - 1, 16), self.longest_seconds)
        return random.uniform(0, limit)  # noqa: S311 - nothing secret


async def insist(step: Callable[[], Awaitable[object]], pauses: Pauses) -> None:
    """Repeat a step until it succeeds.

    Raises:
        ConfigError: Telegram does not accept the token.
    """
    for failures in count(1):
        try:
            await step()
        except (TelegramError, StorageError) as error:
            failure = error
        else:
            return
        # The library's error may hold the token: it ends here, and only its meaning is told.
        if isinstance(failure, InvalidToken):
            raise ConfigError(["B24BRIDGE_TELEGRAM_TOKEN is not accepted by Telegram."])
        pause_seconds = pauses.draw(failure, failures)
        logger.warning("%s; next try in %.1f s", _explain(failure), pause_seconds)
        await asyncio.sleep(pause_seconds)


def _explain(failure: TelegramError | StorageError) -> str:
    match failure:
        case StorageError():
            return "A command from Telegram could not be stored and is not confirmed"
        case Conflict():
            return (
                "Another program uses the bot's token, perhaps a second bridge: "
                "Telegram gives each command to one of them only"
            )
        case _:
            return f"No commands from Telegram: {chat_error(failure)}"

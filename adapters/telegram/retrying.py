"""How the bridge stays in touch with Telegram: it tries again until it succeeds.

This is about asking for updates alone. Whether an answer is tried again is decided by the core.
"""

from __future__ import annotations

import asyncio
import logging
import random
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.errors import chat_error, pause_asked_seconds
from bridge.complaint import Complaint
from bridge.delivery.policy import Policy
from bridge.errors import ConfigError, StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

_REFUSED: Final = "B24BRIDGE_TELEGRAM_TOKEN is not accepted by Telegram."
_COMPLAIN_EVERY_SECONDS: Final = 60.0


class Pauses(Struct, frozen=True):
    """How long to wait before trying again.

    Attributes:
        policy: for most failures.
        storage_seconds: at most, after our own database has failed: it waits for nobody else.
        conflict_seconds: after being told that another program asks for the same bot's updates.
        webhook_seconds: before looking again at what Telegram knows of our webhook.
    """

    policy: Policy = Policy(longest_seconds=60.0)
    storage_seconds: float = 5.0
    conflict_seconds: float = 30.0
    webhook_seconds: float = 60.0

    def draw(self, error: Exception, failures: int) -> float:
        """Draw the pause after the ``failures``-th failure in a row, in seconds."""
        if isinstance(error, RetryAfter):
            return pause_asked_seconds(error)
        if isinstance(error, Conflict):
            return self.conflict_seconds
        seconds = self.policy.pause_seconds(failures, random.random())  # noqa: S311 - nothing secret
        return min(seconds, self.storage_seconds) if isinstance(error, StorageError) else seconds


async def insist(
    step: Callable[[], Awaitable[object]], pauses: Pauses, *, proves_token: bool = False
) -> None:
    """Repeat a step until it succeeds.

    Args:
        step: what to do.
        pauses: how long to wait in between.
        proves_token: whether a refused token ends it. One that was accepted before is tried again:
            a proxy's 404 looks just like a refusal, and a bridge that ends rings no bell at all.

    Raises:
        ConfigError: Telegram does not accept the token that the step is to prove.
    """
    loop = asyncio.get_running_loop()
    complaint = Complaint(logger)
    complained_at = -inf
    for failures in count(1):
        try:
            await step()
        except (TelegramError, StorageError) as error:
            failure = error
        else:
            return
        # The library's error may hold the token: it ends here, and only its meaning is told.
        pause_seconds = pauses.draw(failure, failures)
        if isinstance(failure, StorageError):
            complaint.say("A command from Telegram could not be stored and is not confirmed yet")
        elif not isinstance(failure, InvalidToken):
            logger.warning("%s; next try in %.1f s", _explain(failure), pause_seconds)
        elif proves_token:
            raise ConfigError([_REFUSED])
        elif loop.time() - complained_at >= _COMPLAIN_EVERY_SECONDS:
            logger.error("%s No commands come; I keep trying", _REFUSED)
            complained_at = loop.time()
        await asyncio.sleep(pause_seconds)


def _explain(failure: TelegramError) -> str:
    match failure:
        case Conflict() if "webhook" in failure.message:
            return (
                "Another program has set a webhook for the bot, perhaps a second bridge with "
                "B24BRIDGE_PUBLIC_URL: commands go there until this bridge is started again"
            )
        case Conflict():
            return (
                "Another program uses the bot's token, perhaps a second bridge: "
                "Telegram gives each command to one of them only"
            )
        case _:
            return f"No commands from Telegram: {chat_error(failure)}"

"""Takes the updates that Telegram sends to the bridge.

Source: https://core.telegram.org/bots/api#setwebhook
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import TYPE_CHECKING, Final

from adapters.telegram.transport import read_posted
from bridge.hooks import HookAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.telegram.receiving import Receiver

logger = logging.getLogger(__name__)

_HEADER: Final = "x-telegram-bot-api-secret-token"
_TAKEN: Final = HookAnswer(200)
_BAD_REQUEST: Final = HookAnswer(400)
_FORBIDDEN: Final = HookAnswer(403)
_COME_AGAIN: Final = HookAnswer(503)


class Webhook:
    """The ``Hook`` of one bot.

    Its path and secret follow from the bot's token: they stay the same and need no setting, nobody
    else knows them, and nothing of the token can be learnt from them.

    Args:
        token: the bot's token.

    Attributes:
        path: where on our public address it is.
        secret: what Telegram proves itself with.
        receiver: takes the updates; until there is one, Telegram is told to come again.
    """

    def __init__(self, token: str) -> None:
        self.path = f"/telegram/{_derive(token, 'webhook path')}"
        self.secret = _derive(token, "webhook secret")
        self.receiver: Receiver | None = None

    async def receive(self, headers: Mapping[str, str], body: bytes) -> HookAnswer:
        """Take an update; what is not answered with 200, Telegram sends again."""
        secret = headers.get(_HEADER, "")
        if not hmac.compare_digest(secret.encode(errors="replace"), self.secret.encode()):
            return _FORBIDDEN
        if self.receiver is None:
            return _COME_AGAIN
        try:
            update = read_posted(body)
        except ValueError:
            return _BAD_REQUEST
        try:
            await self.receiver.take(update)
        except Exception as error:  # noqa: BLE001
            # The error's own text may quote the command, so that only its kind is told.
            kind = type(error).__name__
            logger.warning("A command from Telegram was not stored and is not confirmed (%s)", kind)
            return _COME_AGAIN
        return _TAKEN


def _derive(token: str, purpose: str) -> str:
    return hmac.new(token.encode(), f"b24bridge {purpose}".encode(), hashlib.sha256).hexdigest()

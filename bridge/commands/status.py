"""``/b24status``: what became of one's last notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.commands.decided import Decided
from bridge.errors import UsageError
from bridge.replies.sent import write_sent
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.commands.handler import Request
    from bridge.ports import Clock, Overview

SHOWN: Final = 10


class Status:
    """Tells people what became of what they have sent.

    Args:
        overview: what that is.
        clock: the time.
    """

    def __init__(self, overview: Overview, clock: Clock) -> None:
        self._overview = overview
        self._clock = clock

    async def __call__(self, request: Request, /) -> Decided:
        """Answer with the last ten notifications, if nobody else sees that; see ``Handler``."""
        if request.incoming.is_answered_openly:
            raise UsageError(say(Say.LINK_IN_PRIVATE))
        sent = await self._overview.list_sent(request.sender.identity, SHOWN)
        return Decided(reply=write_sent(sent, request.words, self._clock.now()))

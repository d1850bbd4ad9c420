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
        """Answer with what waits and what is over, ten in all; see ``Handler``.

        Nobody else may see that.
        """
        if request.incoming.is_answered_openly:
            raise UsageError(say(Say.LINK_IN_PRIVATE))
        who = request.sender.identity
        sent = await self._overview.list_sent(who, SHOWN)
        more = await self._overview.count_waiting(who) - sum(not one.state.is_final for one in sent)
        return Decided(reply=write_sent(sent, request.words, self._clock.now(), max(more, 0)))

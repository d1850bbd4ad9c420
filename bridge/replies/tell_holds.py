"""Tells administrators that a portal is on hold, once, again after an hour, and when it is over."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bridge.delivery.hold_news import REMIND_AFTER, HoldStage
from bridge.delivery.policy import Policy
from bridge.errors import ChatError
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping
    from datetime import datetime

    from bridge.delivery.hold_news import HoldNews
    from bridge.markup.nodes import Document
    from bridge.people.identity import Identity, Platform, PortalId
    from bridge.ports import Clock, DirectChat, Holds
    from bridge.replies.words import Words

log = logging.getLogger(__name__)

_TRIES: Final = 5
_MOST_AN_HOUR: Final = 3
_HOUR: Final = timedelta(hours=1)
_TEXTS: Final = {
    HoldStage.BEGUN: Say.HOLD_BEGUN,
    HoldStage.LASTS: Say.HOLD_LASTS,
    HoldStage.ENDED: Say.HOLD_ENDED,
}


class HoldTeller:
    """Writes news of holds into the log, and to administrators where a chat can do it.

    Args:
        holds: what they have not been told yet.
        chats: where this process can write to people.
        list_administrators: tells who is told.
        clock: the time.
        words: in which they are told.
    """

    def __init__(
        self,
        holds: Holds,
        chats: Mapping[Platform, DirectChat],
        list_administrators: Callable[[], Awaitable[Collection[Identity]]],
        clock: Clock,
        words: Words,
    ) -> None:
        self._holds = holds
        self._chats = chats
        self._list_administrators = list_administrators
        self._clock = clock
        self._words = words
        self._logged: set[tuple[PortalId, HoldStage]] = set()
        self._begun: dict[PortalId, deque[datetime]] = {}

    async def tell(self) -> None:
        """Tell all that is new, each thing once; once more if we end before that is noted.

        Of a portal whose holds come and go only a few in an hour are told.

        Raises:
            StorageError: it cannot be found out or noted; what was not told will be.
        """
        now = self._clock.now()
        found = await self._holds.list_news(reminded_before=now - REMIND_AFTER)
        self._logged.intersection_update((news.portal, news.stage) for news in found)
        await asyncio.gather(*(self._tell(news, now) for news in found))

    async def _tell(self, news: HoldNews, now: datetime) -> None:
        if (news.portal, news.stage) not in self._logged:
            self._logged.add((news.portal, news.stage))
            _log(news)
        begun = self._begun.setdefault(news.portal, deque(maxlen=_MOST_AN_HOUR))
        is_begun = news.stage is HoldStage.BEGUN
        if is_begun and len(begun) == _MOST_AN_HOUR and now - begun[0] < _HOUR:
            return
        if not await self._write_to_all(news):
            return
        await self._holds.mark_told(news)
        if is_begun:
            begun.append(now)

    async def _write_to_all(self, news: HoldNews) -> bool:
        """Write to all administrators; False if another try may reach the first of them."""
        message = self._words.write(
            say(
                _TEXTS[news.stage],
                portal=news.name,
                code=news.code,
                queued=str(news.queued),
                list_portals="b24bridge portals list",
            )
        )
        administrators = await self._list_administrators()
        told = await asyncio.gather(*(self._write(one, message) for one in administrators))
        return any(told) or None not in told

    async def _write(self, administrator: Identity, message: Document) -> bool | None:
        """Tell whether an administrator was written to; None if they may be later."""
        chat = self._chats.get(administrator.platform)
        if chat is None:
            return False
        for attempt in range(1, _TRIES + 1):
            try:
                await chat.tell(administrator, message)
            except ChatError as error:
                log.warning("%s could not be told of a hold: %s", administrator, error)
                if error.retry_after_seconds is None:
                    return False
                pause = Policy().pause_seconds(attempt, random.random())  # noqa: S311 - no secret
                await asyncio.sleep(max(pause, error.retry_after_seconds))
            else:
                return True
        return None


def _log(news: HoldNews) -> None:
    match news.stage:
        case HoldStage.BEGUN:
            log.error("Portal %s is on hold, an administrator must act: %s", news.name, news.code)
        case HoldStage.LASTS:
            log.error(
                "Portal %s is still on hold: %s; %s notifications wait",
                news.name,
                news.code,
                news.queued,
            )
        case HoldStage.ENDED:
            log.warning("Portal %s is not on hold any more; its queue goes on", news.name)

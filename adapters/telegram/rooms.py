"""What Telegram tells of who is in a group.

Source: https://core.telegram.org/bots/api#getchatmember
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from telegram import ChatMember
from telegram.error import BadRequest, Forbidden, TelegramError

from adapters.telegram.errors import chat_error

if TYPE_CHECKING:
    from datetime import datetime

    from telegram import Bot

    from bridge.people.identity import Identity
    from bridge.ports import Clock

_KEPT_FOR: Final = timedelta(minutes=5)
_MOST_KEPT: Final = 2_000
_PRESENT: Final = {ChatMember.OWNER, ChatMember.ADMINISTRATOR, ChatMember.MEMBER}


class TelegramRooms:
    """``bridge.ports.Rooms`` of Telegram; what it has told is kept for five minutes.

    Args:
        bot: asks; it must be in the groups itself.
        clock: the time.
    """

    def __init__(self, bot: Bot, clock: Clock) -> None:
        self._bot = bot
        self._clock = clock
        self._kept: OrderedDict[tuple[str, Identity], tuple[datetime, bool]] = OrderedDict()

    async def has_member(self, chat: str, identity: Identity) -> bool:
        """Tell whether somebody is in a group; no if Telegram does not let the bot know.

        Raises:
            ChatError: Telegram could not be asked.
        """
        now, asked = self._clock.now(), (chat, identity)
        kept_at, is_in = self._kept.get(asked, (None, False))
        if kept_at is None or now - kept_at >= _KEPT_FOR:
            is_in = await self._ask(int(chat), int(identity.external_id))
            self._kept[asked] = now, is_in
            self._kept.move_to_end(asked)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return is_in

    async def _ask(self, chat_id: int, user_id: int) -> bool:
        asked = {"chat_id": chat_id, "user_id": user_id}
        try:
            # Read as it is: the library's own class of members refuses what older servers tell.
            # It warns of its own method's name, and Telegram does not mind the case.
            member = await self._bot.do_api_request("getchatmember", asked)
        except (BadRequest, Forbidden):
            return False  # the group is none of the bot's, or the person is not known there
        except TelegramError as error:
            failure = chat_error(error)
        else:
            return _is_in(member)
        # Raised out here, so that the library's error, which may hold an address, is no part of it.
        raise failure


def _is_in(member: object) -> bool:
    match member:
        case {"status": ChatMember.RESTRICTED, "is_member": bool(is_in)}:
            return is_in
        case {"status": str(status)}:
            return status in _PRESENT
    return False

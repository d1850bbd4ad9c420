"""Where the bot may speak, as Telegram tells whenever that changes.

Source: https://core.telegram.org/bots/api#chatmemberupdated
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from telegram import Chat, ChatMember

if TYPE_CHECKING:
    from telegram import ChatMemberUpdated

logger = logging.getLogger(__name__)

_ABSENT: Final = {ChatMember.LEFT, ChatMember.BANNED}


def note_presence(change: ChatMemberUpdated) -> None:
    """Tell the log that the bot was blocked or removed, or may speak again."""
    was_there = change.old_chat_member.status not in _ABSENT
    is_there = change.new_chat_member.status not in _ABSENT
    if was_there == is_there:
        return
    is_private = change.chat.type == Chat.PRIVATE
    if is_there:
        what = "Somebody has begun to talk with" if is_private else "A group has taken in"
    else:
        what = "Somebody has blocked" if is_private else "A group has removed"
    logger.info("%s the bot (chat %d)", what, change.chat.id)

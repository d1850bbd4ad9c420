"""Buttons that were pressed.

Source: https://core.telegram.org/bots/api#callbackquery
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telegram import Chat, Message

from adapters.telegram.places import place_of
from adapters.telegram.received import is_person, sender_of
from bridge.incoming import Incoming
from bridge.markup.nodes import Text
from bridge.people.identity import Platform

if TYPE_CHECKING:
    from datetime import datetime

    from telegram import CallbackQuery, MaybeInaccessibleMessage, User

_OUR_PREFIX: Final = "/b24"


def read_press(query: CallbackQuery, bot: User, received_at: datetime) -> Incoming | None:
    """Make a command of a pressed button; None if it is none of ours, or nobody pressed it.

    The answer under which it stands is edited only for the person to whom it was given: what others
    are told for pressing it must not take it away.
    """
    message, presser = query.message, query.from_user
    if message is None or not query.data or not query.data.startswith(_OUR_PREFIX):
        return None
    if not is_person(presser) or not _is_ours(message, bot):
        return None
    is_private = message.chat.type == Chat.PRIVATE
    if is_private and message.chat.id != presser.id:
        return None
    return Incoming(
        platform=Platform.TELEGRAM,
        workspace=str(message.chat.id),
        event_id=query.id,
        sender=sender_of(presser),
        typed=(Text(query.data),),
        answer_to=_place(message),
        received_at=received_at,
        is_private=is_private,
        language=presser.language_code or "",
        replaces=str(message.message_id) if _was_told(message, presser) else "",
    )


def _is_ours(message: MaybeInaccessibleMessage, bot: User) -> bool:
    """Tell whether we wrote it; of one that is gone, Telegram says no more than where it stood."""
    author = message.from_user if isinstance(message, Message) else None
    return author is None or author.id == bot.id


def _was_told(message: MaybeInaccessibleMessage, presser: User) -> bool:
    if message.chat.type == Chat.PRIVATE:
        return True
    command = message.reply_to_message if isinstance(message, Message) else None
    return bool(command and command.from_user and command.from_user.id == presser.id)


def _place(message: MaybeInaccessibleMessage) -> dict[str, str | int]:
    if isinstance(message, Message):
        return place_of(message)
    return {"chat_id": message.chat.id, "message_id": message.message_id}

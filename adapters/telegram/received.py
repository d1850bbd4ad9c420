"""What python-telegram-bot has read of a message, in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telegram.constants import ChatID

from adapters.telegram.spans import Entity, MentionedUser
from bridge.people.identity import Identity, Platform, Sender

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from telegram import Message, MessageEntity, User

_STAND_INS: Final = frozenset(ChatID)


def text_of(message: Message) -> tuple[str, Sequence[MessageEntity]]:
    """Give a message's text, or the caption of one that has none, with its entities."""
    if message.text is not None:
        return message.text, message.entities
    return message.caption or "", message.caption_entities


def entities_of(entities: Iterable[MessageEntity]) -> Iterator[Entity]:
    """Read entities."""
    for entity in entities:
        yield Entity(
            type=str(entity.type),
            offset=entity.offset,
            length=entity.length,
            url=entity.url,
            user=MentionedUser(entity.user.id) if entity.user else None,
            language=entity.language,
            unix_time=int(entity.unix_time.timestamp()) if entity.unix_time else None,
        )


def is_person(user: User) -> bool:
    """Tell whether somebody is no bot, and none of the accounts that stand for many people."""
    return not user.is_bot and user.id not in _STAND_INS


def sender_of(user: User) -> Sender:
    """Tell who somebody is."""
    return Sender(
        identity=Identity(Platform.TELEGRAM, "", str(user.id)),
        handle=user.username or "",
        display_name=user.full_name,
    )

"""Updates, read into commands.

Source: https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from telegram import Chat, MessageEntity

from adapters.telegram.entities import read_entities
from adapters.telegram.spans import Entity, MentionedUser
from bridge.incoming import Incoming
from bridge.markup.nodes import Text
from bridge.people.identity import Identity, Platform, Sender

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from telegram import Message, Update, User

    from bridge.markup.nodes import Typed

_COMMAND: Final = re.compile(
    r"(?P<word>/[A-Za-z0-9_]{1,64})(?:@(?P<bot>[A-Za-z0-9_]{3,32}))?\b(?P<space>\s*)"
)
_OUR_PREFIX: Final = "/b24"


def read_update(update: Update, bot_name: str, received_at: datetime) -> Incoming | None:
    """Make a command of an update; None if it is nothing that was typed to the bot.

    In a private chat every text is typed to the bot. In a group it is a command of ours or one that
    is addressed to us; a command addressed to another bot never is. What was edited, forwarded, or
    not written by a person under their own name is no command.

    Args:
        update: as python-telegram-bot read it.
        bot_name: our user name, without ``@``.
        received_at: now.
    """
    message = update.message
    if message is None or message.from_user is None or not _is_own_word(message, message.from_user):
        return None
    typed = _read_typed(message, bot_name)
    if typed is None:
        return None
    return Incoming(
        platform=Platform.TELEGRAM,
        workspace=str(message.chat.id),
        event_id=str(update.update_id),
        sender=_read_sender(message.from_user),
        typed=typed,
        answer_to=_read_place(message),
        received_at=received_at,
        permalink=_read_permalink(message),
    )


def _is_own_word(message: Message, sender: User) -> bool:
    return not (sender.is_bot or message.sender_chat or message.forward_origin or message.via_bot)


def _read_typed(message: Message, bot_name: str) -> Typed | None:
    text, entities = message.text, message.entities
    if text is None:
        text, entities = message.caption, message.caption_entities
    if not text:
        return None
    command = _COMMAND.match(text)
    if command and command["bot"] and command["bot"].casefold() != bot_name.casefold():
        return None
    if message.chat.type != Chat.PRIVATE and not _is_for_us(command, entities):
        return None
    understood = map(_read_entity, entities)
    if command is None:
        return read_entities(text, understood)
    return _join(command["word"] + command["space"], read_entities(text, understood, command.end()))


def _read_entity(entity: MessageEntity) -> Entity:
    return Entity(
        type=str(entity.type),
        offset=entity.offset,
        length=entity.length,
        url=entity.url,
        user=MentionedUser(entity.user.id) if entity.user else None,
        language=entity.language,
        unix_time=int(entity.unix_time.timestamp()) if entity.unix_time else None,
    )


def _is_for_us(command: re.Match[str] | None, entities: Sequence[MessageEntity]) -> bool:
    """Tell whether what was written in a group begins with a command to us.

    Telegram does not mark a command that is shown as code: it is an example, not an order.
    """
    if command is None or not any(
        entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0 for entity in entities
    ):
        return False
    return bool(command["bot"]) or command["word"].casefold().startswith(_OUR_PREFIX)


def _join(head: str, rest: Typed) -> Typed:
    match rest:
        case (Text(text=text), *others):
            return (Text(head + text), *others)
        case _:
            return (Text(head), *rest)


def _read_sender(user: User) -> Sender:
    return Sender(
        identity=Identity(Platform.TELEGRAM, "", str(user.id)),
        handle=user.username or "",
        display_name=user.full_name,
    )


def _read_permalink(message: Message) -> str:
    # The library names the thread of every reply, even where there is none.
    return (message.link or "").removesuffix("?thread=None")


def _read_place(message: Message) -> dict[str, str | int]:
    place: dict[str, str | int] = {"chat_id": message.chat.id, "message_id": message.message_id}
    # Replies outside of topics have a thread too, but nothing can be sent to it.
    if message.is_topic_message and message.message_thread_id:
        place["thread_id"] = message.message_thread_id
    return place

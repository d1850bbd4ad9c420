"""Updates, read into commands.

Source: https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from telegram import Chat, MessageEntity

from adapters.telegram.entities import read_entities
from adapters.telegram.media import describe_media
from adapters.telegram.places import link_to, place_of
from adapters.telegram.pressed import read_press
from adapters.telegram.received import entities_of, is_person, sender_of, text_of
from adapters.telegram.shared import read_shared
from bridge.commands.grammar import Takes, find_command
from bridge.incoming import Incoming
from bridge.markup.nodes import Link, Paragraph, Text
from bridge.people.identity import Platform
from bridge.replies.words import Languages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from telegram import Message, Update, User

    from bridge.markup.nodes import Typed

_COMMAND: Final = re.compile(
    r"(?P<word>/[A-Za-z0-9_]{1,64})(?:@(?P<bot>[A-Za-z0-9_]{3,32}))?\b(?P<space>\s*)"
)
_OUR_PREFIX: Final = "/b24"
_LANGUAGES: Final = Languages()


def read_update(
    update: Update, bot: User, received_at: datetime, languages: Languages = _LANGUAGES
) -> Incoming | None:
    """Make a command of an update; None if it is nothing that was typed to the bot.

    In a private chat every text is typed to the bot. In a group it is a command of ours or one that
    is addressed to us; a command addressed to another bot never is. What was edited, forwarded, or
    not written by a person under their own name is no command. A button types what it stands for.

    Args:
        update: as python-telegram-bot read it.
        bot: ourselves.
        received_at: now.
        languages: finds the words for what comes with a message.
    """
    if update.callback_query:
        return read_press(update.callback_query, bot, received_at)
    message = update.message
    if message is None or message.from_user is None or not _is_own_word(message, message.from_user):
        return None
    sender = message.from_user
    words = languages.words(sender.language_code or "")
    typed = _read_typed(message, bot.username or "", describe_media(message, words))
    if typed is None:
        return None
    return Incoming(
        platform=Platform.TELEGRAM,
        workspace=str(message.chat.id),
        event_id=str(update.update_id),
        sender=sender_of(sender),
        typed=typed,
        answer_to=place_of(message),
        received_at=received_at,
        permalink=link_to(message),
        shared=read_shared(message, bot.id, words),
        is_private=message.chat.type == Chat.PRIVATE,
        language=sender.language_code or "",
    )


def _is_own_word(message: Message, sender: User) -> bool:
    return is_person(sender) and not (
        message.sender_chat or message.forward_origin or message.via_bot
    )


def _read_typed(message: Message, bot_name: str, medium: str) -> Typed | None:
    text, entities = text_of(message)
    if not text:
        return None
    command = _COMMAND.match(text)
    if command and command["bot"] and command["bot"].casefold() != bot_name.casefold():
        return None
    if message.chat.type != Chat.PRIVATE and not _is_for_us(command, entities):
        return None
    if command is None:
        return read_entities(text, entities_of(entities))
    rest = read_entities(text, entities_of(entities), command.end())
    typed = _join(command["word"] + command["space"], rest)
    return typed + _tell_medium(message, medium) if _takes_a_message(command["word"]) else typed


def _is_for_us(command: re.Match[str] | None, entities: Sequence[MessageEntity]) -> bool:
    """Tell whether what was written in a group begins with a command to us.

    Telegram does not mark a command that is shown as code: it is an example, not an order.
    """
    if command is None or not any(
        entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0 for entity in entities
    ):
        return False
    return bool(command["bot"]) or command["word"].casefold().startswith(_OUR_PREFIX)


def _takes_a_message(word: str) -> bool:
    spec = find_command(word)
    return spec is not None and spec.takes is Takes.MESSAGE


def _tell_medium(message: Message, medium: str) -> Typed:
    """Write a paragraph that says what the text belongs to, and leads there."""
    label, address = Text(medium), link_to(message)
    return (Paragraph((Link(address, (label,)) if address else label,)),) if medium else ()


def _join(head: str, rest: Typed) -> Typed:
    match rest:
        case (Text(text=text), *others):
            return (Text(head + text), *others)
        case _:
            return (Text(head), *rest)

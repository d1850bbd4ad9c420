"""The message that a command replies to, or the part of it that was quoted.

Source: https://core.telegram.org/bots/api#textquote and #externalreplyinfo
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telegram import (
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
)

from adapters.telegram.entities import read_blocks
from adapters.telegram.media import describe_media
from adapters.telegram.places import link_in, link_to
from adapters.telegram.received import entities_of, text_of
from bridge.markup.nodes import Paragraph, Shared, Text

if TYPE_CHECKING:
    from telegram import ExternalReplyInfo, Message, MessageOrigin, TextQuote

    from bridge.markup.nodes import Block
    from bridge.replies.words import Words


def read_shared(message: Message, bot_id: int, words: Words) -> Shared | None:
    """Read the message that a command is about; None if it replies to none.

    What the bot itself has said is talk with it, and what Telegram notes in a chat is no message.

    Args:
        message: the command.
        bot_id: our own number.
        words: the language in which media are described.
    """
    replied = message.reply_to_message
    if replied is None:
        return _read_external(message.external_reply, message.quote, words)
    if replied.from_user and replied.from_user.id == bot_id:
        return None
    quote = message.quote if message.quote and message.quote.is_manual else None
    children = _read_quote(quote) if quote else _read_all(replied, words)
    if not children:
        return None
    origin = replied.forward_origin
    return Shared(
        author=_author(origin) if origin else _sender(replied),
        children=children,
        href=link_to(replied) or _link(origin),
        sent_at=origin.date if origin else replied.date,
    )


def _read_external(
    reply: ExternalReplyInfo | None, quote: TextQuote | None, words: Words
) -> Shared | None:
    """Read a reply to a message in another chat, of which Telegram tells little but the quote."""
    if reply is None:
        return None
    children = (_read_quote(quote) if quote else ()) + _media(reply, words)
    if not children:
        return None
    href = _link(reply.origin)
    if reply.chat and reply.message_id:
        href = link_in(reply.chat, reply.message_id)
    return Shared(
        author=_author(reply.origin), children=children, href=href, sent_at=reply.origin.date
    )


def _read_all(message: Message, words: Words) -> tuple[Block, ...]:
    text, entities = text_of(message)
    return read_blocks(text, entities_of(entities)) + _media(message, words)


def _read_quote(quote: TextQuote) -> tuple[Block, ...]:
    return read_blocks(quote.text, entities_of(quote.entities or ()))


def _media(message: Message | ExternalReplyInfo, words: Words) -> tuple[Block, ...]:
    told = describe_media(message, words)
    return (Paragraph((Text(told),)),) if told else ()


def _sender(message: Message) -> str:
    if message.sender_chat:
        return _signed(message.sender_chat.effective_name, message.author_signature)
    return message.from_user.full_name if message.from_user else ""


def _author(origin: MessageOrigin) -> str:
    match origin:
        case MessageOriginUser():
            return origin.sender_user.full_name
        case MessageOriginHiddenUser():
            return origin.sender_user_name
        case MessageOriginChat():
            return _signed(origin.sender_chat.effective_name, origin.author_signature)
        case MessageOriginChannel():
            return _signed(origin.chat.effective_name, origin.author_signature)
    return ""


def _signed(name: str | None, signature: str | None) -> str:
    return ", ".join(filter(None, (name, signature)))


def _link(origin: MessageOrigin | None) -> str:
    if isinstance(origin, MessageOriginChannel):
        return link_in(origin.chat, origin.message_id)
    return ""

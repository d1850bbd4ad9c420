"""Answers in the chat.

Source: https://core.telegram.org/bots/api#sendmessage
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telegram import LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, TelegramError

from adapters.telegram.errors import chat_error
from adapters.telegram.outbound import render

if TYPE_CHECKING:
    from telegram import Bot, MessageEntity

    from bridge.markup.nodes import Document

_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


async def give_answer(
    bot: Bot, answer_to: dict[str, str | int], answer: Document, *, replaces: str = ""
) -> str:
    """Answer as a reply to the command, or edit the answer that ``replaces`` names.

    Returns the message's number, for a later ``replaces``; empty if it cannot be edited later.

    Raises:
        ChatError: it could not be given.
    """
    text, entities = render(answer)
    try:
        if replaces and await _edit(bot, int(answer_to["chat_id"]), replaces, (text, entities)):
            return replaces
        return await _send(bot, answer_to, text, entities)
    except TelegramError as error:
        failure = chat_error(error)
    # Raised out here, so that the library's error, which may hold an address, is no part of it.
    raise failure


async def _edit(
    bot: Bot, chat_id: int, replaces: str, message: tuple[str, list[MessageEntity]]
) -> bool:
    """Edit an earlier answer; False if that is not possible, because it is gone or too old."""
    text, entities = message
    try:
        await bot.edit_message_text(
            text,
            chat_id=chat_id,
            message_id=int(replaces),
            entities=entities,
            link_preview_options=_NO_PREVIEW,
        )
    except BadRequest as error:
        return "is not modified" in error.message
    except ChatMigrated:
        return False
    return True


async def _send(
    bot: Bot, answer_to: dict[str, str | int], text: str, entities: list[MessageEntity]
) -> str:
    thread_id = answer_to.get("thread_id")
    try:
        message = await bot.send_message(
            int(answer_to["chat_id"]),
            text,
            entities=entities,
            message_thread_id=int(thread_id) if thread_id else None,
            reply_parameters=ReplyParameters(
                int(answer_to["message_id"]), allow_sending_without_reply=True
            ),
            link_preview_options=_NO_PREVIEW,
        )
    except ChatMigrated as moved:
        new_chat_id = moved.new_chat_id
    else:
        return str(message.message_id)
    # A group that has become a supergroup counts its messages anew: there is nothing to reply to,
    # and the answer could not be found again by its number.
    await bot.send_message(new_chat_id, text, entities=entities, link_preview_options=_NO_PREVIEW)
    return ""

"""Answers in the chat.

Source: https://core.telegram.org/bots/api#sendmessage
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import InlineKeyboardButtonLimit
from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError

from adapters.telegram.errors import chat_error, pause_asked_seconds
from adapters.telegram.outbound import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telegram import Bot

    from adapters.telegram.pace import Pace
    from bridge.markup.nodes import Document
    from bridge.replies.button import Button

_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


class Answering:
    """Gives answers, no faster than Telegram takes them."""

    def __init__(self, bot: Bot, pace: Pace) -> None:
        self._bot = bot
        self._pace = pace

    async def give(
        self,
        answer_to: dict[str, str | int],
        answer: Document,
        buttons: Sequence[Button] = (),
        replaces: str = "",
    ) -> str:
        """Answer as a reply to the command, or edit the answer that ``replaces`` names.

        Without a ``message_id`` in ``answer_to`` it is no reply.

        Returns the message's number, for a later ``replaces``; empty if it cannot be edited later.
        When there is nothing to say, nothing is sent.

        Raises:
            ChatError: it could not be given.
        """
        content = _content(answer, buttons)
        if not content["text"].strip():
            return replaces
        chat_id = int(answer_to["chat_id"])
        await self._pace.turn(chat_id)
        try:
            if replaces and await self._edit(chat_id, replaces, content):
                return replaces
            return await self._send(answer_to, content)
        except TelegramError as error:
            if isinstance(error, RetryAfter):
                self._pace.keep_silent(chat_id, pause_asked_seconds(error))
            failure = chat_error(error)
        # Raised out here, so that the library's error, which may hold an address, is no part of it.
        raise failure

    async def _edit(self, chat_id: int, replaces: str, content: dict[str, Any]) -> bool:
        """Edit an earlier answer; False if that is not possible, because it is gone or too old."""
        try:
            await self._bot.edit_message_text(chat_id=chat_id, message_id=int(replaces), **content)
        except BadRequest as error:
            return "is not modified" in error.message
        except ChatMigrated:
            return False
        return True

    async def _send(self, answer_to: dict[str, str | int], content: dict[str, Any]) -> str:
        thread_id, message_id = answer_to.get("thread_id"), answer_to.get("message_id")
        try:
            message = await self._bot.send_message(
                int(answer_to["chat_id"]),
                message_thread_id=int(thread_id) if thread_id else None,
                reply_parameters=ReplyParameters(int(message_id), allow_sending_without_reply=True)
                if message_id
                else None,
                **content,
            )
        except ChatMigrated as moved:
            new_chat_id = moved.new_chat_id
        else:
            return str(message.message_id)
        # A group that has become a supergroup counts its messages anew: there is nothing to reply
        # to, and the answer could not be found again by its number.
        await self._bot.send_message(new_chat_id, **content)
        return ""


def _content(answer: Document, buttons: Sequence[Button]) -> dict[str, Any]:
    text, entities = render(answer)
    # One that does not fit must not cost the person the whole answer.
    rows = [
        [InlineKeyboardButton(button.label, callback_data=button.command)]
        for button in buttons
        if len(button.command.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
    ]
    return {
        "text": text,
        "entities": entities,
        "link_preview_options": _NO_PREVIEW,
        # An edit without a keyboard takes away the one that is there.
        "reply_markup": InlineKeyboardMarkup(rows) if rows else None,
    }

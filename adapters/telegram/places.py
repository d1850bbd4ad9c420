"""Where messages stand.

Source: https://core.telegram.org/api/links#message-links
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telegram import Chat

if TYPE_CHECKING:
    from telegram import Message


def place_of(message: Message) -> dict[str, str | int]:
    """Tell where to answer a message."""
    place: dict[str, str | int] = {"chat_id": message.chat.id, "message_id": message.message_id}
    # Replies outside of topics have a thread too, but nothing can be sent to it.
    if message.is_topic_message and message.message_thread_id:
        place["thread_id"] = message.message_thread_id
    return place


def link_to(message: Message) -> str:
    """Give a message's address; empty where messages have none."""
    # The library names the thread of every reply, even where there is none.
    return (message.link or "").removesuffix("?thread=None")


def link_in(chat: Chat, message_id: int) -> str:
    """Give the address of a message of which no more is known; empty where it has none."""
    if chat.type in {Chat.PRIVATE, Chat.GROUP}:
        return ""
    name = chat.username or f"c/{str(chat.id).removeprefix('-100')}"
    return f"https://t.me/{name}/{message_id}"

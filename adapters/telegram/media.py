"""What a message holds besides its text, in words: Bitrix24 is not sent the files themselves.

Source: https://core.telegram.org/bots/api#message
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from telegram import ExternalReplyInfo, Message

    from bridge.replies.words import Words

# An animation is told as a document, too, and a venue as a location.
_KINDS: Final = {
    "photo": Say.PHOTO,
    "video": Say.VIDEO,
    "animation": Say.ANIMATION,
    "voice": Say.VOICE,
    "video_note": Say.VIDEO_NOTE,
    "audio": Say.AUDIO,
    "sticker": Say.STICKER,
    "poll": Say.POLL,
    "checklist": Say.CHECKLIST,
    "contact": Say.CONTACT,
    "venue": Say.PLACE,
    "location": Say.PLACE,
    "document": Say.FILE,
}
_NAMES: Final = ("file_name", "title", "question", "emoji", "first_name")


def describe_media(message: Message | ExternalReplyInfo, words: Words) -> str:
    """Tell what comes with a message, such as ``file: report.pdf``; empty if nothing does."""
    for field, kind in _KINDS.items():
        if medium := getattr(message, field):
            told = words.spell(say(kind))
            name = next(filter(None, (getattr(medium, name, "") for name in _NAMES)), "")
            return words.spell(say(Say.NAMED, kind=told, name=name)) if name else told
    return ""

"""What each error of the Bot API means for an answer: one table.

Source: https://core.telegram.org/bots/api#making-requests and ``telegram.error``.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final, NamedTuple

from telegram import error as foreign

from bridge.errors import ChatError

# Telegram's own words say most about a refusal. They are shown only if they can hold neither a
# token nor an address, whoever has answered in Telegram's name.
_HARMLESS: Final = re.compile(r"(?:[A-Za-z_',.;: ]|\b[0-9]{1,4}\b){1,120}")


class Meaning(NamedTuple):
    """What an error means, for the log, and when another try may help; None when none will."""

    detail: str
    retry_after_seconds: float | None


MEANINGS: Final[dict[type[foreign.TelegramError], Meaning]] = {
    foreign.BadRequest: Meaning("Telegram refuses it", None),
    foreign.ChatMigrated: Meaning("the group has moved to a new number", None),
    foreign.Conflict: Meaning("another program uses the bot's token", 30.0),
    foreign.EndPointNotFound: Meaning("the Bot API server is too old", None),
    foreign.Forbidden: Meaning("the bot may not write in this chat", None),
    # An administrator can mend the token; the answer is still worth giving then.
    foreign.InvalidToken: Meaning("the bot's token is not accepted", 60.0),
    foreign.NetworkError: Meaning("Telegram cannot be reached", 5.0),
    foreign.PassportDecryptionError: Meaning("unreadable passport data", None),
    foreign.RetryAfter: Meaning("Telegram asks for a pause", 1.0),
    foreign.TelegramError: Meaning("Telegram's answer cannot be read", 5.0),
    # The answer may have arrived. Being told twice is a nuisance; never being told leaves a person
    # not knowing whether the bell has rung.
    foreign.TimedOut: Meaning("Telegram did not answer in time", 5.0),
}
"""Every class of ``telegram.error``. ``BadRequest`` and ``TimedOut`` are kinds of ``NetworkError``
there, so the nearest class decides."""


def chat_error(error: foreign.TelegramError) -> ChatError:
    """Translate an error; the result holds no address, token or text of a message."""
    meaning = next(MEANINGS[cls] for cls in type(error).__mro__ if cls in MEANINGS)
    retry_after_seconds = meaning.retry_after_seconds
    if isinstance(error, foreign.RetryAfter):
        retry_after_seconds = pause_asked_seconds(error)
    detail = meaning.detail
    if isinstance(error, foreign.BadRequest | foreign.Forbidden) and is_harmless(error.message):
        detail = f"{detail} ({error.message})"
    return ChatError(detail, retry_after_seconds=retry_after_seconds)


def is_harmless(words: str) -> bool:
    """Tell whether Telegram's own words can be shown: they hold neither a token nor an address."""
    return _HARMLESS.fullmatch(words) is not None


def pause_asked_seconds(error: foreign.RetryAfter) -> float:
    """Tell how long Telegram wants us to wait."""
    pause = error.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)

"""Times as people say them: how long ago, and in how long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.replies.words import Words

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_AGO: Final = ((_DAY, Say.AGO_DAYS), (_HOUR, Say.AGO_HOURS), (_MINUTE, Say.AGO_MINUTES))
_IN: Final = ((_HOUR, Say.IN_HOURS), (_MINUTE, Say.IN_MINUTES), (_SECOND, Say.IN_SECONDS))


def write_ago(at: datetime, now: datetime, words: Words) -> str:
    """Write how long ago something was, in whole units that have passed."""
    for unit, text in _AGO:
        if now - at >= unit:
            return words.spell(say(text, number=str((now - at) // unit)))
    return words.spell(say(Say.NOW))


def write_until(at: datetime, now: datetime, words: Words) -> str:
    """Write in how long something will be, in whole units, rounded up."""
    for unit, text in _IN:
        if at - now >= unit:
            return words.spell(say(text, number=str(-((now - at) // unit))))
    return words.spell(say(Say.AT_ONCE))

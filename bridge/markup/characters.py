"""What a person calls a character: mending broken ones, and not cutting through whole ones."""

from __future__ import annotations

import re
import unicodedata

WORD_JOINER = "\u2060"
"""Invisible, without width, no place to break a line: it makes markup literal."""

_EMOJI_STYLE = "\ufe0f"
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_POP_EMBEDDING, _POP_ISOLATE = "\u202c", "\u2069"
_ZERO_WIDTH_JOINERS = "\u200c\u200d"
_PREPENDED = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e")


def mend(text: str) -> str:
    """Make a text that can be sent: halves of a surrogate pair that stand together are joined.

    A half alone and NUL, which nobody can see or send, become U+FFFD, as CommonMark asks for NUL.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def end_directions(text: str) -> str:
    """End what turns the direction of a text's characters, lest it turn what follows the text.

    As in Unicode Standard Annex 9; what has been ended already is left as it is.
    """
    open_until: list[str] = []
    isolates = 0
    for char in _DIRECTIONS.findall(text):
        if char == _POP_ISOLATE:
            if isolates:
                isolates -= 1
                while open_until.pop() != _POP_ISOLATE:
                    pass
        elif char != _POP_EMBEDDING:
            is_isolate = char >= "\u2066"
            isolates += is_isolate
            open_until.append(_POP_ISOLATE if is_isolate else _POP_EMBEDDING)
        elif open_until and open_until[-1] == _POP_EMBEDDING:
            open_until.pop()
    return text + "".join(reversed(open_until))


def is_blank(text: str) -> bool:
    """Tell whether there is nothing to be seen: white space and invisible characters alone."""
    return not text[:1].isalnum() and all(
        char.isspace() or (unicodedata.category(char) == "Cf" and char not in _PREPENDED)
        for char in text
    )


def utf16_length(text: str) -> int:
    """Count UTF-16 code units, never fewer than code points."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def count_columns(text: str) -> int:
    """Count the columns that a text takes on a screen with letters of one width.

    Errs where screens differ; a whole emoji is two columns wide, however many characters it has.
    """
    if text.isascii():
        return len(text)
    columns, before = 0, ""
    for char in text:
        if char == _EMOJI_STYLE:
            columns += unicodedata.east_asian_width(before or " ") not in "WF"
        elif before != "\u200d" and not _extends(char) and unicodedata.category(char) != "Cf":
            columns += 1 + (unicodedata.east_asian_width(char) in "WF")
        before = char
    return columns


def last_boundary(text: str, index: int) -> int:
    """Find the last place at or before ``index`` where no grapheme cluster is cut.

    Errs on the side of keeping together; a cluster is as in Unicode Standard Annex 29.
    """
    index = min(index, len(text))
    while 0 < index < len(text) and _belong_together(text, index):
        index -= 1
    return index


def _belong_together(text: str, index: int) -> bool:
    before, after = text[index - 1], text[index]
    if after < "\u0300" and before < "\u0300":
        return before == "\r" and after == "\n"
    return (
        _extends(after)
        or before == "\u200d"
        or before in _PREPENDED
        or unicodedata.combining(before) == unicodedata.combining("\N{DEVANAGARI SIGN VIRAMA}")
        or (_is_flag_half(before) and _is_flag_half(after) and _is_inside_flag(text, index))
        or (_is_leading_jamo(before) and (_is_leading_jamo(after) or "\uac00" <= after <= "\ud7a3"))
    )


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or char in _ZERO_WIDTH_JOINERS
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags, as in the flag of Scotland
        or char in "\uff9e\uff9f\u0e33\u0eb3"
        or "\u1160" <= char <= "\u11ff"  # the vowels and ends of Hangul syllables
        or "\ud7b0" <= char <= "\ud7fb"
    )


def _is_leading_jamo(char: str) -> bool:
    return "\u1100" <= char <= "\u115f" or "\ua960" <= char <= "\ua97c"


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_inside_flag(text: str, index: int) -> bool:
    start = index
    while start and _is_flag_half(text[start - 1]):
        start -= 1
    return (index - start) % 2 == 1

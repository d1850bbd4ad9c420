"""Foreign text on a terminal: shown, but never obeyed as an escape sequence or a direction."""

from __future__ import annotations

from typing import Final

_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0))
_DIRECTIONS: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_LINE: Final[dict[int, str]] = dict.fromkeys((*_CONTROLS, *_DIRECTIONS), "\ufffd") | {0x09: " "}
_LINES: Final = {place: shown for place, shown in _LINE.items() if place != ord("\n")}
# What JSON lets stand as it is, though a terminal would obey it.
_JSON: Final = {place: f"\\u{place:04x}" for place in (*range(0x7F, 0xA0), *_DIRECTIONS)}


def visible(text: str, *, keep_lines: bool = False) -> str:
    """Put U+FFFD in place of all that a terminal would obey, and a space in place of a tab.

    Args:
        text: what somebody else may have written.
        keep_lines: whether line breaks are meant; else they are replaced, too.
    """
    return text.translate(_LINES if keep_lines else _LINE)


def visible_json(encoded: bytes) -> bytes:
    """Escape in JSON what a terminal would obey; the JSON stays the same to those who read it."""
    return encoded.decode().translate(_JSON).encode()

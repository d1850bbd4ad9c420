"""What Telegram's server does with texts: it measures, checks and finds entities.

Written independently of the bridge's own conversion, on the bytes of UTF-16.

Source: https://core.telegram.org/api/entities
"""

from __future__ import annotations

import re
from typing import Any, Final

Json = dict[str, Any]

_DETECTED: Final = re.compile(
    r"""
    (?P<url> https?://[^\s]+[^\s.,;:!?)\]»"'] )
    | (?P<email> (?<![\w.@]) [\w.+-]+@[\w-]+(?:\.[\w-]+)+ )
    | (?<![\w/<>]) (?P<bot_command> /[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})? ) (?![\w/<>])
    | (?<!\w) (?P<mention> @[A-Za-z0-9_]{2,32} ) \b
    | (?<!\w) (?P<hashtag> \#\w*[^\W\d]\w* )
    """,
    re.VERBOSE,
)
_MAX_ENTITIES: Final = 100
_HIDES_DETECTED: Final = {"code", "pre", "text_link", "text_mention"}


class BadEntity(Exception):
    """An entity that Telegram would not take."""


def count_units(text: str) -> int:
    """Count UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, offset: int, length: int) -> str:
    """Take a stretch, measured in UTF-16 code units.

    Raises:
        UnicodeDecodeError: it begins or ends within a character.
    """
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


def entity(text: str, part: str, type: str, **more: object) -> Json:  # noqa: A002
    """Make an entity for the first ``part`` of a text."""
    before, found, _ = text.partition(part)
    assert found, f"{part!r} is not in the text"
    return {"type": type, "offset": count_units(before), "length": count_units(part), **more}


def detect(text: str, given: list[Json]) -> list[tuple[Json, str]]:
    """Find what Telegram marks by itself, except where code, links and people are.

    Of what is given, Telegram sees the first hundred.
    """
    hidden = [
        range(one["offset"], one["offset"] + one["length"])
        for one in given[:_MAX_ENTITIES]
        if one["type"] in _HIDES_DETECTED
    ]
    found = []
    for match in _DETECTED.finditer(text):
        kind = match.lastgroup or ""
        offset, length = count_units(text[: match.start(kind)]), count_units(match[kind])
        if not any(offset < part.stop and part.start < offset + length for part in hidden):
            found.append(({"type": kind, "offset": offset, "length": length}, match[kind]))
    return found


def check_entities(text: str, entities: list[Json]) -> None:
    """Check a bot's entities.

    Raises:
        BadEntity: one is not of a type that bots may send, or not within the text.
    """
    for one in entities:
        offset, length = one["offset"], one["length"]
        if offset < 0 or length <= 0 or offset + length > count_units(text):
            raise BadEntity("entity is not within the text")
        try:
            cut(text, offset, length)
        except UnicodeDecodeError:
            raise BadEntity("entity begins or ends within a character") from None
        if one["type"] == "text_link" and not one.get("url", "").startswith(("http", "tg:")):
            raise BadEntity("entity has no address")

"""What the types of entities mean, in our words.

Handles, hashtags, cashtags and commands are their text, and so is what Bitrix24 has not: spoilers,
custom emoji, and whatever a future Bot API may bring.

Source: https://core.telegram.org/bots/api#messageentity
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from adapters.telegram.spans import Span, disjoint
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Emphasis,
    Link,
    Mention,
    Quote,
    Strike,
    Strong,
    Text,
    Underline,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from adapters.telegram.spans import Found
    from bridge.markup.nodes import Node

# Telegram takes Markdown that follows an address for a part of it.
_ADDRESS: Final = re.compile(r"[^\s|`]*[^\s|`*_~]")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://|mailto:", re.IGNORECASE)
# Behind these it belongs to somebody's name, to a number in Bitrix24, or to a typed address.
_IS_PART: Final = re.compile(r"(?<=[\w@#])|(?<=//)|(?<=[(<]tel:)|(?<=[(<]callto:)")


class Mark(Span, frozen=True):
    """A stretch that is shown as a node.

    Attributes:
        node: of which type.
        value: where a link leads, a person's number, a language, or a time.
        is_found_again: whether it is a link that is found in the bare text, too.
    """

    node: type[Node]
    value: str = ""
    is_found_again: bool = False


def understand(text: str, found: Iterable[Found]) -> Iterator[Mark]:
    """Tell what is meant, type after type; none overlaps another of its type."""
    by_type: defaultdict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_type[one.entity.type].append(one)
    for name, stretches in by_type.items():
        if meaning := _MEANINGS.get(name):
            # So no character is looked at more than once, however many entities stand there.
            for stretch in disjoint(stretches):
                if mark := meaning(text, stretch):
                    yield mark


def _as(node: type[Node]) -> Callable[[str, Found], Mark]:
    return lambda _, found: Mark(found.start, found.end, node)


def _within_breaks(text: str, found: Found) -> tuple[int, int]:
    """Leave the line breaks at its edges to the text around it."""
    words = text[found.start : found.end]
    start = found.start + len(words) - len(words.lstrip("\n"))
    return start, start + len(words.strip("\n"))


def _code(text: str, found: Found) -> Mark | None:
    """Several lines of code are a block: they are no part of a sentence."""
    start, end = _within_breaks(text, found)
    node = CodeBlock if "\n" in text[start:end] else Code
    return Mark(start, end, node) if start < end else None


def _pre(text: str, found: Found) -> Mark | None:
    start, end = _within_breaks(text, found)
    return Mark(start, end, CodeBlock, found.entity.language or "") if start < end else None


def _text_mention(text: str, found: Found) -> Mark | None:
    start, end = _within_breaks(text, found)
    user = found.entity.user
    return Mark(start, end, Mention, str(user.id)) if user and start < end else None


def _text_link(_: str, found: Found) -> Mark | None:
    url = found.entity.url
    return Mark(found.start, found.end, Link, url) if url else None


def _url(text: str, found: Found) -> Mark | None:
    match = _ADDRESS.match(text, found.start, found.end)
    if match is None:
        return None
    address = match[0]
    if _SCHEME.match(address):
        return Mark(*match.span(), Link, address, is_found_again=True)
    if "@" in address and "/" not in address:
        return _email(text, found)
    if _IS_PART.match(text, found.start):
        return None
    return Mark(*match.span(), Link, f"http://{address}")


def _email(text: str, found: Found) -> Mark | None:
    match = _ADDRESS.match(text, found.start, found.end)
    return match and Mark(*match.span(), Link, f"mailto:{match[0]}", is_found_again=True)


def _phone_number(text: str, found: Found) -> Mark | None:
    number = "".join(char for char in text[found.start : found.end] if char in "+0123456789")
    if not number or _IS_PART.match(text, found.start):
        return None
    return Mark(found.start, found.end, Link, f"tel:{number}")


def _date_time(text: str, found: Found) -> Mark | None:
    """A time is what its text says; where that says nothing, it is told behind it."""
    seconds = found.entity.unix_time
    if seconds is None or any(map(str.isalnum, text[found.start : found.end])):
        return None
    try:
        time = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return Mark(found.start, found.end, Text, f"{time:%Y-%m-%d %H:%M} UTC")


_MEANINGS: Final[dict[str, Callable[[str, Found], Mark | None]]] = {
    "blockquote": _as(Quote),
    "expandable_blockquote": _as(Quote),
    "bold": _as(Strong),
    "italic": _as(Emphasis),
    "underline": _as(Underline),
    "strikethrough": _as(Strike),
    "code": _code,
    "pre": _pre,
    "text_mention": _text_mention,
    "text_link": _text_link,
    "url": _url,
    "email": _email,
    "phone_number": _phone_number,
    "date_time": _date_time,
}

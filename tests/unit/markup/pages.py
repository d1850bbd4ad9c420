"""What is seen, in a form that can be compared: lines, characters, and what is active at each.

How formatting is cut into pieces makes no difference there, but everything that can be seen does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.sandbox.reader import Reading

Look: TypeAlias = frozenset[tuple[str, str]]
"""What is active at a character: kinds and values of spans, but for quotes."""
Cell: TypeAlias = tuple[str, Look]

PLAIN: Look = frozenset()
CODE: Look = frozenset({("code", "")})
_INVISIBLE = re.compile("[\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class Line(Struct, frozen=True):
    """A line that is not blank, without the white space at its ends.

    Attributes:
        cells: its characters.
        indent: how many steps of four it is indented; the portal shows no less.
        quote: the number of the quote it stands in, from 1; 0 if in none.
    """

    cells: tuple[Cell, ...]
    indent: int
    quote: int = 0

    @property
    def text(self) -> str:
        """Return its characters alone."""
        return "".join(char for char, _ in self.cells)


class Page(Struct, frozen=True):
    """All that is to be seen: lines, and the content of each box of code as it is."""

    lines: tuple[Line, ...]
    codes: tuple[str, ...]


def line_of(cells: Iterable[Cell], quote: int = 0) -> list[Line]:
    """Make a line of characters; none if there is nothing to be seen."""
    shown = [(char, look) for cell, look in cells for char in visible(cell)]
    text = "".join(char for char, _ in shown)
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    return [Line(tuple(shown[start:end]), start // 4, quote)] if end else []


def page_of(lines: Iterable[Line], codes: Iterable[str]) -> Page:
    """Put lines together: quotes are numbered as they come, and the first line is trimmed."""
    numbers = {0: 0}
    numbered = [replace(line, quote=numbers.setdefault(line.quote, len(numbers))) for line in lines]
    if numbered and not numbered[0].quote and not numbered[0].cells[0][1] >= CODE:
        numbered[0] = replace(numbered[0], indent=0)
    return Page(tuple(numbered), tuple(map(visible, codes)))


def seen(reading: Reading) -> Page:
    """Say what the reader saw."""
    looks: list[set[tuple[str, str]]] = [set() for _ in reading.text]
    quotes = [0] * len(looks)
    for number, span in enumerate(reading.spans, 1):
        for place in range(span.start, span.end):
            if span.kind == "quote":
                quotes[place] = number
            else:
                value = same_address(span.value) if span.kind == "url" else span.value
                looks[place].add((span.kind, value))
    cells = [(char, frozenset(look)) for char, look in zip(reading.text, looks, strict=True)]
    lines: list[Line] = []
    start = 0
    for text in reading.text.split("\n"):
        end = start + len(text)
        lines += line_of(cells[start:end], quotes[start] if text else 0)
        start = end + 1
    return page_of(
        lines, (reading.text[s.start : s.end] for s in reading.spans if s.kind == "code")
    )


def visible(text: str) -> str:
    """Leave out what nobody sees; a space that must not break looks as any other."""
    return _INVISIBLE.sub("", _sendable(text).replace("\xa0", " "))


def same_address(address: str) -> str:
    """Undo percent-encoding: what it means is the same."""
    scheme, colon, rest = _sendable(address).partition(":")
    return f"{scheme.lower()}{colon}{unquote(rest)}"


def _sendable(text: str) -> str:
    """Put U+FFFD where there is no character."""
    mended = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return mended.replace("\0", "\ufffd")

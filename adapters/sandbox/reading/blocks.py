"""The blocks of a message: plain text, quotes and code."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE_MARK = "\0"
"""Stands for a code block in the text around it; a message has no such character."""

_CODE = re.compile(r"\[code\]", re.IGNORECASE)
_CODE_END = re.compile(r"\[/code\]", re.IGNORECASE)
_ENDS_IN_BRACKET = re.compile(r"\][\s\ufeff]*\Z")
_FENCE = "-" * 54
_QUOTE = ">>"


class Kind(Enum):
    """What a block is."""

    PLAIN = auto()
    QUOTE = auto()


class Block(Struct, frozen=True):
    """A stretch of a message within which formatting begins and ends."""

    kind: Kind
    text: str


def take_code(text: str) -> tuple[str, list[str]]:
    """Put a mark in place of each code block, and return their contents beside the text.

    The line ends after ``[code]`` and ``[/code]`` belong to the tags; the second one is left to
    whoever shows the block.
    """
    parts: list[str] = []
    codes: list[str] = []
    position = 0
    while (begin := _CODE.search(text, position)) and (end := _CODE_END.search(text, begin.end())):
        parts.append(text[position : begin.start()])
        codes.append(text[begin.end() : end.start()].removeprefix("\n"))
        position = end.end()
    parts.append(text[position:])
    return CODE_MARK.join(parts), codes


def split_blocks(text: str) -> Iterator[Block]:
    """Split a text at its quotes, which are fenced by dashes or have ``>>`` before each line."""
    position = 0
    while True:
        begin = text.find(f"{_FENCE}\n", position)
        content = begin + len(_FENCE) + 1
        end = text.find(f"\n{_FENCE}", content) if begin >= 0 else -1
        if end < 0:
            break
        yield from _split_lines(text[position:begin], starts_line=position == 0)
        yield Block(Kind.QUOTE, text[content:end])
        position = end + 1 + len(_FENCE)
    yield from _split_lines(text[position:], starts_line=position == 0)


def _split_lines(text: str, *, starts_line: bool) -> Iterator[Block]:
    """Gather consecutive lines of one kind; plain ones keep the line ends beside quotes."""
    lines = text.split("\n")
    are_quotes = [_is_quote(line) for line in lines]
    are_quotes[0] = are_quotes[0] and starts_line
    first = 0
    while first < len(lines):
        end = first + 1
        while end < len(lines) and are_quotes[end] == are_quotes[first]:
            end += 1
        if are_quotes[first]:
            yield Block(Kind.QUOTE, "\n".join(line[len(_QUOTE) :] for line in lines[first:end]))
        else:
            before = "\n" if first else ""
            after = "\n" if end < len(lines) else ""
            yield Block(Kind.PLAIN, before + "\n".join(lines[first:end]) + after)
        first = end


def _is_quote(line: str) -> bool:
    # A bracket at the end of the line keeps the messenger from seeing the quote.
    return line.startswith(_QUOTE) and not _ENDS_IN_BRACKET.search(line)

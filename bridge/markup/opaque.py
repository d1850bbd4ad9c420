"""Nodes that a platform has marked already, kept whole while the text around them is parsed.

Each stands in the Markdown source as one private-use character that nobody has typed. To Markdown
that is a letter, so nothing that is typed around it changes its meaning.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from bridge.markup.autolinks import find_links
from bridge.markup.nodes import Image, Link, Text
from bridge.markup.plain import spell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Match

    from bridge.markup.nodes import Inline

_PRIVATE = re.compile("([\U000f0000-\U000ffffd\U00100000-\U0010fffd])")
_BARE_ADDRESS = re.compile(r"://[^\s<`]*|www\.[^\s<`]*")
_DELIMITERS = re.compile(r"[*_~]+[^\W_]?")


class Opaque:
    """The nodes that stand in one source, and the characters they stand as.

    Args:
        text: all that a person has typed: its own characters are never taken.
    """

    def __init__(self, text: str) -> None:
        self._free = _unused(text)
        self._nodes: dict[str, Inline] = {}
        self._texts: dict[int, str] = {}
        self._addresses: dict[int, str] = {}
        self._delimiters: dict[int, str] = {}

    def put(self, node: Inline) -> str | None:
        """Give a node a character to stand as; None when every character is taken."""
        char = next(self._free, None)
        if char is not None:
            self._nodes[char] = node
            text = spell((node,))
            self._texts[ord(char)] = text
            self._addresses[ord(char)] = (
                node.href if isinstance(node, Link | Image) else text.strip()
            )
        return char

    def shield(self, source: str) -> str:
        """Hide what Markdown would read as emphasis inside bare addresses, as in ``/__init__.py``.

        In GFM an address wins over emphasis, too.
        """
        return _BARE_ADDRESS.sub(self._shield_address, source)

    @property
    def is_used(self) -> bool:
        """Whether anything stands in the source that must be put back."""
        return bool(self._texts)

    def text(self, source: str) -> str:
        """Put texts back where only text can stand: code, HTML, descriptions of images."""
        return source.translate(self._texts) if self._texts else source

    def address(self, source: str) -> str:
        """Put addresses back in an address: of a link its own, of anything else its text."""
        return source.translate(self._addresses) if self._addresses else source

    def inlines(self, source: str, *, is_in_link: bool) -> list[Inline]:
        """Put nodes back in text, and find the bare addresses in the rest."""
        if self._texts and not source.isascii():
            source = source.translate(self._delimiters)
        if not self._nodes and source:
            return [Text(source)] if is_in_link else find_links(source)
        found: list[Inline] = []
        for part in _PRIVATE.split(source):
            if node := self._nodes.get(part):
                found.append(node)
            elif part:
                found += [Text(part)] if is_in_link else find_links(part)
        return found

    def _shield_address(self, match: Match[str]) -> str:
        address = match[0]
        if "_" in address or "*" in address or "~" in address:
            return _DELIMITERS.sub(self._shield_delimiters, address)
        return address

    def _shield_delimiters(self, match: Match[str]) -> str:
        found, before = match[0], match.string[match.start() - 1 : match.start()]
        if found[-1] in "*_~":  # at the end of the address, or before punctuation: emphasis
            return found
        if before.isalnum() and not found[:-1].strip("_"):  # within a word: never emphasis
            return found
        return "".join(map(self._hidden, found[:-1])) + found[-1]

    def _hidden(self, delimiter: str) -> str:
        for place, hidden in self._delimiters.items():
            if hidden == delimiter:
                return chr(place)
        char = next(self._free, None)
        if char is None:
            return delimiter
        for table in (self._delimiters, self._texts, self._addresses):
            table[ord(char)] = delimiter
        return char


def _unused(text: str) -> Iterator[str]:
    taken = set(_PRIVATE.findall(text))
    for place in chain(range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE)):
        if (char := chr(place)) not in taken:
            yield char

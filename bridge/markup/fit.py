"""Shortening a message to what the portal keeps: on the tree, never on what was rendered."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.markup import bbcode
from bridge.markup.characters import last_boundary, utf16_length
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Color,
    Document,
    Heading,
    Image,
    Item,
    LineBreak,
    List,
    Mention,
    Paragraph,
    Quote,
    Shared,
    Table,
    Text,
)
from bridge.markup.plain import spell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.markup.nodes import Block, Inline

_ELLIPSIS = Text("…")


def fit(document: Document, limit: int = 20_000) -> Document:
    """Shorten a message so that its BB codes have at most ``limit`` characters.

    A character is a UTF-16 code unit, as the strictest of those on the way counts them. A message
    that fits is returned as it is; one that does not ends in ``…``, and is never cut within a
    grapheme cluster, a mention, or (being a tree) a tag.
    """
    if _size(document) <= limit:
        return document
    # Every unit of length below is at least one rendered character, so `limit` of them are enough.
    lengths = range(limit + 1)
    fitting = bisect_right(lengths, limit, key=lambda length: _size(_shorten(document, length)))
    return _shorten(document, fitting - 1) if fitting else Document(())


def _size(document: Document) -> int:
    return utf16_length(bbcode.render(document))


def _shorten(document: Document, length: int) -> Document:
    return Document(_Shears(length).blocks(document.children))


class _Shears:
    """Copies a tree until ``left`` is used up: one for each character, and one for each node.

    When something is not taken any more an ellipsis stands in its place and ``is_done`` is set.
    """

    def __init__(self, left: int) -> None:
        self.left = left
        self.is_done = False

    def takes(self, cost: int = 1) -> bool:
        if self.left < cost:
            self.is_done = True
            return False
        self.left -= cost
        return True

    def cut(self, text: str) -> str:
        if self.takes(len(text)):
            return text
        return text[: last_boundary(text, self.left)].rstrip() + _ELLIPSIS.text

    def inlines(self, nodes: Iterable[Inline]) -> tuple[Inline, ...]:
        kept: list[Inline] = []
        for node in nodes:
            if self.is_done:
                break
            kept.append(self.inline(node) if self.takes() else _ELLIPSIS)
        return tuple(kept)

    def inline(self, node: Inline) -> Inline:
        match node:
            case Text() | Code():
                return replace(node, text=self.cut(node.text))
            case LineBreak():
                return node
            case Mention() | Image() | Color():
                return node if self.takes(len(spell((node,)))) else _ELLIPSIS
        return replace(node, children=self.inlines(node.children))

    def blocks(self, nodes: Iterable[Block]) -> tuple[Block, ...]:
        kept: list[Block] = []
        for node in nodes:
            if self.is_done:
                break
            kept.append(self.block(node) if self.takes() else Paragraph((_ELLIPSIS,)))
        return tuple(kept)

    def block(self, node: Block) -> Block:
        match node:
            case Paragraph() | Heading():
                return replace(node, children=self.inlines(node.children))
            case Quote(children) | Shared(children=children):
                return replace(node, children=self.blocks(children))
            case List(items):
                return replace(node, items=self.items(items))
            case Table(head, rows):
                return Table(self.row(head), self.rows(rows))
            case CodeBlock(text):
                return replace(node, text=self.cut(text))
        return node

    def items(self, items: Iterable[Item]) -> tuple[Item, ...]:
        kept: list[Item] = []
        for item in items:
            if self.is_done:
                break
            kept.append(Item(self.blocks(item.children), item.is_done))
        return tuple(kept)

    def rows(
        self, rows: Iterable[tuple[tuple[Inline, ...], ...]]
    ) -> tuple[tuple[tuple[Inline, ...], ...], ...]:
        kept: list[tuple[tuple[Inline, ...], ...]] = []
        for row in rows:
            if self.is_done:
                break
            kept.append(self.row(row))
        return tuple(kept)

    def row(self, cells: Iterable[tuple[Inline, ...]]) -> tuple[tuple[Inline, ...], ...]:
        kept: list[tuple[Inline, ...]] = []
        for cell in cells:
            if self.is_done:
                break
            kept.append(self.inlines(cell) if self.takes() else (_ELLIPSIS,))
        return tuple(kept)

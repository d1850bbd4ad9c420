"""Copying a tree with other words in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.markup.nodes import (
    Document,
    Emphasis,
    Heading,
    List,
    Mention,
    Paragraph,
    Quote,
    Shared,
    Strike,
    Strong,
    Table,
    Text,
    Underline,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bridge.markup.nodes import Block, Inline

    Rewrite = Callable[[Text | Mention], Iterable[Inline]]


def rewrite(document: Document, words: Rewrite) -> Document:
    """Copy a message with what ``words`` gives for each of its texts and mentions.

    Code and the labels of links are left alone: there, words are not meant to be more than words.
    """
    return Document(_blocks(document.children, words))


def _blocks(nodes: Iterable[Block], words: Rewrite) -> tuple[Block, ...]:
    return tuple(_block(node, words) for node in nodes)


def _block(node: Block, words: Rewrite) -> Block:
    match node:
        case Paragraph(children) | Heading(children=children):
            return replace(node, children=_inlines(children, words))
        case Quote(children) | Shared(children=children):
            return replace(node, children=_blocks(children, words))
        case List(items):
            return replace(
                node,
                items=tuple(
                    replace(item, children=_blocks(item.children, words)) for item in items
                ),
            )
        case Table(head, rows):
            return Table(_row(head, words), tuple(_row(row, words) for row in rows))
    return node


def _row(cells: Iterable[tuple[Inline, ...]], words: Rewrite) -> tuple[tuple[Inline, ...], ...]:
    return tuple(_inlines(cell, words) for cell in cells)


def _inlines(nodes: Iterable[Inline], words: Rewrite) -> tuple[Inline, ...]:
    written: list[Inline] = []
    for node in nodes:
        match node:
            case Text() | Mention():
                written += words(node)
            case Strong(children) | Emphasis(children) | Underline(children) | Strike(children):
                written.append(replace(node, children=_inlines(children, words)))
            case _:
                written.append(node)
    return tuple(written)

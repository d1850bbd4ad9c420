"""Markdown → tree: CommonMark, and GFM's tables, strikethrough, tasks, footnotes and autolinks.

The grammar is pyromark's (pulldown-cmark). As in a chat, a line that is broken stays broken; raw
HTML and footnotes are text.

Source: https://spec.commonmark.org/0.31.2/ and https://github.github.com/gfm/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyromark import Markdown, Options

from bridge.markup.autolinks import HINT
from bridge.markup.characters import mend
from bridge.markup.events import read_events
from bridge.markup.nodes import (
    CodeBlock,
    Document,
    Heading,
    LineBreak,
    List,
    Paragraph,
    Quote,
    Rule,
    Shared,
    Table,
    Text,
)
from bridge.markup.opaque import Opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.markup.nodes import Block, Typed

_MARKDOWN = Markdown(
    options=Options.ENABLE_TABLES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_FOOTNOTES
)
_BLOCKS = (Paragraph, Heading, Quote, Shared, CodeBlock, List, Table, Rule)


def parse(typed: str | Typed) -> Document:
    """Read Markdown, or what a person typed on a platform that has marked some of it already.

    In ``typed`` every ``Text`` is Markdown still to be read; all other nodes are taken over as they
    are, wherever they stand: blocks stand alone, inline nodes live in the text around them, in
    emphasis, in cells and labels, as their text in code, as their address in an address.

    Never raises; linear in its input. What cannot be sent (NUL, half a surrogate pair) becomes
    U+FFFD; nesting that is too deep (``events.MAX_DEPTH``) is flattened.
    """
    if isinstance(typed, str):
        source = _normalised(typed)
        return Document(tuple(_read(source, Opaque(source))))
    return Document(tuple(_read_stream(typed)))


def _normalised(source: str) -> str:
    return mend(source).replace("\r\n", "\n").replace("\r", "\n")


def _read_stream(typed: Typed) -> Iterator[Block]:
    whole = _normalised("".join(node.text for node in typed if isinstance(node, Text)))
    opaque = Opaque(whole)
    parts: list[str] = []
    for node in typed:
        if isinstance(node, Text):
            parts.append(node.text)
        elif isinstance(node, LineBreak):
            parts.append("\n")
        elif not isinstance(node, _BLOCKS) and (char := opaque.put(node)):
            parts.append(char)
        else:
            yield from _read(_normalised("".join(parts)), opaque)
            parts.clear()
            yield node if isinstance(node, _BLOCKS) else Paragraph((node,))
    yield from _read(_normalised("".join(parts)), opaque)


def _read(source: str, opaque: Opaque) -> list[Block]:
    if "://" in source or "www." in source:
        source = opaque.shield(source)
    # An entity or a backslash may stand within an address that is one without it.
    has_addresses = "&" in source or "\\" in source or HINT.search(source) is not None
    return read_events(_MARKDOWN.events(source), opaque, has_addresses=has_addresses)

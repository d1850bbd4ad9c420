"""``rich_text`` blocks, which are what Slack's own clients send, read into the message tree.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block/
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from adapters.slack.fields import get_list, get_objects, get_text
from adapters.slack.lists import ListTree
from adapters.slack.spans import Span, as_inlines, as_typed, read_spans
from bridge.markup.nodes import CodeBlock, LineBreak, Paragraph, Quote, Text
from bridge.markup.plain import spell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters.slack.fields import Object
    from bridge.markup.nodes import Block, Inline, Node, Typed

    Part: TypeAlias = "list[Span] | Block"

_MAX_DEPTH = 3
"""Lists and quotes that hold others as Slack never does: beyond this only their words are read."""
_BREAK = Span(LineBreak())
_QUOTE = "rich_text_quote"
_BLOCKS = frozenset({_QUOTE, "rich_text_section", "rich_text_list", "rich_text_preformatted"})


def read_rich_text(block: Object) -> Typed:
    """Read a block.

    What Slack marked becomes nodes; unstyled text in its lines, which is as a person typed it,
    stays ``Text`` for Markdown. Never raises; linear.
    """
    nodes: list[Node] = []
    is_line = False
    for part in _read_parts(get_objects(block, "elements"), depth=0):
        if not isinstance(part, list):
            nodes.append(part)
            is_line = False
        elif part:
            nodes += [Text("\n")] * is_line
            nodes += as_typed(part)
            is_line = True
    return tuple(nodes)


def read_line(block: Object) -> tuple[Inline, ...]:
    """Read a block where only inline nodes can stand, as in a cell: its lines, without more."""
    spans: list[Span] = []
    waiting = get_objects(block, "elements")[::-1]
    while waiting:
        element = waiting.pop()
        if not _kind(element):
            spans += read_spans([element])
        else:
            spans += [_BREAK] if spans and spans[-1] != _BREAK else []
            waiting += get_objects(element, "elements")[::-1]
    return as_inlines(spans)


def _read_parts(elements: Iterable[Object], depth: int) -> list[Part]:
    if depth > _MAX_DEPTH:
        return [read_spans(elements)]
    groups: list[tuple[bool, list[Object]]] = []
    for element in elements:
        # What has a border goes on with the quote before it: so Slack sends lists in quotes.
        is_quoted = _kind(element) == _QUOTE or (
            _kind(element) != "" and bool(element.get("border"))
        )
        if not groups or groups[-1][0] != is_quoted or _kind(element) == _QUOTE:
            groups.append((is_quoted, []))
        groups[-1][1].append(element)
    parts: list[Part] = []
    for is_quoted, group in groups:
        inner = list(_read_group(group, depth))
        parts += [Quote(tuple(_as_blocks(inner)))] if is_quoted else inner
    return parts


def _read_group(elements: Iterable[Object], depth: int) -> Iterator[Part]:
    for kind, group in groupby(elements, _kind):
        match kind:
            case "rich_text_list":
                yield from _read_lists(group, depth)
            case "rich_text_preformatted":
                yield from map(_read_preformatted, group)
            case "rich_text_quote" | "rich_text_section":
                for element in group:
                    yield from _read_parts(get_objects(element, "elements"), depth + 1)
            case _:
                yield read_spans(group)


def _read_lists(elements: Iterable[Object], depth: int) -> list[Block]:
    tree = ListTree()
    for element in elements:
        items = get_objects(element, "elements")
        tree.add(element, [_as_blocks(_read_parts([item], depth + 1)) for item in items])
    return tree.close()


def _read_preformatted(element: Object) -> CodeBlock:
    text = spell(as_inlines(read_spans(get_list(element, "elements"))))
    return CodeBlock(text, get_text(element, "language"))


def _as_blocks(parts: Iterable[Part]) -> list[Block]:
    blocks = [Paragraph(as_inlines(part)) if isinstance(part, list) else part for part in parts]
    return [block for block in blocks if block != Paragraph(())]


def _kind(element: Object) -> str:
    """Tell which block of a rich text it is; empty if it stands in a line."""
    kind = get_text(element, "type")
    return kind if kind in _BLOCKS else ""

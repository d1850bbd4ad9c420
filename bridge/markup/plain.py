"""Tree → plain text, as a careful person would type it: for e-mail, previews and fallbacks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.markup.characters import count_columns, is_blank
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Color,
    Heading,
    Image,
    LineBreak,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Shared,
    Table,
    Text,
)
from bridge.markup.shared import as_quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bridge.markup.nodes import Block, Document, Inline, Item

_SCHEME = re.compile("https?://|mailto:", re.IGNORECASE)
_WIDEST_CELL = 40
"""Columns are aligned up to this width: beyond it padding would only make lines wrap."""
_SMALL_TABLE = 2_000
"""A table of so many characters is aligned in any case; a larger one at most to twice its text."""


def render(document: Document) -> str:
    """Write a message as plain text: never raises, changes no text, ends without a line break."""
    return "\n".join(_blocks(document.children, is_tight=False))


def spell(nodes: Iterable[Inline]) -> str:
    """Tell what inline nodes show, without their formatting and addresses; a mention as ``@name``.

    This is what stands for them where only text can stand, in code or in an image's description.
    """
    return "".join(map(_spell, nodes))


def _spell(node: Inline) -> str:
    match node:
        case Text(text) | Code(text) | Color(text):
            return text
        case LineBreak():
            return "\n"
        case Mention():
            return f"@{node.label or node.external_id}"
        case Image(href, alt):
            return href if is_blank(alt) else alt
        case Link(href, children):
            label = spell(children)
            return href if is_blank(label) else label
    return spell(node.children)


def _inlines(nodes: Iterable[Inline]) -> str:
    return "".join(map(_inline, nodes))


def _inline(node: Inline) -> str:
    match node:
        case Text() | LineBreak() | Color():
            return _spell(node)
        case Code(text):
            return f"`{text}`"
        case Mention():
            return node.label or node.external_id
        case Image(href, alt):
            return _link(alt, href)
        case Link(href, children):
            return _link("".join(map(_label, children)), href)
    return _inlines(node.children)


def _label(node: Inline) -> str:
    return node.alt if isinstance(node, Image) else _inline(node)


def _link(label: str, href: str) -> str:
    address, label = _address(href), " ".join(label.split("\n"))
    if not address or is_blank(label):
        return address or label
    if _bare(label) == _bare(address):
        # As it was typed, unless that would lead elsewhere.
        return address if address.startswith("https:") else label
    is_number = href.startswith("tel:") and _digits(label) == _digits(address)
    return label if is_number else f"{label} ({address})"


def _address(href: str) -> str:
    """Write an address as people do: a mailbox and a number without their schemes."""
    scheme, _, rest = href.strip().partition(":")
    match scheme:
        case "mailto":
            return rest.partition("?")[0]
        case "tel":
            return rest
    return href.strip()


def _bare(address: str) -> str:
    address = address.strip().removesuffix("/")
    scheme = _SCHEME.match(address)
    return address[scheme.end() :] if scheme else address


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _blocks(blocks: Sequence[Block], *, is_tight: bool) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        written = _WRITERS[type(block)](block)
        if not any(written):
            continue
        if lines and not is_tight:
            lines.append("")
        lines += written
    return lines


def _paragraph(node: Paragraph | Heading) -> list[str]:
    return _inlines(node.children).split("\n")


def _quote(quote: Quote) -> list[str]:
    return [f"> {line}".rstrip() for line in _blocks(quote.children, is_tight=False)]


def _code_block(block: CodeBlock) -> list[str]:
    return [f"    {line}" if line else "" for line in block.text.split("\n")]


def _list(node: List) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate(node.items, node.start or 0):
        mark = "•" if node.start is None else f"{number}."
        lines += _item(item, mark)
    return lines


def _item(item: Item, mark: str) -> list[str]:
    if item.is_done is not None:
        box = "☑" if item.is_done else "☐"
        mark = box if mark == "•" else f"{mark} {box}"
    first, *rest = _blocks(item.children, is_tight=True) or [""]
    if item.children and isinstance(item.children[0], CodeBlock):
        first, rest = "", [first, *rest]
    indent = " " * (len(mark) + 1)
    return [f"{mark} {first}".rstrip(), *(f"{indent}{line}" if line else "" for line in rest)]


def _table(table: Table) -> list[str]:
    head, *others = (
        [_inlines(cell).replace("\n", " ") for cell in row] for row in (table.head, *table.rows)
    )
    has_head = not is_blank("".join(head))
    rows = [head, *others] if has_head else others
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        for column, cell in enumerate(row):
            widths[column] = max(widths[column], min(_width(cell), _WIDEST_CELL))
    lines = [_aligned(row, widths) for row in rows]
    if has_head:
        lines.insert(1, "-+-".join("-" * width for width in widths))
    bare = [" | ".join(row).rstrip() for row in rows]
    is_too_large = sum(map(len, lines)) > max(_SMALL_TABLE, 2 * sum(map(len, bare)))
    return bare if is_too_large else lines


def _aligned(row: list[str], widths: list[int]) -> str:
    return " | ".join(
        cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)
    ).rstrip()


def _width(text: str) -> int:
    """Count its columns; past the widest cell it need not be exact."""
    return count_columns(text) if len(text) <= _WIDEST_CELL else len(text)


def _rule(_: Rule) -> list[str]:
    return ["-" * 20]


_WRITERS: dict[type[Block], Callable[..., list[str]]] = {
    Paragraph: _paragraph,
    Heading: _paragraph,
    Quote: _quote,
    Shared: lambda node: _quote(as_quote(node)),
    CodeBlock: _code_block,
    List: _list,
    Table: _table,
    Rule: _rule,
}

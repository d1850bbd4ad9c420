"""pyromark's events → tree, in one pass.

Source: https://docs.rs/pulldown-cmark/latest/pulldown_cmark/enum.Event.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from bridge.markup.autolinks import HINT
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Image,
    Item,
    LineBreak,
    Link,
    List,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)
from bridge.markup.plain import spell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.markup.nodes import Block, Inline
    from bridge.markup.opaque import Opaque

MAX_DEPTH = 48
"""Containers nested deeper than this are dissolved into the one around them, so that whatever reads
a tree may go down it recursively."""

_LINE_BREAK = LineBreak()


def read_events(events: Iterable[Any], opaque: Opaque, *, has_addresses: bool) -> list[Block]:
    """Make blocks of what pyromark says.

    Args:
        events: each a name, or an object with one name and what belongs to it.
        opaque: the nodes that stand in the source as characters.
        has_addresses: whether there may be bare addresses in its text.
    """
    reader = _Reader(opaque, has_addresses=has_addresses)
    for event in events:
        if isinstance(event, str):
            reader.mark(event)
        else:
            kind, said = event.popitem()
            _EVENTS[kind](reader, said)
    return reader.root.children


class _Kind(Struct, frozen=True):
    """What can be open.

    Attributes:
        make: makes a node of what it held; None if nothing is to be made of it.
        is_inline: whether it stands in a paragraph.
        holds_blocks: whether blocks stand in it.
        is_link: whether addresses in it are no links of their own.
        nests: whether it counts as a container that can be nested.
    """

    make: Callable[[_Reader, _Frame], Any]
    is_inline: bool = False
    holds_blocks: bool = False
    is_link: bool = False
    nests: bool = False


class _Frame(Struct, gc=False):
    """A container that is open: what its start event said, what it holds so far."""

    kind: _Kind
    data: Any = None
    children: list[Any] = []
    is_done: bool | None = None


class _Reader:
    """Keeps what is open, and makes a node of what is closed."""

    def __init__(self, opaque: Opaque, *, has_addresses: bool) -> None:
        self.opaque = opaque
        self.is_opaque = opaque.is_used
        self.has_addresses = has_addresses
        self.root = _Frame(_ROOT)
        self.top = self.root
        self.stack: list[_Frame] = []
        self.links = 0
        self.footnotes: list[Inline] = []

    def mark(self, event: str) -> None:
        if event == "Rule":
            if self.top.kind is _IMPLICIT:
                self.leave()
            self.top.children.append(Rule())
        else:
            self.inline().append(_LINE_BREAK)

    def start(self, tag: str | dict[str, Any]) -> None:
        name, data = (tag, None) if isinstance(tag, str) else next(iter(tag.items()))
        kind, top = _KINDS[name], self.top
        if kind.is_inline:
            if top.kind.holds_blocks:
                top = self.open_paragraph()
            if kind.is_link:
                self.links += 1
        elif top.kind is _IMPLICIT:
            self.leave()
            top = self.top
        frame = _Frame(kind, data)
        if kind is _FOOTNOTE:
            self.footnotes.append(Text(f"[{self.opaque.text(str(data))}] "))
            frame.children = top.children
        elif len(self.stack) >= MAX_DEPTH and self.is_too_deep_for(kind):
            dissolved = _DISSOLVED_BLOCKS if top.kind.holds_blocks else _DISSOLVED_INLINES
            frame = _Frame(dissolved, None, top.children)
        self.stack.append(top)
        self.top = frame

    def is_too_deep_for(self, kind: _Kind) -> bool:
        if kind is _ITEM:  # a list and its items are dissolved together
            return self.top.kind in {_DISSOLVED_BLOCKS, _DISSOLVED_INLINES}
        return kind.nests

    def end(self, _: object) -> None:
        if self.top.kind is _IMPLICIT:
            self.leave()
        if self.top.kind.is_link:
            self.links -= 1
        self.leave()

    def open_paragraph(self) -> _Frame:
        self.stack.append(self.top)
        self.top = _Frame(_IMPLICIT)
        return self.top

    def leave(self) -> None:
        frame, self.top = self.top, self.stack.pop()
        made = frame.kind.make(self, frame)
        if made is not None:
            self.top.children.append(made)

    def inline(self) -> list[Any]:
        """Return where inline nodes go; the text of a tight item stands in no paragraph yet."""
        top = self.top
        return (self.open_paragraph() if top.kind.holds_blocks else top).children

    def text(self, text: str) -> None:
        top = self.top
        kind = top.kind
        if kind.holds_blocks:
            top = self.open_paragraph()
        if kind is _CODE_BLOCK:
            top.children.append(text)
        elif (self.has_addresses and not self.links and HINT.search(text)) or (
            self.is_opaque and not text.isascii()
        ):
            top.children += self.opaque.inlines(text, is_in_link=self.links > 0)
        else:
            top.children.append(Text(text))

    def code(self, text: str) -> None:
        self.inline().append(Code(self.opaque.text(text)))

    def html(self, text: str) -> None:
        children = self.inline()
        line = text.removesuffix("\n")
        children += self.opaque.inlines(line, is_in_link=True)
        if line != text:
            children.append(_LINE_BREAK)

    def footnote_reference(self, label: str) -> None:
        self.inline().append(Text(f"[{self.opaque.text(label)}]"))

    def task(self, is_done: bool) -> None:
        for frame in (self.top, self.stack[-1]):
            if frame.kind is _ITEM:
                frame.is_done = is_done
                return
        self.inline().append(Text("☑ " if is_done else "☐ "))

    def paragraph(self, frame: _Frame) -> Block | None:
        children: list[Inline] = frame.children
        while children and children[-1] is _LINE_BREAK:
            children.pop()
        if self.footnotes:
            children[:0] = self.footnotes
            self.footnotes.clear()
        return Paragraph(tuple(children)) if children else None

    def heading(self, frame: _Frame) -> Block:
        return Heading(int(frame.data["level"][1]), tuple(frame.children))

    def code_block(self, frame: _Frame) -> Block:
        text = self.opaque.text("".join(frame.children).removesuffix("\n"))
        info = "" if frame.data == "Indented" else self.opaque.text(frame.data["Fenced"])
        if not text:  # a fence that somebody has never closed: what stands behind it is meant
            return CodeBlock(info)
        return CodeBlock(text, info.partition(" ")[0])

    def table(self, frame: _Frame) -> None:
        """Close a table, and put behind it what the grammar leaves inside too large a one.

        The row at which it gives up is said twice: once as a row, and once more as a block.
        """
        head, *rest = frame.children
        rows = [row for row in rest if isinstance(row, tuple)]
        blocks = rest[len(rows) :]
        if blocks:
            rows.pop()
        self.top.children += [Table(head, tuple(rows)), *blocks]

    def row(self, frame: _Frame) -> tuple[tuple[Inline, ...], ...]:
        cells: list[tuple[Inline, ...]] = frame.children
        while len(cells) > 1 and not cells[-1]:
            cells.pop()
        return tuple(cells)

    def footnote(self, _: _Frame) -> Block | None:
        """Close a footnote: its blocks are dissolved into those around it, its label leads them."""
        labels = tuple(self.footnotes)
        self.footnotes.clear()
        return Paragraph(labels) if labels else None

    def link(self, frame: _Frame) -> Inline:
        href = self.opaque.address(frame.data["dest_url"])
        if frame.data["link_type"] == "Email":
            href = f"mailto:{href}"
        return Link(href, tuple(frame.children), self.opaque.text(frame.data["title"]))

    def image(self, frame: _Frame) -> Inline:
        alt = spell(frame.children).replace("\n", " ")
        href = self.opaque.address(frame.data["dest_url"])
        return Image(href, alt, self.opaque.text(frame.data["title"]))


_ROOT = _Kind(lambda _, __: None, holds_blocks=True)
_IMPLICIT = _Kind(_Reader.paragraph)
"""A paragraph without a start event, as in a tight item."""
_DISSOLVED_BLOCKS = _Kind(lambda _, __: None, holds_blocks=True)
_DISSOLVED_INLINES = _Kind(lambda _, __: None)
_FOOTNOTE = _Kind(_Reader.footnote, holds_blocks=True)
_CODE_BLOCK = _Kind(_Reader.code_block)
_ITEM = _Kind(lambda _, frame: Item(tuple(frame.children), frame.is_done), holds_blocks=True)
_KINDS = {
    "Paragraph": _Kind(_Reader.paragraph),
    "HtmlBlock": _Kind(_Reader.paragraph),
    "Heading": _Kind(_Reader.heading),
    "BlockQuote": _Kind(
        lambda _, frame: Quote(tuple(frame.children)), holds_blocks=True, nests=True
    ),
    "CodeBlock": _CODE_BLOCK,
    "List": _Kind(lambda _, frame: List(tuple(frame.children), frame.data), nests=True),
    "Item": _ITEM,
    "FootnoteDefinition": _FOOTNOTE,
    "Table": _Kind(_Reader.table),
    "TableHead": _Kind(_Reader.row),
    "TableRow": _Kind(_Reader.row),
    "TableCell": _Kind(lambda _, frame: tuple(frame.children)),
    "Emphasis": _Kind(lambda _, frame: Emphasis(tuple(frame.children)), is_inline=True, nests=True),
    "Strong": _Kind(lambda _, frame: Strong(tuple(frame.children)), is_inline=True, nests=True),
    "Strikethrough": _Kind(
        lambda _, frame: Strike(tuple(frame.children)), is_inline=True, nests=True
    ),
    "Link": _Kind(_Reader.link, is_inline=True, is_link=True),
    "Image": _Kind(_Reader.image, is_inline=True, is_link=True),
}
_EVENTS: dict[str, Callable[[_Reader, Any], None]] = {
    "Start": _Reader.start,
    "End": _Reader.end,
    "Text": _Reader.text,
    "Code": _Reader.code,
    "Html": _Reader.html,
    "InlineHtml": _Reader.html,
    "FootnoteReference": _Reader.footnote_reference,
    "TaskListMarker": _Reader.task,
}

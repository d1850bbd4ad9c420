"""Markdown → tree: CommonMark, and GFM's tables, strikethrough, tasks, footnotes and autolinks.

The grammar is pyromark's (pulldown-cmark); this makes a tree of its events. As in a chat, a line
that is broken stays broken; raw HTML is text; footnotes are text.

Source: https://spec.commonmark.org/0.31.2/ and https://github.github.com/gfm/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from pyromark import Markdown, Options

from bridge.markup.autolinks import HINT
from bridge.markup.characters import mend
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Document,
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
    Shared,
    Strike,
    Strong,
    Table,
    Text,
)
from bridge.markup.opaque import Opaque
from bridge.markup.plain import spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bridge.markup.nodes import Block, Inline, Typed

MAX_DEPTH = 48
"""Containers nested deeper than this are dissolved into the one around them, so that whatever reads
a tree may go down it recursively."""

_MARKDOWN = Markdown(
    options=Options.ENABLE_TABLES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_FOOTNOTES
)
_BLOCKS = (Paragraph, Heading, Quote, Shared, CodeBlock, List, Table, Rule)
_LINE_BREAK = LineBreak()


def parse(typed: str | Typed) -> Document:
    """Read Markdown, or what a person typed on a platform that has marked some of it already.

    In ``typed`` every ``Text`` is Markdown still to be read; all other nodes are taken over as they
    are, wherever they stand: blocks stand alone, inline nodes live in the text around them, in
    emphasis, in cells and labels, as their text in code, as their address in an address.

    Never raises; linear in its input. What cannot be sent (NUL, half a surrogate pair) becomes
    U+FFFD; nesting beyond ``MAX_DEPTH`` is flattened.
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
    reader = _Reader(opaque)
    for event in _MARKDOWN.events(source):
        if isinstance(event, str):
            reader.mark(event)
        else:
            ((kind, said),) = event.items()
            _EVENTS[kind](reader, said)
    return reader.root.children


class _Frame(Struct):
    """A container that is open: what it is, what its start event said, what it holds so far."""

    name: str
    data: Any = None
    holds_blocks: bool = False
    children: list[Any] = []
    is_done: bool | None = None


class _Reader:
    """Makes a tree of pyromark's events, in one pass."""

    def __init__(self, opaque: Opaque) -> None:
        self.opaque = opaque
        self.is_opaque = opaque.is_used
        self.root = _Frame("", holds_blocks=True)
        self.top = self.root
        self.stack: list[_Frame] = []
        self.links = 0
        self.footnotes: list[Inline] = []

    def mark(self, event: str) -> None:
        if event == "Rule":
            if self.top.name == _IMPLICIT:
                self.leave()
            self.top.children.append(Rule())
        else:
            self.inline().children.append(_LINE_BREAK)

    def start(self, tag: str | dict[str, Any]) -> None:
        name, data = (tag, None) if isinstance(tag, str) else next(iter(tag.items()))
        if name in _INLINES:
            self.inline()
            if name in _LINKS:
                self.links += 1
        elif self.top.name == _IMPLICIT:
            self.leave()
        frame = _Frame(name, data, name in _HOLDERS)
        if name == "FootnoteDefinition":
            self.footnotes.append(Text(f"[{self.opaque.text(str(data))}] "))
            frame.children = self.top.children
        elif len(self.stack) >= MAX_DEPTH and self.is_too_deep_for(name):
            frame = _Frame(_DISSOLVED, None, self.top.holds_blocks, self.top.children)
        self.stack.append(self.top)
        self.top = frame

    def is_too_deep_for(self, name: str) -> bool:
        if name == "Item":  # a list and its items are dissolved together
            return self.top.name == _DISSOLVED
        return name in _NESTING

    def end(self, _: object) -> None:
        if self.top.name == _IMPLICIT:
            self.leave()
        if self.top.name in _LINKS:
            self.links -= 1
        self.leave()

    def leave(self) -> None:
        frame, self.top = self.top, self.stack.pop()
        made = _MAKERS[frame.name](self, frame)
        if made is not None:
            self.top.children.append(made)

    def inline(self) -> _Frame:
        """Return where inline nodes go; the text of a tight item stands in no paragraph yet."""
        if self.top.holds_blocks:
            self.stack.append(self.top)
            self.top = _Frame(_IMPLICIT)
        return self.top

    def text(self, text: str) -> None:
        top = self.inline() if self.top.holds_blocks else self.top
        if top.name == "CodeBlock":
            top.children.append(text)
        elif (self.is_opaque and not text.isascii()) or (not self.links and HINT.search(text)):
            top.children += self.opaque.inlines(text, is_in_link=self.links > 0)
        else:
            top.children.append(Text(text))

    def code(self, text: str) -> None:
        self.inline().children.append(Code(self.opaque.text(text)))

    def html(self, text: str) -> None:
        children = self.inline().children
        line = text.removesuffix("\n")
        children += self.opaque.inlines(line, is_in_link=True)
        if line != text:
            children.append(_LINE_BREAK)

    def footnote_reference(self, label: str) -> None:
        self.inline().children.append(Text(f"[{self.opaque.text(label)}]"))

    def task(self, is_done: bool) -> None:
        for frame in (self.top, self.stack[-1]):
            if frame.name == "Item":
                frame.is_done = is_done
                return
        self.inline().children.append(Text("☑ " if is_done else "☐ "))

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


_IMPLICIT = "implicit paragraph"
_DISSOLVED = "dissolved"
_LINKS = frozenset({"Link", "Image"})
_INLINES = frozenset({"Emphasis", "Strong", "Strikethrough", *_LINKS})
_HOLDERS = frozenset({"BlockQuote", "Item", "FootnoteDefinition"})
_NESTING = frozenset({"BlockQuote", "List", "Emphasis", "Strong", "Strikethrough"})
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
_MAKERS: dict[str, Callable[[_Reader, _Frame], Any]] = {
    "Paragraph": _Reader.paragraph,
    _IMPLICIT: _Reader.paragraph,
    "HtmlBlock": _Reader.paragraph,
    "Heading": _Reader.heading,
    "BlockQuote": lambda _, frame: Quote(tuple(frame.children)),
    "CodeBlock": _Reader.code_block,
    "List": lambda _, frame: List(tuple(frame.children), frame.data),
    "Item": lambda _, frame: Item(tuple(frame.children), frame.is_done),
    "FootnoteDefinition": _Reader.footnote,
    "Table": _Reader.table,
    "TableHead": _Reader.row,
    "TableRow": _Reader.row,
    "TableCell": lambda _, frame: tuple(frame.children),
    "Emphasis": lambda _, frame: Emphasis(tuple(frame.children)),
    "Strong": lambda _, frame: Strong(tuple(frame.children)),
    "Strikethrough": lambda _, frame: Strike(tuple(frame.children)),
    "Link": _Reader.link,
    "Image": _Reader.image,
    _DISSOLVED: lambda _, __: None,
}

"""What a reader is meant to see of a tree: the expectation that rendering is held against.

Written from what the nodes mean and from what Bitrix24 can show, not from how it is rendered.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.markup.characters import is_blank
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Color,
    Emphasis,
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
    Strike,
    Strong,
    Table,
    Text,
    Underline,
)
from tests.unit.markup.pages import CODE, PLAIN, Page, line_of, page_of, same_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.markup.nodes import Block, Document, Inline, Item
    from tests.unit.markup.pages import Cell, Line, Look

_LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_FOLLOWED = re.compile(
    r"(?:(?:https?|ftp)://[^\s/?#]|(?:mailto|tel|skype|viber|callto):\S)", re.IGNORECASE
)
_FORMATS = {Strong: "b", Emphasis: "i", Underline: "u", Strike: "s"}
_SIZES = {1: "22", 2: "20", 3: "18", 4: "17", 5: "16", 6: "15"}


def meant(document: Document) -> Page:
    """Say what is to be seen of a message."""
    writer = _Writer()
    writer.blocks(document.children)
    writer.end_line()
    return page_of(writer.lines, writer.codes)


class _Writer:
    """Writes a tree down as lines.

    Attributes:
        bars: the marks of quotes within a quote.
        quote: the number of the quote around; 0 if there is none.
        marks: of items whose first line is to come, ``mark_indent`` steps from the edge.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.codes: list[str] = []
        self.cells: list[Cell] = []
        self.indent = 0
        self.bars = ""
        self.quote = 0
        self.quotes = 0
        self.marks = ""
        self.mark_indent = 0
        self.is_in_link = False
        self.is_on_one_line = False

    def end_line(self) -> None:
        cells, self.cells = self.cells, []
        if cells:
            self.put_line(cells)

    def put_line(self, cells: list[Cell]) -> None:
        indent = self.mark_indent if self.marks else self.indent
        before = self.bars + "    " * indent + self.marks
        self.marks = ""
        self.lines += line_of([*((char, PLAIN) for char in before), *cells], self.quote)

    def text(self, text: str, look: Look = PLAIN) -> None:
        first, *rest = _LINE_END.split(text)
        self.cells += [(char, look) for char in first]
        for line in rest:
            self.line_break(look)
            self.cells += [(char, look) for char in line]

    def line_break(self, look: Look) -> None:
        if self.is_on_one_line:
            self.cells.append((" ", look))
        else:
            self.end_line()

    def inlines(self, nodes: Iterable[Inline], look: Look = PLAIN) -> None:
        for node in nodes:
            self.inline(node, look)

    def on_one_line(self, nodes: Iterable[Inline], look: Look) -> None:
        before, self.is_on_one_line = self.is_on_one_line, True
        self.inlines(nodes, look)
        self.is_on_one_line = before

    def inline(self, node: Inline, look: Look) -> None:
        match node:
            case Text(text):
                self.text(text, look)
            case LineBreak():
                self.line_break(look)
            case Code(text):
                self.cells += [(char, look) for char in f"`{_LINE_END.sub(' ', text)}`"]
            case Link(href, children):
                self.link(href, children, look)
            case Image(href, alt):
                self.link(href, (Text(alt),), look)
            case Mention():
                self.mention(node, look)
            case Color(name):
                if re.fullmatch("#[0-9A-Fa-f]{6}", name):
                    self.text("■", look | {("color", name)})
                    self.text(" ", look)
                self.text(name, look)
            case Strong() | Emphasis() | Underline() | Strike():
                self.inlines(node.children, look | {(_FORMATS[type(node)], "")})

    def link(self, href: str, children: tuple[Inline, ...], look: Look) -> None:
        has_label = not is_blank(_spell(children))
        shown = children if has_label else (Text(href),)
        address = href.strip()
        if self.is_in_link:
            self.inlines(shown, look)
        elif _FOLLOWED.match(address):
            self.is_in_link = True
            self.on_one_line(shown, look | {("url", same_address(address))})
            self.is_in_link = False
        else:
            self.inlines(shown, look)
            if has_label and address and _spell(children) != href:
                self.text(f" ({href})", look)

    def mention(self, node: Mention, look: Look) -> None:
        name = " ".join(node.label.split())
        if node.user_id > 0 and not self.is_in_link:
            person = ("user", str(node.user_id))
            self.text(name or f"#{node.user_id}", look | {person})
        else:
            self.text(f"@{name or node.external_id or node.user_id}", look)

    def blocks(self, nodes: Iterable[Block]) -> None:
        for node in nodes:
            self.end_line()
            self.block(node)
            self.end_line()

    def block(self, node: Block) -> None:
        match node:
            case Paragraph(children):
                self.inlines(children)
            case Heading(level, children):
                self.on_one_line(children, frozenset({("b", ""), ("size", _SIZES[level])}))
            case Quote(children):
                self.quoted(children)
            case Shared():
                self.shared(node)
            case CodeBlock(text):
                self.code_block(_LINE_END.sub("\n", text))
            case List(items, start):
                self.items(items, start)
            case Table(head, rows):
                self.row(head, frozenset({("b", "")}))
                for row in rows:
                    self.row(row, PLAIN)
            case Rule():
                self.text("─" * 20)

    def quoted(self, blocks: tuple[Block, ...], first: tuple[Inline, ...] = ()) -> None:
        before = self.quote, self.bars
        if self.quote:
            self.bars += "│ "
        else:
            self.quotes += 1
            self.quote = self.quotes
        self.blocks((Paragraph(first), *blocks))
        self.quote, self.bars = before

    def shared(self, node: Shared) -> None:
        when = f"{node.sent_at:%Y-%m-%d %H:%M} UTC" if node.sent_at else ""
        where: Inline = Link(node.href, (Text(when),)) if node.href else Text(when)
        comma = Text(", " if node.author and (when or node.href) else "")
        self.quoted(node.children, (Strong((Text(node.author),)), comma, where))

    def code_block(self, text: str) -> None:
        look = PLAIN if self.quote else CODE
        if text and not self.quote:
            self.codes.append(text)
            if self.marks:
                self.put_line([])
        for line in text.split("\n"):
            if self.quote:
                self.cells = [(char, look) for char in "    " + line] if line else []
                self.end_line()
            else:
                self.lines += line_of((char, look) for char in line)

    def items(self, items: tuple[Item, ...], start: int | None) -> None:
        for number, item in enumerate(items, start or 0):
            self.item(item, "" if start is None else f"{number}. ")

    def item(self, item: Item, number: str) -> None:
        box = {None: "", True: "☑ ", False: "☐ "}[item.is_done]
        if not self.marks:
            self.mark_indent = self.indent
        self.marks += number + box or "• "
        self.indent += 1
        self.blocks(item.children)
        self.indent -= 1
        if self.marks:
            self.put_line([])

    def row(self, row: tuple[tuple[Inline, ...], ...], look: Look) -> None:
        for column, cell in enumerate(row):
            self.text(" | " if column else "", look)
            self.on_one_line(cell, look)
        self.end_line()


def _spell(nodes: Iterable[Inline]) -> str:
    """Say what is written in the nodes."""
    return "".join(map(_spell_one, nodes))


def _spell_one(node: Inline) -> str:
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
            label = _spell(children)
            return href if is_blank(label) else label
    return _spell(node.children)

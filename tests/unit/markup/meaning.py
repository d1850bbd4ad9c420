"""What a reader is meant to see of a tree: the expectation that rendering is held against.

Written from what the nodes mean and from what Bitrix24 can show, not from how it is rendered.
A page is compared line by line and character by character, each with all that is active there, so
how formatting is cut into pieces makes no difference, but everything that can be seen does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from msgspec import Struct

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

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.sandbox.reader import Reading
    from bridge.markup.nodes import Block, Document, Inline, Item

Look: TypeAlias = frozenset[tuple[str, str]]
"""What is active at a character: kinds and values of spans, but for quotes."""
Cell: TypeAlias = tuple[str, Look]

_INVISIBLE = re.compile("[\u2060\ufeff]")
_LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_FOLLOWED = re.compile(
    r"(?:(?:https?|ftp)://[^\s/?#]|(?:mailto|tel|skype|viber|callto):\S)", re.IGNORECASE
)
_FORMATS = {Strong: "b", Emphasis: "i", Underline: "u", Strike: "s"}
_SIZES = {1: "22", 2: "20", 3: "18", 4: "17", 5: "16", 6: "15"}


class Line(Struct, frozen=True):
    """A line that is not blank, without the white space at its ends.

    Attributes:
        cells: its characters.
        indent: how much white space is before it.
        quote: the number of the quote it stands in, from 1; 0 if in none.
    """

    cells: tuple[Cell, ...]
    indent: int
    quote: int = 0

    @property
    def text(self) -> str:
        """Return its characters alone."""
        return "".join(char for char, _ in self.cells)


class Page(Struct, frozen=True):
    """All that is to be seen: lines, and the content of each box of code as it is."""

    lines: list[Line]
    codes: list[str]


def meant(document: Document) -> Page:
    """Say what is to be seen of a message."""
    writer = _Writer()
    writer.blocks(document.children)
    writer.end_line()
    return Page(_numbered(writer.lines), writer.codes)


def seen(reading: Reading) -> Page:
    """Say what the reader saw."""
    looks: list[set[tuple[str, str]]] = [set() for _ in reading.text]
    quotes = [0] * len(looks)
    for number, span in enumerate(reading.spans, 1):
        for place in range(span.start, span.end):
            if span.kind == "quote":
                quotes[place] = number
            else:
                value = _same_address(span.value) if span.kind == "url" else span.value
                looks[place].add((span.kind, value))
    cells = [(char, frozenset(look)) for char, look in zip(reading.text, looks, strict=True)]
    lines: list[Line] = []
    start = 0
    for text in reading.text.split("\n"):
        end = start + len(text)
        lines += _line(cells[start:end], quotes[start] if text else 0)
        start = end + 1
    codes = [visible(reading.text[s.start : s.end]) for s in reading.spans if s.kind == "code"]
    return Page(_numbered(lines), codes)


def visible(text: str) -> str:
    """Leave out what nobody sees; a space that must not break looks as any other."""
    return _INVISIBLE.sub("", _sendable(text).replace("\xa0", " "))


def _sendable(text: str) -> str:
    """Put U+FFFD where there is no character."""
    mended = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return mended.replace("\0", "\ufffd")


def _same_address(address: str) -> str:
    """Undo percent-encoding: what it means is the same."""
    scheme, colon, rest = _sendable(address).partition(":")
    return f"{scheme.lower()}{colon}{unquote(rest)}"


def _line(cells: list[Cell], quote: int, indent: int = 0) -> list[Line]:
    shown = [(char, look) for cell, look in cells for char in visible(cell)]
    text = "".join(char for char, _ in shown)
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    return [Line(tuple(shown[start:end]), indent + start, quote)] if end else []


def _numbered(lines: list[Line]) -> list[Line]:
    """Number the quotes by the order in which they are seen."""
    numbers = {0: 0}
    return [
        Line(line.cells, line.indent, numbers.setdefault(line.quote, len(numbers)))
        for line in lines
    ]


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
        self.lines += _line([*((char, frozenset()) for char in before), *cells], self.quote)

    def text(self, text: str, look: Look = frozenset()) -> None:
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

    def inlines(self, nodes: Iterable[Inline], look: Look = frozenset()) -> None:
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
            self.on_one_line(shown, look | {("url", _same_address(address))})
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
                    self.row(row, frozenset())
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
        look: Look = frozenset() if self.quote else frozenset({("code", "")})
        if text and not self.quote:
            self.codes.append(visible(text))
            if self.marks:
                self.put_line([])
        for line in text.split("\n"):
            if self.quote:
                self.cells = [(char, look) for char in "    " + line] if line else []
                self.end_line()
            else:
                self.lines += _line([(char, look) for char in line], 0)

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
        case Image():
            return node.alt or node.href
        case Link():
            return _spell(node.children) or node.href
    return _spell(node.children)

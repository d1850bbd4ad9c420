"""Tree → the BB codes of a Bitrix24 notification.

Three decisions that the portal leaves to us:

- **Code within a sentence** stands between backticks. ``[code]`` would open a box of its own, and
  BB has no other code: backticks are what people type themselves, stay in the line, and cannot be
  taken for a part of the sentence, as quotation marks could.
- **Quotes within quotes** do not exist: the inner one is part of the outer, marked with a bar.
- **Code within a quote** is shown line by line, indented: a box would cross the quote's edge.

Source: https://apidocs.bitrix24.com/api-reference/chats/messages/index.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.markup import plain
from bridge.markup.characters import end_directions, is_blank
from bridge.markup.lines import LINE_END, Lines
from bridge.markup.literal import escape, escape_address, escape_code
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
from bridge.markup.shared import as_quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bridge.markup.nodes import Block, Document, Inline, Item, Node

_HEADING_SIZES = {1: 22, 2: 20, 3: 18, 4: 17, 5: 16}
_SMALLEST_HEADING = 15
_RULE = "─" * 20
_CODE_INDENT = "    "
_COLOR = re.compile("#[0-9A-Fa-f]{6}")
_SWATCH = "■"


def render(document: Document) -> str:
    """Write a message as BB codes.

    What the reader sees is what the tree's texts say, and nothing in them becomes active. Never
    raises; linear in the size of the tree. The result may be empty, and may be longer than the
    portal keeps: ``fit`` first.
    """
    writer = _Writer()
    writer.blocks(document.children, gap=2)
    return writer.finish()


class _Writer(Lines):
    """Knows how each node is written.

    Attributes:
        is_in_link: whether a link is open: there are no links or mentions within one.
    """

    __slots__ = ("is_in_link",)

    def __init__(self) -> None:
        super().__init__()
        self.is_in_link = False

    def inlines(self, nodes: Iterable[Inline]) -> None:
        for node in nodes:
            if type(node) is Text:
                self.text(node.text)
            else:
                _WRITERS[type(node)](self, node)

    def style(self, tag: str, nodes: Iterable[Inline]) -> None:
        outer = self.wanted
        if tag not in outer:
            self.wanted = (*outer, tag)
        self.inlines(nodes)
        self.wanted = outer

    def on_one_line(self, nodes: Iterable[Inline]) -> None:
        before, self.is_on_one_line = self.is_on_one_line, True
        self.inlines(nodes)
        self.is_on_one_line = before

    def link(self, href: str, label: Sequence[Inline]) -> None:
        if not _is_visible(label):
            label = (Text(href),)
        if self.is_in_link:
            self.inlines(label)
        elif address := escape_address(href):
            outer, self.wanted = self.wanted, (*self.wanted, f"url={address}")
            self.is_in_link = True
            self.on_one_line(label)
            self.is_in_link = False
            self.wanted = outer
        else:
            self.inlines(label)
            if href.strip() and plain.spell(label) != href:
                self.text(f" ({href})")

    def color(self, node: Color) -> None:
        if _COLOR.fullmatch(node.name):
            self.style(f"color={node.name}", (Text(_SWATCH),))
            self.text(" ")
        self.text(node.name)

    def mention(self, node: Mention) -> None:
        name = " ".join(node.label.split())
        if node.user_id <= 0 or self.is_in_link:
            self.text(f"@{name or node.external_id or node.user_id}")
        else:
            name = escape(end_directions(name) or f"#{node.user_id}")
            self.markup(f"[user={node.user_id}]{name}[/user]")

    def blocks(self, nodes: Iterable[Block], gap: int) -> None:
        for index, node in enumerate(nodes):
            if index:
                self.separate(gap)
            _WRITERS[type(node)](self, node)

    def heading(self, node: Heading) -> None:
        self.wanted = (f"size={_HEADING_SIZES.get(node.level, _SMALLEST_HEADING)}", "b")
        self.on_one_line(node.children)
        self.wanted = ()

    def quote(self, node: Quote) -> None:
        self.enter_quote()
        self.blocks(node.children, gap=2)
        self.leave_quote()

    def code_block(self, node: CodeBlock) -> None:
        text = LINE_END.sub("\n", node.text)
        if self.quotes:
            for line in text.split("\n"):
                self.text(_CODE_INDENT + line if line else "")
                self.line_break()
        elif text:
            self.box(f"[code]\n{escape_code(text)}[/code]")

    def items(self, node: List) -> None:
        for index, item in enumerate(node.items):
            if index:
                self.separate(1)
            mark = "• " if node.start is None else f"{node.start + index}. "
            if item.is_done is not None:
                box = "☑ " if item.is_done else "☐ "
                mark = box if node.start is None else mark + box
            self.item(item, mark)

    def item(self, node: Item, mark: str) -> None:
        if not self.bullet:
            self.bullet_indent = self.indent
        self.bullet += mark
        self.indent += 1
        self.blocks(node.children, gap=1)
        self.end_item()
        self.indent -= 1

    def table(self, node: Table) -> None:
        for index, row in enumerate((node.head, *node.rows)):
            if index:
                self.separate(1)
            self.wanted = () if index else ("b",)
            for column, cell in enumerate(row):
                self.text(" | " if column else "")
                self.on_one_line(cell)
        self.wanted = ()


def _is_visible(nodes: Iterable[Inline]) -> bool:
    for node in nodes:
        words = node.text if type(node) is Text else plain.spell((node,))
        if not is_blank(words):
            return True
    return False


_WRITERS: dict[type[Node], Callable[..., None]] = {
    Text: lambda writer, node: writer.text(node.text),
    LineBreak: lambda writer, _: writer.line_break(),
    Strong: lambda writer, node: writer.style("b", node.children),
    Emphasis: lambda writer, node: writer.style("i", node.children),
    Underline: lambda writer, node: writer.style("u", node.children),
    Strike: lambda writer, node: writer.style("s", node.children),
    Code: lambda writer, node: writer.text(f"`{LINE_END.sub(' ', node.text)}`"),
    Link: lambda writer, node: writer.link(node.href, node.children),
    Image: lambda writer, node: writer.link(node.href, (Text(node.alt),)),
    Mention: _Writer.mention,
    Color: _Writer.color,
    Paragraph: lambda writer, node: writer.inlines(node.children),
    Heading: _Writer.heading,
    Quote: _Writer.quote,
    Shared: lambda writer, node: writer.quote(as_quote(node)),
    CodeBlock: _Writer.code_block,
    List: _Writer.items,
    Table: _Writer.table,
    Rule: lambda writer, _: writer.text(_RULE),
}

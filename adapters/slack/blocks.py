"""The message tree as elements of a rich text block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Color,
    Emphasis,
    Heading,
    Image,
    Inline,
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
    from collections.abc import Iterable, Iterator

    from bridge.markup.nodes import Block, Item

Element = dict[str, Any]

_STYLES: Final[dict[type[Inline], str]] = {Strong: "bold", Emphasis: "italic", Strike: "strike"}
_MAX_INDENT = 8
_LINKABLE = ("https://", "http://", "mailto:")


class _Look(Struct, frozen=True):
    """How a text is shown: the styles of all the nodes around it, and where it leads."""

    styles: frozenset[str] = frozenset()
    href: str = ""

    def styled(self, style: str | None) -> _Look:
        return replace(self, styles=self.styles | {style}) if style else self


_PLAIN: Final = _Look()
_BOLD: Final = _Look(frozenset({"bold"}))
_CODE: Final = _Look(frozenset({"code"}))


class Writer:
    """Writes blocks as the elements of one ``rich_text`` block.

    Args:
        max_characters: texts beyond this many are cut off, the last one with an ellipsis.
    """

    def __init__(self, max_characters: int) -> None:
        self._left = max_characters

    def write(self, blocks: Iterable[Block]) -> list[Element]:
        """Write blocks; neighbours without a look of their own share a section."""
        elements: list[Element] = []
        for block in blocks:
            match block:
                case List():
                    elements += self._list(block, indent=0)
                case CodeBlock(text=text):
                    elements += _element("rich_text_preformatted", self._leaf(text))
                case Shared():
                    elements += _element("rich_text_quote", self._block(as_quote(block)))
                case Quote():
                    elements += _element("rich_text_quote", self._block(block))
                case _ if elements and elements[-1]["type"] == "rich_text_section":
                    elements[-1]["elements"] += [*self._leaf("\n\n"), *self._block(block)]
                case _:
                    elements += _element("rich_text_section", self._block(block))
        return elements

    def _list(self, block: List, indent: int) -> Iterator[Element]:
        sections: list[Element] = []
        start = block.start
        for number, item in enumerate(block.items, 1):
            sections += _element("rich_text_section", self._item(item))
            nested = [child for child in item.children if isinstance(child, List)]
            if sections and (nested or number == len(block.items)):
                yield _list_of(sections, indent, start)
                start = None if start is None else start + len(sections)
                sections = []
            for child in nested:
                yield from self._list(child, min(indent + 1, _MAX_INDENT))

    def _item(self, item: Item) -> Iterator[Element]:
        if item.is_done is not None:
            yield from self._leaf("☑ " if item.is_done else "☐ ")
        yield from self._flow(child for child in item.children if not isinstance(child, List))

    def _flow(self, blocks: Iterable[Block]) -> Iterator[Element]:
        for number, block in enumerate(blocks):
            if number:
                yield from self._leaf("\n")
            yield from self._block(block)

    def _block(self, block: Block) -> Iterator[Element]:
        """Write a block where Slack takes only text and links."""
        match block:
            case Paragraph(children=children):
                yield from self._inlines(children)
            case Heading(children=children):
                yield from self._inlines(children, _BOLD)
            case Quote(children=blocks):
                yield from self._flow(blocks)
            case Shared():
                yield from self._block(as_quote(block))
            case CodeBlock(text=text):
                yield from self._leaf(text, _CODE)
            case List(items=items):
                for number, item in enumerate(items):
                    yield from self._leaf("\n• " if number else "• ")
                    yield from self._flow(item.children)
            case Table():
                yield from self._table(block)
            case Rule():
                yield from self._leaf("———")

    def _table(self, table: Table) -> Iterator[Element]:
        for number, row in enumerate((table.head, *table.rows)):
            if number:
                yield from self._leaf("\n")
            for column, cell in enumerate(row):
                if column:
                    yield from self._leaf(" | ")
                yield from self._inlines(cell, _PLAIN if number else _BOLD)

    def _inlines(self, nodes: Iterable[Inline], look: _Look = _PLAIN) -> Iterator[Element]:
        for node in nodes:
            match node:
                case Text(text=text) | Color(name=text):
                    yield from self._leaf(text, look)
                case LineBreak():
                    yield from self._leaf("\n", look)
                case Code(text=text):
                    yield from self._leaf(text, look.styled("code"))
                case Link(href=href, children=children):
                    yield from self._inlines(children, replace(look, href=href))
                case Image(href=href, alt=alt):
                    yield from self._leaf(alt or href, replace(look, href=href))
                case Mention(label=label):
                    yield from self._leaf(f"@{label}", look)
                case Strong() | Emphasis() | Strike() | Underline():
                    yield from self._inlines(node.children, look.styled(_STYLES.get(type(node))))

    def _leaf(self, text: str, look: _Look = _PLAIN) -> Iterator[Element]:
        if not text or not self._left:  # Slack refuses an empty text.
            return
        shown = text if len(text) <= self._left else text[: self._left - 1] + "…"
        self._left -= len(shown)
        leaf: Element = {"type": "text", "text": shown}
        if look.href.lower().startswith(_LINKABLE):
            leaf |= {"type": "link", "url": look.href}
        if look.styles:
            leaf["style"] = dict.fromkeys(sorted(look.styles), True)
        yield leaf


def _element(kind: str, leaves: Iterable[Element]) -> Iterator[Element]:
    written = list(leaves)
    if written:  # Slack refuses an element with nothing in it.
        yield {"type": kind, "elements": written}


def _list_of(sections: list[Element], indent: int, start: int | None) -> Element:
    style = "bullet" if start is None else "ordered"
    element = {
        "type": "rich_text_list",
        "style": style,
        "indent": indent,
        "elements": sections,
    }
    return element if start is None or start <= 1 else element | {"offset": start - 1}

"""Taking the beginning of a message, on the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.markup.characters import is_blank, last_boundary
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Item,
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
    Underline,
)
from bridge.markup.plain import spell
from bridge.markup.shared import as_quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from bridge.markup.nodes import Block, Inline

    _Part = TypeVar("_Part")

ELLIPSIS = "…"


class Cutting:
    """The beginning of a message, as it is taken.

    Attributes:
        document: what was taken; it ends in ``…`` unless it is all there was.
        has_kept: whether the node that is looked for, or one just like it, was taken whole.
    """

    def __init__(self, document: Document, length: int, looked_for: Inline | None = None) -> None:
        self._left = length
        self._is_done = False
        self._is_marked = False
        self._looked_for = looked_for
        self.has_kept = False
        self.document = Document(self._blocks(document.children))

    def _takes(self, cost: int) -> bool:
        if self._left < cost:
            self._is_done = True
            return False
        self._left -= cost
        return True

    def _mark(self) -> Text:
        self._is_marked = True
        return Text(ELLIPSIS)

    def _each(self, nodes: Iterable[_Part], take: Callable[[_Part], _Part]) -> tuple[_Part, ...]:
        taken: list[_Part] = []
        for node in nodes:
            if self._is_done:
                break
            taken.append(take(node))
        return tuple(taken)

    def _inlines(self, nodes: Iterable[Inline]) -> tuple[Inline, ...]:
        taken = self._each(nodes, self._inline)
        return (*taken, self._mark()) if self._is_done and not self._is_marked else taken

    def _inline(self, node: Inline) -> Inline:
        taken = self._begin(node)
        self.has_kept |= node == self._looked_for and not self._is_done
        return taken

    def _begin(self, node: Inline) -> Inline:
        match node:
            case Text(text) | Code(text):
                if self._takes(len(text)):
                    return node
                kept = cut(text, self._left)
                return replace(node, text=kept) if kept else Text("")
            case Strong() | Emphasis() | Underline() | Strike():
                return replace(node, children=self._inlines(node.children))
            case Link(children=children) if not is_blank(spell(children)):
                label = self._inlines(children)
                if not self._is_done:
                    return node
                # What is left of a label stands for no address; the whole of it comes later.
                return Text(ELLIPSIS if node == self._looked_for else spell(label))
        return node if self._takes(len(spell((node,)))) else Text("")

    def _blocks(self, nodes: Iterable[Block]) -> tuple[Block, ...]:
        return self._each(nodes, self._block)

    def _block(self, node: Block) -> Block:
        match node:
            case Paragraph() | Heading():
                return replace(node, children=self._inlines(node.children))
            case Quote(children):
                return Quote(self._blocks(children))
            case Shared():
                return self._block(as_quote(node))
            case List(items):
                return replace(node, items=self._each(items, self._item))
            case Table(head, rows):
                return Table(self._row(head), self._each(rows, self._row))
            case CodeBlock() | Rule():
                return self._leaf(node)

    def _leaf(self, node: CodeBlock | Rule) -> Block:
        text = node.text if isinstance(node, CodeBlock) else " "
        if self._takes(len(text)):
            return node
        if isinstance(node, CodeBlock) and (kept := cut(text, self._left)):
            return replace(node, text=kept + self._mark().text)
        return Paragraph((self._mark(),))

    def _item(self, item: Item) -> Item:
        if self._takes(1):
            return replace(item, children=self._blocks(item.children))
        return Item((Paragraph((self._mark(),)),))

    def _row(self, cells: tuple[tuple[Inline, ...], ...]) -> tuple[tuple[Inline, ...], ...]:
        return self._each(cells, self._cell)

    def _cell(self, cell: tuple[Inline, ...]) -> tuple[Inline, ...]:
        return self._inlines(cell if self._takes(1) else ())


def cut(text: str, length: int) -> str:
    """Take at most so many code points of a text, no grapheme cluster in parts."""
    return text if len(text) <= length else text[: last_boundary(text, length)].rstrip()

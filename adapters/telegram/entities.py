"""A message's text and entities, read into nodes.

Entities may stand in any order, nest, touch, and overlap where one ends and another begins. The
text is cut wherever one of them starts or ends; each piece knows what it stands in, from the
outside to the inside, and neighbours that stand in the same make one node.

Nothing but quotes and code goes on over a line break: so what is typed around it, as a list or a
heading, is read line by line, as it was typed.

Source: https://core.telegram.org/bots/api#messageentity
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from adapters.telegram.meanings import Mark, understand
from adapters.telegram.spans import clear_of, disjoint, measure, unite
from bridge.markup.characters import mend
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Emphasis,
    LineBreak,
    Link,
    Mention,
    Paragraph,
    Quote,
    Strike,
    Strong,
    Text,
    Underline,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adapters.telegram.spans import Entity
    from bridge.markup.nodes import Block, Inline, Node, Typed

_STYLES: Final[dict[type[Node], type[Strong | Emphasis | Underline | Strike]]] = {
    style: style for style in (Strong, Emphasis, Underline, Strike)
}
_LEAVES: Final = {Code, CodeBlock, Mention, Text}


class _Piece(Struct, frozen=True):
    """A stretch of the text in which nothing starts or ends.

    Attributes:
        leaf: what the whole of it is, if it is code, a person, a time, or a line break.
        quote: the quote it stands in.
        around: styles and link, from the outside to the inside.
    """

    text: str
    leaf: Mark | None
    quote: Mark | None
    around: tuple[Mark, ...]

    @property
    def is_block(self) -> bool:
        """Whether it is lines of code, which no style can stand around."""
        return self.leaf is not None and self.leaf.node is CodeBlock


def read_entities(text: str, entities: Iterable[Entity], start: int = 0) -> Typed:
    """Read a message from its ``start``-th character on; linear in text and entities.

    Text that no entity formats is handed on as typed, with what Telegram finds in it by itself
    (handles, commands, addresses that ``markdown.parse`` finds, too). Nothing that can be seen is
    ever lost, whatever the entities say; what cannot be sent becomes U+FFFD.

    Args:
        text: the text or caption.
        entities: its entities; those that begin before ``start`` count from there.
        start: in characters, not in UTF-16 code units.
    """
    text = mend(text)  # its length in UTF-16 stays the same
    marks = list(understand(text, measure(text, entities, start)))
    if not marks:
        return (Text(text[start:]),)
    return tuple(_joined(_nodes(_pieces(text, start, marks))))


def read_blocks(text: str, entities: Iterable[Entity]) -> tuple[Block, ...]:
    """Read somebody else's message: it looks as in Telegram, and holds no Markdown to be read."""
    text = mend(text)
    marks = list(understand(text, measure(text, entities, 0)))
    # What stands in a quote is literal; so this is one great quote, of which the inside is taken.
    whole = Mark(0, len(text), Quote)
    pieces = (replace(one, quote=one.quote or whole) for one in _pieces(text, 0, marks))
    blocks: list[Block] = []
    for quote, quoted in groupby(pieces, lambda piece: piece.quote):
        found = tuple(_blocks(quoted))
        blocks += found if quote is whole else (Quote(found),) if found else ()
    return tuple(blocks)


def _pieces(text: str, start: int, marks: Sequence[Mark]) -> Iterator[_Piece]:
    breaks = (Mark(at, at + 1, LineBreak) for at in range(start, len(text)) if text[at] == "\n")
    leaves = disjoint([*(mark for mark in marks if mark.node in _LEAVES), *breaks])
    return _cut(text, start, leaves, clear_of(leaves, _wraps(marks)))


def _wraps(marks: Sequence[Mark]) -> Iterator[Mark]:
    """Find what stands around text; nothing of it stands in another of its kind."""
    for kind in (Quote, Link):
        yield from disjoint(mark for mark in marks if mark.node is kind)
    for style in _STYLES:
        yield from unite(mark for mark in marks if mark.node is style)


def _cut(text: str, start: int, leaves: Sequence[Mark], wraps: Iterable[Mark]) -> Iterator[_Piece]:
    leaf_at = {leaf.start: leaf for leaf in leaves}
    starting: defaultdict[int, list[Mark]] = defaultdict(list)
    edges = {start, len(text)}
    for leaf in leaves:
        edges |= {leaf.start, leaf.end}
    for wrap in wraps:
        edges |= {wrap.start, wrap.end}
        starting[wrap.start].append(wrap)
    # At most one of each kind is open at a time, so that this is linear.
    opened: list[Mark] = []
    for at, end in pairwise(sorted(edges)):
        opened = [mark for mark in opened if mark.end > at]
        opened += sorted(starting[at], key=lambda mark: -mark.end)
        found = leaf_at.get(at)
        is_break = found is not None and found.node is LineBreak
        yield _Piece(
            text[at:end],
            found,
            next((mark for mark in opened if mark.node is Quote), None),
            () if is_break else tuple(mark for mark in opened if mark.node is not Quote),
        )


def _joined(nodes: Iterable[Node]) -> Iterator[Node]:
    for kind, group in groupby(nodes, type):
        if kind is Text:
            yield Text("".join(node.text for node in group if isinstance(node, Text)))
        else:
            yield from group


def _nodes(pieces: Iterable[_Piece]) -> Iterator[Node]:
    for quote, quoted in groupby(pieces, lambda piece: piece.quote):
        if quote:
            if blocks := tuple(_blocks(quoted)):
                yield Quote(blocks)
            continue
        for is_block, group in groupby(quoted, lambda piece: piece.is_block):
            if is_block:
                yield from map(_code_block, group)
            else:
                yield from _inlines(group, 0)


def _blocks(pieces: Iterable[_Piece]) -> Iterator[Block]:
    for is_block, group in groupby(pieces, lambda piece: piece.is_block):
        if is_block:
            yield from map(_code_block, group)
        elif children := _without_outer_breaks(tuple(_inlines(group, 0))):
            yield Paragraph(children)


def _without_outer_breaks(nodes: tuple[Inline, ...]) -> tuple[Inline, ...]:
    words = [at for at, node in enumerate(nodes) if not isinstance(node, LineBreak)]
    return nodes[words[0] : words[-1] + 1] if words else ()


def _code_block(piece: _Piece) -> CodeBlock:
    return CodeBlock(piece.text, piece.leaf.value if piece.leaf else "")


def _inlines(pieces: Iterable[_Piece], depth: int) -> Iterator[Inline]:
    def wrap_of(piece: _Piece) -> Mark | None:
        return piece.around[depth] if depth < len(piece.around) else None

    for wrap, group in groupby(pieces, wrap_of):
        if wrap is None:
            yield from map(_bare, group)
        else:
            yield _wrap(wrap, tuple(group), depth)


def _wrap(wrap: Mark, pieces: tuple[_Piece, ...], depth: int) -> Inline:
    if _is_as_typed(wrap, pieces):
        return Text(pieces[0].text)
    children = tuple(_inlines(pieces, depth + 1))
    if style := _STYLES.get(wrap.node):
        return style(children)
    return Link(wrap.value, children)


def _is_as_typed(wrap: Mark, pieces: tuple[_Piece, ...]) -> bool:
    """Tell whether it is an address that nothing formats, which may be a part of Markdown."""
    first = pieces[0]
    return (
        wrap.is_found_again
        and first.leaf is None
        and first.quote is None
        and first.around == (wrap,)
        and len(first.text) == wrap.end - wrap.start
    )


def _bare(piece: _Piece) -> Inline:
    kind = piece.leaf.node if piece.leaf else None
    value = piece.leaf.value if piece.leaf else ""
    if kind is LineBreak:
        return LineBreak() if piece.quote else Text(piece.text)
    if kind is Code:
        return Code(piece.text)
    if kind is Mention:
        return Mention(piece.text.removeprefix("@"), value)
    return Text(f"{piece.text} {value}" if value else piece.text)

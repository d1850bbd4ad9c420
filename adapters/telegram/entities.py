"""A message's text and entities, read into nodes.

Entities may stand in any order, nest, touch, and overlap where one ends and another begins. The
text is cut wherever one of them starts or ends; each piece knows what it stands in, from the
outside to the inside, and neighbours that stand in the same make one node.

Source: https://core.telegram.org/bots/api#messageentity
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from telegram import MessageEntity

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

    from bridge.markup.nodes import Block, Inline, Node, Typed

_STYLES: Final[dict[str, type[Strong | Emphasis | Underline | Strike]]] = {
    MessageEntity.BOLD: Strong,
    MessageEntity.ITALIC: Emphasis,
    MessageEntity.UNDERLINE: Underline,
    MessageEntity.STRIKETHROUGH: Strike,
}
_QUOTES: Final = {MessageEntity.BLOCKQUOTE, MessageEntity.EXPANDABLE_BLOCKQUOTE}


class _Span(Struct, frozen=True):
    """A stretch of the text, in characters, and the entity that says what it is."""

    start: int
    end: int
    entity: MessageEntity


class _Piece(Struct, frozen=True):
    """A stretch of the text in which nothing starts or ends.

    Attributes:
        leaf: what the whole of it is, if it is code or a person.
        quote: the quote it stands in.
        around: styles and link, from the outside to the inside.
    """

    text: str
    leaf: MessageEntity | None
    quote: _Span | None
    around: tuple[_Span, ...]

    @property
    def is_block(self) -> bool:
        """Whether it is lines of code, which no style can stand around."""
        return self.leaf is not None and self.leaf.type == MessageEntity.PRE


def read_entities(text: str, entities: Iterable[MessageEntity], start: int = 0) -> Typed:
    """Read a message from its ``start``-th character on; linear in text and entities.

    What Telegram detects by itself (addresses, handles, commands …) stays text, and so does what
    Bitrix24 does not know (spoilers, custom emoji, dates).

    Args:
        text: the text or caption.
        entities: its entities; those that begin before ``start`` count from there.
        start: in characters, not in UTF-16 code units.
    """
    spans = list(_measure(text, entities, start))
    leaves = _disjoint(span for span in spans if _is_leaf(span.entity))
    wraps = _clear_of(leaves, _wraps(spans))
    return tuple(_nodes(_cut(text, start, leaves, wraps)))


def _measure(text: str, entities: Iterable[MessageEntity], start: int) -> Iterator[_Span]:
    """Turn UTF-16 code units into characters; an edge within a character is put before it."""
    characters = [
        index for index, char in enumerate(text) for _ in range(1 + (char > "\uffff"))
    ] + [len(text)]

    def character(unit: int) -> int:
        return max(start, characters[max(0, min(unit, len(characters) - 1))])

    for entity in entities:
        span = _Span(character(entity.offset), character(entity.offset + entity.length), entity)
        if span.start < span.end:
            yield span


def _is_leaf(entity: MessageEntity) -> bool:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user is not None
    return entity.type in {MessageEntity.PRE, MessageEntity.CODE}


def _is_link(entity: MessageEntity) -> bool:
    return entity.type == MessageEntity.TEXT_LINK and bool(entity.url)


def _wraps(spans: Sequence[_Span]) -> Iterator[_Span]:
    """Find what stands around text; nothing of it stands in another of its kind."""
    yield from _disjoint(span for span in spans if span.entity.type in _QUOTES)
    yield from _disjoint(span for span in spans if _is_link(span.entity))
    for style in _STYLES:
        yield from _unite(span for span in spans if span.entity.type == style)


def _disjoint(spans: Iterable[_Span]) -> list[_Span]:
    """Let the first of two that overlap have what is in both."""
    kept: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        start = max(span.start, kept[-1].end) if kept else span.start
        if start < span.end:
            kept.append(_Span(start, span.end, span.entity))
    return kept


def _unite(spans: Iterable[_Span]) -> list[_Span]:
    """Make one of two that overlap or touch."""
    united: list[_Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if united and span.start <= united[-1].end:
            first = united.pop()
            united.append(_Span(first.start, max(first.end, span.end), first.entity))
        else:
            united.append(span)
    return united


def _clear_of(leaves: Sequence[_Span], wraps: Iterable[_Span]) -> Iterator[_Span]:
    """Shorten what starts or ends in the middle of a leaf: a leaf is never cut."""
    ends = [leaf.end for leaf in leaves]

    def leaf_over(edge: int) -> _Span | None:
        at = bisect_right(ends, edge)
        return leaves[at] if at < len(leaves) and leaves[at].start < edge else None

    for wrap in wraps:
        first, last = leaf_over(wrap.start), leaf_over(wrap.end)
        start = first.end if first else wrap.start
        end = last.start if last else wrap.end
        if start < end:
            yield _Span(start, end, wrap.entity)


def _cut(
    text: str, start: int, leaves: Sequence[_Span], wraps: Iterable[_Span]
) -> Iterator[_Piece]:
    leaf_at = {leaf.start: leaf.entity for leaf in leaves}
    starting: defaultdict[int, list[_Span]] = defaultdict(list)
    edges = {start, len(text)}
    for leaf in leaves:
        edges |= {leaf.start, leaf.end}
    for wrap in wraps:
        edges |= {wrap.start, wrap.end}
        starting[wrap.start].append(wrap)
    # At most one of each kind is open at a time, so that this is linear.
    opened: list[_Span] = []
    for at, end in pairwise(sorted(edges)):
        opened = [span for span in opened if span.end > at]
        opened += sorted(starting[at], key=lambda span: -span.end)
        yield _Piece(
            text[at:end],
            leaf_at.get(at),
            next((span for span in opened if span.entity.type in _QUOTES), None),
            tuple(span for span in opened if span.entity.type not in _QUOTES),
        )


def _nodes(pieces: Iterable[_Piece]) -> Iterator[Node]:
    for quote, quoted in groupby(pieces, lambda piece: piece.quote):
        if quote:
            yield Quote(tuple(_blocks(quoted)))
            continue
        for is_block, group in groupby(quoted, lambda piece: piece.is_block):
            if is_block:
                yield from map(_code_block, group)
            else:
                yield from _inline(group, 0)


def _blocks(pieces: Iterable[_Piece]) -> Iterator[Block]:
    for is_block, group in groupby(pieces, lambda piece: piece.is_block):
        if is_block:
            yield from map(_code_block, group)
        elif children := _without_outer_breaks(list(_inline(group, 0))):
            yield Paragraph(tuple(children))


def _without_outer_breaks(nodes: list[Inline]) -> list[Inline]:
    while nodes and nodes[0] == LineBreak():
        del nodes[0]
    while nodes and nodes[-1] == LineBreak():
        del nodes[-1]
    return nodes


def _code_block(piece: _Piece) -> CodeBlock:
    language = piece.leaf.language if piece.leaf else None
    return CodeBlock(piece.text.removesuffix("\n"), language or "")


def _inline(pieces: Iterable[_Piece], depth: int) -> Iterator[Inline]:
    def wrap_of(piece: _Piece) -> _Span | None:
        return piece.around[depth] if depth < len(piece.around) else None

    for wrap, group in groupby(pieces, wrap_of):
        if wrap:
            yield _wrap(wrap.entity, tuple(_inline(group, depth + 1)))
        else:
            for piece in group:
                yield from _bare(piece)


def _wrap(entity: MessageEntity, children: tuple[Inline, ...]) -> Inline:
    if style := _STYLES.get(entity.type):
        return style(children)
    return Link(entity.url or "", children)


def _bare(piece: _Piece) -> Iterator[Inline]:
    match piece.leaf:
        case None if piece.quote or piece.around:
            yield from _lines(piece.text)
        case None:
            yield Text(piece.text)
        case MessageEntity(user=user) if user:
            yield Mention(piece.text.removeprefix("@"), str(user.id))
        case _:
            yield Code(piece.text)


def _lines(text: str) -> Iterator[Inline]:
    for number, line in enumerate(text.split("\n")):
        if number:
            yield LineBreak()
        if line:
            yield Text(line)

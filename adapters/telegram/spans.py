"""Where entities stand in a text: in characters, within its ends, in the way of none of their kind.

Source: https://core.telegram.org/bots/api#messageentity
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class MentionedUser(Struct, frozen=True):
    """The person whom a ``text_mention`` names."""

    id: int


class Entity(Struct, frozen=True):
    """What a client says of a stretch of text, as the Bot API has it.

    Attributes:
        type: one of the documented ones, or one of a future Bot API.
        offset: where it begins, in UTF-16 code units.
        length: in UTF-16 code units.
        url: where a ``text_link`` leads.
        user: whom a ``text_mention`` names.
        language: of a ``pre``.
        unix_time: the time that a ``date_time`` stands for.
    """

    type: str
    offset: int
    length: int
    url: str | None = None
    user: MentionedUser | None = None
    language: str | None = None
    unix_time: int | None = None


class Span(Struct, frozen=True):
    """A stretch of a text, in characters."""

    start: int
    end: int


class Found(Span, frozen=True):
    """A stretch, and the entity that says something of it."""

    entity: Entity


S = TypeVar("S", bound=Span)


def measure(text: str, entities: Iterable[Entity], start: int) -> Iterator[Found]:
    """Find where entities stand, from the ``start``-th character on; linear.

    What is outside of the text becomes empty; an edge within a character is put before it.
    """
    characters = [
        index for index, char in enumerate(text) for _ in range(1 + (char > "\uffff"))
    ] + [len(text)]

    def character(unit: int) -> int:
        return max(start, characters[max(0, min(unit, len(characters) - 1))])

    for entity in entities:
        end = entity.offset + entity.length
        yield Found(character(entity.offset), character(end), entity)


def disjoint(spans: Iterable[S]) -> list[S]:
    """Let the first of two that overlap have what is in both; leave out what is empty."""
    kept: list[S] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        start = max(span.start, kept[-1].end) if kept else span.start
        if start < span.end:
            kept.append(replace(span, start=start))
    return kept


def unite(spans: Iterable[S]) -> list[S]:
    """Make one of two that touch; of disjoint ones, in order."""
    united: list[S] = []
    for span in spans:
        if united and span.start == united[-1].end:
            united[-1] = replace(united[-1], end=span.end)
        else:
            united.append(span)
    return united


def clear_of(leaves: Sequence[Span], spans: Iterable[S]) -> Iterator[S]:
    """Shorten what starts or ends in the middle of a leaf: a leaf is never cut.

    Args:
        leaves: disjoint, in order.
        spans: any.
    """
    ends = [leaf.end for leaf in leaves]

    def leaf_over(edge: int) -> Span | None:
        at = bisect_right(ends, edge)
        return leaves[at] if at < len(leaves) and leaves[at].start < edge else None

    for span in spans:
        first, last = leaf_over(span.start), leaf_over(span.end)
        start = first.end if first else span.start
        end = last.start if last else span.end
        if start < end:
            yield replace(span, start=start, end=end)

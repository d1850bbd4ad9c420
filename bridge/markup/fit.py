"""Shortening a message to what the portal keeps: on the tree, never on what was rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bridge.markup import bbcode
from bridge.markup.characters import utf16_length
from bridge.markup.literal import escape_address
from bridge.markup.nodes import Document, Image, Link, Paragraph, Text
from bridge.markup.plain import spell
from bridge.markup.shears import ELLIPSIS, Cutting, cut
from bridge.markup.walk import walk_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bridge.markup.nodes import Inline

    Render = Callable[[Document], str]
    _Shortened = Callable[[int], Document]

_AFTER_LINK = Text(f" {ELLIPSIS}")


class Fitted(Struct, frozen=True):
    """A message as it is sent, and whether it had to be shortened for that."""

    text: str
    is_shortened: bool


def fit(
    document: Document,
    limit: int = 20_000,
    *,
    render: Render = bbcode.render,
    ending: tuple[Inline, ...] = (),
) -> Fitted:
    """Render a message, shortened if it would have more than ``limit`` characters.

    A character is a UTF-16 code unit, as the strictest of those on the way counts them. A shortened
    message ends in ``…`` and keeps its last link: ``words… label …``. With an ``ending`` it ends in
    ``…`` and the ending, on a line of its own. It is never cut within a grapheme cluster, a
    mention, or (being a tree) a tag.

    Args:
        document: the message.
        limit: how long it may be.
        render: what is to be short enough: BB codes or plain text.
        ending: where all of it can be read; left out if there is no room for it.
    """
    text = render(document)
    if utf16_length(text) <= limit:
        return Fitted(text, is_shortened=False)
    for shorten in _ways(document, limit, render, ending):
        if shortened := _longest(shorten, limit, render):
            return Fitted(shortened, is_shortened=True)
    return Fitted(ELLIPSIS[:limit], is_shortened=True)


def _ways(
    document: Document, limit: int, render: Render, ending: tuple[Inline, ...]
) -> Iterator[_Shortened]:
    """Yield how a message can be shortened to a length, the best way first."""
    if ending:
        yield lambda length: Document(
            (*Cutting(document, length).document.children, Paragraph(ending))
        )
    if last := _last_link(document):
        tail = _short_link(last, limit, render)
        yield lambda length: _keep_last(Cutting(document, length, last), tail)
    yield lambda length: Cutting(document, length).document


def _longest(shorten: _Shortened, limit: int, render: Render) -> str:
    """Find nearly the most that fits, in few tries; empty if nothing does."""
    found = render(shorten(0))
    low, low_size = 0, utf16_length(found)
    if low_size > limit:
        return ""
    # Nearly all that a length counts is a character as it is sent, so more is never needed.
    high = limit + 1
    high_size = utf16_length(render(shorten(high)))
    is_even = True
    while high - low > 1 and limit - low_size > limit // 1_000:
        # Most messages grow evenly with their length; halving gets on with the others.
        share = (limit - low_size) / max(high_size - low_size, 1) if is_even else 0.5
        is_even = not is_even
        length = min(max(low + int(share * (high - low)), low + 1), high - 1)
        text = render(shorten(length))
        size = utf16_length(text)
        if size <= limit:
            found, low, low_size = text, length, size
        else:
            high, high_size = length, size
    return found


def _last_link(document: Document) -> Link | Image | None:
    for node in walk_back(document.children):
        if isinstance(node, Link | Image) and escape_address(node.href):
            return node
    return None


def _short_link(node: Link | Image, limit: int, render: Render) -> Link:
    """Make a link that stands alone, whose label leaves at least half of the room to the rest."""
    label = node.children if isinstance(node, Link) else (Text(node.alt),)
    address = _size(Link(node.href, (Text(ELLIPSIS),)), render)
    room = max(limit - address, 0)
    if _size(Link(node.href, label), render) - address > room // 2:
        # Making a character literal takes one more at most.
        label = (Text(cut(spell(label), room // 4) + ELLIPSIS),)
    return Link(node.href, label)


def _size(link: Link, render: Render) -> int:
    return utf16_length(render(Document((Paragraph((link, _AFTER_LINK)),))))


def _keep_last(cutting: Cutting, link: Link) -> Document:
    if cutting.has_kept:
        return cutting.document
    match cutting.document.children:
        case (*before, Paragraph(children)):
            return Document((*before, Paragraph((*children, Text(" "), link, _AFTER_LINK))))
        case blocks:
            return Document((*blocks, Paragraph((link, _AFTER_LINK))))

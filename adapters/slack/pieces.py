"""What ``mrkdwn`` cuts a text into before it is known what each piece becomes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from adapters.slack.literal import as_markdown
from adapters.slack.references import BareUrl, Words, as_inline
from bridge.markup.autolinks import find_links
from bridge.markup.nodes import CodeBlock, Quote, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bridge.markup.nodes import Inline, Typed


class Mark(Struct, frozen=True):
    """A lone ``*``, ``_`` or ``~`` that may open, and is text until it is closed."""

    char: str


class Run(Struct, frozen=True):
    """Two or more of the same mark: Markdown's, not Slack's."""

    text: str


Piece: TypeAlias = "Inline | CodeBlock | Quote | BareUrl | Words | Mark | Run"


def as_typed(pieces: Sequence[Piece]) -> Typed:
    """Make nodes of pieces; text is left to Markdown, but for what Slack has shown as it is."""
    marks = Counter(_mark_of(piece) for piece in pieces if isinstance(piece, Mark | Run))
    return tuple(_join(_as_source(piece, marks) for piece in pieces))


def as_inlines(pieces: Iterable[Piece]) -> tuple[Inline, ...]:
    """Make nodes of pieces within a node, where nobody reads Markdown but addresses are links."""
    nodes: list[Inline] = []
    for node in _join(map(_as_node, pieces)):
        if isinstance(node, Text):
            nodes += find_links(node.text)
        elif not isinstance(node, CodeBlock | Quote):
            nodes.append(node)
    return tuple(nodes)


def has_unread_markdown(pieces: Sequence[Piece]) -> bool:
    """Whether Markdown will find something in them: a link, or marks that may be a pair."""
    runs = Counter(_mark_of(piece) for piece in pieces if isinstance(piece, Run))
    return any(number > 1 for number in runs.values()) or any(
        isinstance(piece, Text) and "](" in piece.text for piece in pieces
    )


def _as_source(piece: Piece, marks: Counter[str]) -> Inline | CodeBlock | Quote:
    match piece:
        case Mark(char=char):
            # Slack has left it alone, so two of them must be no pair for Markdown either.
            return Text(f"\\{char}" if marks[char] > 1 else char)
        case Run(text=text):
            return Text(text)
        case Words(text=text):
            return Text(as_markdown(text))
        case BareUrl(href=href):
            return Text(f"<{href}>")
    return piece


def _as_node(piece: Piece) -> Inline | CodeBlock | Quote:
    match piece:
        case Mark(char=text) | Run(text=text):
            return Text(text)
        case Words() | BareUrl():
            return as_inline(piece)
    return piece


def _join(nodes: Iterable[Inline | CodeBlock | Quote]) -> Iterator[Inline | CodeBlock | Quote]:
    text: list[str] = []
    for node in nodes:
        if isinstance(node, Text):
            text.append(node.text)
            continue
        if text:
            yield Text("".join(text))
            text.clear()
        yield node
    if text:
        yield Text("".join(text))


def _mark_of(piece: Mark | Run) -> str:
    return piece.char if isinstance(piece, Mark) else piece.text[0]

"""A block, shown: tags are matched, and those without a partner are text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from adapters.sandbox.reading.canvas import Look
from adapters.sandbox.reading.tags import SINGLE_LEVEL
from adapters.sandbox.reading.tokens import Role, Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters.sandbox.reading.canvas import Canvas
    from adapters.sandbox.reading.tokens import Piece

# A link in a link would end the outer one in any browser.
_LINKS = frozenset({"url", "img"})
_CODE = Look("code", "<pre><code>", "</code></pre>")


def show(text: str, codes: Iterator[str], canvas: Canvas) -> set[str]:
    """Show the text of a block; each mark in it is the next of ``codes``.

    Returns what in it breaks the real messenger.
    """
    tokens = Tokens(text)
    pieces = list(tokens)
    matched = _match_tags(pieces)
    is_in_link = False
    for index, piece in enumerate(pieces):
        if piece.role is Role.LEAF and not (is_in_link and piece.look.kind in _LINKS):
            canvas.open(piece.look)
            canvas.write(piece.shown)
            canvas.close()
        elif piece.role is Role.LINE_END:
            canvas.end_line()
        elif piece.role is Role.CODE:
            canvas.open_block(_CODE)
            canvas.write_as_is(next(codes))
            canvas.close_block()
        elif index not in matched:
            canvas.write(piece.source)
        elif piece.role is Role.OPEN:
            is_in_link = is_in_link or piece.name == "url"
            canvas.open(piece.look)
        else:
            is_in_link = is_in_link and piece.name != "url"
            canvas.close()
    return tokens.dangers


def _match_tags(pieces: Sequence[Piece]) -> set[int]:
    """Return the places of the tags that have a partner: well nested, the nearest one."""
    matched: set[int] = set()
    opened: list[int] = []
    waiting: Counter[str] = Counter()
    for index, piece in enumerate(pieces):
        name = piece.name
        if piece.role is Role.OPEN and not (name in SINGLE_LEVEL and waiting[name]):
            opened.append(index)
            waiting[name] += 1
        elif piece.role is Role.CLOSE and waiting[name]:
            partner = opened.pop()
            waiting[pieces[partner].name] -= 1
            while pieces[partner].name != name:
                partner = opened.pop()
                waiting[pieces[partner].name] -= 1
            matched |= {partner, index}
    return matched

"""Slack's command text, read into the message tree.

Source: https://docs.slack.dev/messaging/formatting-message-text/

One pass, linear in the text. What Slack marks becomes nodes; typed Markdown (``**bold**``,
``[label](url)``, lists, quotes) stays ``Text`` for ``bridge.markup.markdown`` to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.slack.code import Ticks
from adapters.slack.references import BareUrl, decode, read_reference
from bridge.markup.nodes import CodeBlock, Emphasis, Inline, Link, Strike, Strong, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bridge.markup.nodes import Typed


class _Mark(Struct, frozen=True):
    """A lone ``*``, ``_`` or ``~`` that may open, and is text until it is closed."""

    char: str


class _Run(Struct, frozen=True):
    """Two or more of the same mark: Markdown's, not Slack's."""

    text: str


_Piece = Inline | CodeBlock | BareUrl | _Mark | _Run

_WRAPPERS: dict[str, type[Strong | Emphasis | Strike]] = {
    "*": Strong,
    "_": Emphasis,
    "~": Strike,
}
_NO_BOUNDARY = "@#/\\"
"""A mark behind one of these belongs to a handle, a channel or a path, or is escaped."""
_URL_STARTS = ("http://", "https://")
_URL_ENDS = '<>`|"'
_AFTER_URL = "*_~.,;:!?'\")"


def parse(text: str) -> Typed:
    """Read the text of a slash command.

    Never fails: what is no valid markup is literal text. Line breaks stay in the ``Text`` nodes.
    """
    return tuple(_merge(_Scanner(text).scan(), is_inside=False))


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._unread_from = 0
        self._next_closing_bracket = -1
        self._ticks = Ticks(text)
        self._pieces: list[_Piece] = []
        self._open: dict[str, int] = {}
        """Where in ``_pieces`` this line's unclosed marks are, in order, one of a kind."""

    def scan(self) -> list[_Piece]:
        """Cut the text into pieces; a pair of marks with what it holds is one node."""
        text = self._text
        while self._at < len(text):
            char = text[self._at]
            if char == "<":
                self._read_bracket()
            elif char == "`":
                self._read_code()
            elif char in _WRAPPERS:
                self._read_marks(char)
            elif char == "h" and text.startswith(_URL_STARTS, self._at):
                self._at = _end_of_url(text, self._at)
            else:
                if char == "\n":
                    self._open.clear()
                self._at += 1
        self._emit_text()
        return self._pieces

    def _emit_text(self) -> None:
        if self._unread_from < self._at:
            self._pieces.append(Text(decode(self._text[self._unread_from : self._at])))

    def _emit(self, piece: _Piece, end: int) -> None:
        self._emit_text()
        self._pieces.append(piece)
        self._at = self._unread_from = end

    def _read_bracket(self) -> None:
        start, text = self._at, self._text
        if self._next_closing_bracket < start:
            found = text.find(">", start)
            self._next_closing_bracket = found if found >= 0 else len(text)
        end = self._next_closing_bracket
        is_whole = end < len(text) and text.find("<", start + 1, end) < 0
        reference = read_reference(text[start + 1 : end]) if is_whole else None
        if reference is None:
            self._at += 1
        elif isinstance(reference, Link) and self._is_markdown_target(start, end):
            self._emit(BareUrl(reference.href), end + 1)
        else:
            self._emit(reference, end + 1)

    def _is_markdown_target(self, start: int, end: int) -> bool:
        is_behind_label = self._text[max(0, start - 2) : start] == "]("
        return is_behind_label and self._text.startswith(")", end + 1)

    def _read_code(self) -> None:
        found = self._ticks.read(self._at)
        if isinstance(found, int):
            self._at = found
            return
        code, end = found
        self._emit(code, end)
        if isinstance(code, CodeBlock):
            self._open.clear()

    def _read_marks(self, char: str) -> None:
        start, text = self._at, self._text
        end = start + 1
        while text[end : end + 1] == char:
            end += 1
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        if end - start > 1:
            self._emit(_Run(text[start:end]), end)
        elif char in self._open and not before.isspace() and not after.isalnum():
            self._close(char)
        elif not before.isalnum() and (not before or before not in _NO_BOUNDARY) and after.strip():
            self._emit(_Mark(char), end)
            # The nearest pair wins, so an earlier mark of the kind is given up.
            self._open.pop(char, None)
            self._open[char] = len(self._pieces) - 1
        else:
            self._at = end

    def _close(self, char: str) -> None:
        opener = self._open[char]
        self._open = {kind: at for kind, at in self._open.items() if at < opener}
        self._emit_text()
        self._unread_from = self._at
        children = self._pieces[opener + 1 :]
        if any(_is_unread_markdown(piece) for piece in children):
            # Nobody reads Markdown within a node, so this pair is left to Markdown, too.
            mark = _Run("**" if char == "*" else char)
            self._pieces[opener] = mark
            self._emit(mark, self._at + 1)
        else:
            del self._pieces[opener:]
            self._emit(_WRAPPERS[char](_inlines(children)), self._at + 1)


def _end_of_url(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] not in _URL_ENDS and not text[end].isspace():
        end += 1
    return start + max(len(text[start:end].rstrip(_AFTER_URL)), 1)


def _is_unread_markdown(piece: _Piece) -> bool:
    return isinstance(piece, _Run) or (isinstance(piece, Text) and "](" in piece.text)


def _inlines(pieces: Sequence[_Piece]) -> tuple[Inline, ...]:
    # A block of code ends all open marks, so there is none among them.
    return tuple(n for n in _merge(pieces, is_inside=True) if not isinstance(n, CodeBlock))


def _merge(pieces: Iterable[_Piece], *, is_inside: bool) -> Iterator[Inline | CodeBlock]:
    text: list[str] = []
    for piece in pieces:
        match piece:
            case Text(text=words) | _Run(text=words) | _Mark(char=words):
                text.append(words)
            case BareUrl(href=href) if not is_inside:
                text.append(f"<{href}>")
            case _:
                if text:
                    yield Text("".join(text))
                    text.clear()
                yield Link(piece.href, (Text(piece.href),)) if isinstance(piece, BareUrl) else piece
    if text:
        yield Text("".join(text))

"""What has been made visible so far: as text, as spans, and as HTML."""

from __future__ import annotations

import re
from html import escape

import msgspec
from msgspec import Struct

WORD_JOINER = "\u2060"

_FOUR_SPACES = " " * 4
_FOUR_NO_BREAK_SPACES = "\xa0" * 4
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Span(Struct, frozen=True):
    """A stretch of the visible text that is more than text.

    Attributes:
        kind: what it is: ``b``, ``url``, ``user``, ``code``, ``quote`` …
        start: where it begins in the visible text.
        end: where it ends, not included.
        value: the address of a link, the id of a user …; empty where there is none.
    """

    kind: str
    start: int
    end: int
    value: str = ""


class Look(Struct, frozen=True):
    """How something active looks.

    Attributes:
        kind: that of its span.
        opening: HTML before it, our own.
        closing: HTML after it.
        value: that of its span.
    """

    kind: str
    opening: str = ""
    closing: str = ""
    value: str = ""


def styled(kind: str, value: str = "", data: str = "") -> Look:
    """Return a look that the page's style sheet decides on, by the class ``kind``.

    Args:
        kind: of the span, and the class.
        value: of the span.
        data: the name of a ``data-`` attribute that holds the value; empty for none.
    """
    attribute = f' data-{data}="{escape_text(value)}"' if data else ""
    return Look(kind, f'<span class="{kind}"{attribute}>', "</span>", value)


def escape_text(text: str) -> str:
    """Return HTML that shows a text, also as the value of an attribute in quotes."""
    return escape(_UNSHOWABLE.sub("\ufffd", text.replace(WORD_JOINER, "")))


class Canvas:
    """Takes what is seen, from left to right."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._html: list[str] = []
        self._spans: list[Span] = []
        self._open: list[tuple[int, Look]] = []
        self._length = 0
        self._is_line_start = True
        self._is_after_block = False

    @property
    def text(self) -> str:
        """The visible text."""
        return "".join(self._text)

    @property
    def html(self) -> str:
        """The same as HTML."""
        return "".join(self._html)

    @property
    def spans(self) -> tuple[Span, ...]:
        """What is active in it, outer before inner."""
        return tuple(self._spans)

    def write(self, text: str) -> None:
        """Show a text without line ends.

        Four spaces are kept as no-break spaces, fewer vanish where a line starts.
        """
        if self._is_line_start:
            spaces = len(text) - len(text.lstrip(" "))
            text = text[spaces % 4 :]
        if text:
            self.write_as_is(text.replace(_FOUR_SPACES, _FOUR_NO_BREAK_SPACES))

    def write_as_is(self, text: str) -> None:
        """Show a text with all its spaces and line ends."""
        self._start_line_after_block()
        self._put(text, escape_text(text))
        self._is_line_start = False

    def end_line(self) -> None:
        """Begin a new line; a block has done so already."""
        if self._is_after_block:
            self._start_line_after_block()
        else:
            self._put("\n", "<br>")
        self._is_line_start = True

    def open(self, look: Look) -> None:
        """Begin something active."""
        self._start_line_after_block()
        self._html.append(look.opening)
        self._open.append((len(self._spans), look))
        self._spans.append(Span(look.kind, self._length, self._length, look.value))

    def close(self) -> None:
        """End what was begun last."""
        index, look = self._open.pop()
        self._html.append(look.closing)
        self._spans[index] = msgspec.structs.replace(self._spans[index], end=self._length)

    def open_block(self, look: Look) -> None:
        """Begin a box that has its lines to itself."""
        if not self._is_line_start and not self._is_after_block:
            self._put("\n", "")
        self.open(look)
        self._is_line_start = True

    def close_block(self) -> None:
        """End a box; the line end that follows, if any, is part of it."""
        self.close()
        self._is_line_start = True
        self._is_after_block = True

    def _start_line_after_block(self) -> None:
        if self._is_after_block:
            self._is_after_block = False
            self._put("\n", "")

    def _put(self, text: str, html: str) -> None:
        visible = text.replace(WORD_JOINER, "")
        self._text.append(visible)
        self._html.append(html)
        self._length += len(visible)

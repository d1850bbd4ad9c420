"""The lines of a BB message while it is written: text, markup, breaks, quotes and indents."""

from __future__ import annotations

import re

from bridge.markup.characters import WORD_JOINER, end_directions
from bridge.markup.literal import MARK, escape, finish

LINE_END = re.compile("\r\n?|[\n\v\f\x85\u2028\u2029]")

_QUOTED_BRACKET = re.compile(r"^>>.*\](?:[^\S\n]|\ufeff)*$", re.MULTILINE)
_INDENT = "    "
"""Four: at the start of a line the portal keeps white space in fours, and drops what is left."""
_INNER_QUOTE = "│ "
_CLOSING = {tag: f"[/{tag}]" for tag in "bisu"}


class Lines:
    """Writes breaks and tags as late as possible: only when text comes that wants them.

    So empty, doubled and adjacent formatting leaves no trace, tags are well nested whatever the
    tree looks like, and none crosses the edge of a quote. Text is gathered as it is to be seen, a
    ``MARK`` in it for each piece of markup, and escaped all at once in the end.

    Attributes:
        wanted: the tags, outermost first, that hold for the text to come (``b``, ``url=https:…``).
        quotes: how many quotes are around it.
        indent: how many steps its lines are indented.
        bullet: what the next line begins with, at ``bullet_indent``; taken by that line.
        is_on_one_line: whether line breaks are to become spaces.
    """

    __slots__ = (
        "_breaks",
        "_has_quotes",
        "_is_line_quoted",
        "_is_line_started",
        "_is_same_quote",
        "_markup",
        "_open",
        "_text",
        "bullet",
        "bullet_indent",
        "indent",
        "is_on_one_line",
        "quotes",
        "wanted",
    )

    def __init__(self) -> None:
        self.wanted: tuple[str, ...] = ()
        self.quotes = 0
        self.indent = 0
        self.bullet = ""
        self.bullet_indent = 0
        self.is_on_one_line = False
        self._text: list[str] = []
        self._markup: list[str] = []
        self._open: tuple[str, ...] = ()
        self._breaks = 0
        self._is_line_started = False
        self._is_line_quoted = False
        self._is_same_quote = False
        self._has_quotes = False

    def text(self, text: str) -> None:
        """Write literal text; its line ends are line breaks."""
        if not text.isprintable():  # else it has neither line ends nor what turns directions
            *lines, text = LINE_END.split(text.replace(MARK, "\ufffd"))
            for line in lines:
                self.text(line)
                self.line_break()
            text = end_directions(text)
        if text:
            if not self._is_line_started or self._open != self.wanted:
                self._arrive()
            self._text.append(text)

    def markup(self, markup: str) -> None:
        """Write BB codes that are complete in themselves, within a line."""
        self._arrive()
        self._mark(markup)

    def box(self, markup: str) -> None:
        """Write BB codes that fill the whole width; only a bullet may stand before them."""
        indent = self.indent
        self.indent = 0
        self._start_line()
        self.indent = indent
        self._mark(markup)

    def line_break(self) -> None:
        """Break the line, within a block."""
        if self.is_on_one_line:
            self.text(" ")
        else:
            self._breaks += 1
            self._is_line_started = False

    def separate(self, breaks: int) -> None:
        """End a block, at least so many line breaks before the next; formatting ends, too."""
        if self._open:
            self._close(0)
        self._breaks = max(self._breaks, breaks)
        self._is_line_started = False

    def enter_quote(self) -> None:
        """Begin a quote at a new line; if one has just ended, an empty line keeps them apart."""
        if not self.quotes:
            self.separate(2 if self._is_line_quoted else 0)
            self._is_same_quote = False
            self._has_quotes = True
        self.quotes += 1

    def leave_quote(self) -> None:
        """End a quote."""
        self.quotes -= 1

    def end_item(self) -> None:
        """Write the bullet that nothing has followed."""
        if self.bullet:
            self.bullet = self.bullet.rstrip()
            self._start_line()

    def finish(self) -> str:
        """Close what is open; return the message."""
        self._close(0)
        text = escape("".join(self._text)).split(MARK)
        woven = [""] * (len(text) + len(self._markup))
        woven[::2] = text
        woven[1::2] = self._markup
        message = finish("".join(woven))
        if self._has_quotes:
            # The messenger sees no quote in a line that ends in a bracket.
            message = _QUOTED_BRACKET.sub(rf"\g<0>{WORD_JOINER}", message)
        return message

    def _mark(self, markup: str) -> None:
        self._text.append(MARK)
        self._markup.append(markup)

    def _arrive(self) -> None:
        if self._open:
            self._close(self._count_kept() if self.wanted else 0)
        if not self._is_line_started:
            self._start_line()
        if self._open != self.wanted:
            for tag in self.wanted[len(self._open) :]:
                self._text.append(MARK)
                self._markup.append(f"[{tag}]")
            self._open = self.wanted

    def _count_kept(self) -> int:
        """Count the open tags, from the outermost, that need not be closed here."""
        if self.quotes and not self._is_line_started:
            return 0
        kept = 0
        for is_open, is_wanted in zip(self._open, self.wanted, strict=False):
            if is_open != is_wanted:
                break
            kept += 1
        return kept

    def _close(self, keep: int) -> None:
        for tag in reversed(self._open[keep:]):
            self._text.append(MARK)
            self._markup.append(_CLOSING.get(tag) or f"[/{tag.partition('=')[0]}]")
        self._open = self._open[:keep]

    def _start_line(self) -> None:
        if self._text:
            self._end_line()
        if self.quotes or self.indent or self.bullet:
            indent = self.bullet_indent if self.bullet else self.indent
            quote = ">>" + _INNER_QUOTE * (self.quotes - 1) if self.quotes else ""
            if start := quote + _INDENT * indent + self.bullet:
                self._mark(start)
        self.bullet = ""
        self._breaks = 0
        self._is_line_started = True
        self._is_line_quoted = self._is_same_quote = self.quotes > 0

    def _end_line(self) -> None:
        if self._is_same_quote and self.quotes:
            for _ in range(self._breaks - 1):  # an empty line would end the quote
                self._text.append("\n")
                self._mark(f">>{WORD_JOINER}")
            self._text.append("\n")
        else:
            self._text.append("\n" * max(self._breaks, 1))

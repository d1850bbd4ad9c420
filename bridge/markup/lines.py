"""The lines of a BB message while it is written: runs of text, tags, breaks, quotes and indents."""

from __future__ import annotations

import re

from bridge.markup.characters import WORD_JOINER
from bridge.markup.literal import escape, finish

LINE_END = re.compile("\r\n?|[\n\v\f\x85\u2028\u2029]")

_ENDS_IN_BRACKET = re.compile(r"\][\s\ufeff]*\Z")
_INDENT = "    "
"""Four: at the start of a line the portal keeps white space in fours, and drops what is left."""
_INNER_QUOTE = "│ "


class Lines:
    """Writes breaks and tags as late as possible: only when text comes that wants them.

    So empty, doubled and adjacent formatting leaves no trace, tags are well nested whatever the
    tree looks like, and none crosses the edge of a quote. Text is gathered until the next tag or
    line break, then escaped as one run.

    Attributes:
        wanted: the tags, outermost first, that hold for the text to come (``b``, ``url=https:…``).
        quotes: how many quotes are around it.
        indent: how many steps its lines are indented.
        bullet: what the next line begins with, at ``bullet_indent``; taken by that line.
        is_on_one_line: whether line breaks are to become spaces.
    """

    __slots__ = (
        "_breaks",
        "_done",
        "_is_line_blank",
        "_is_line_quoted",
        "_is_line_started",
        "_is_same_quote",
        "_open",
        "_run",
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
        self._done: list[str] = []
        self._run: list[str] = []
        self._open: tuple[str, ...] = ()
        self._breaks = 0
        self._is_line_started = False
        self._is_line_blank = True
        self._is_line_quoted = False
        self._is_same_quote = False

    def text(self, text: str) -> None:
        """Write literal text; its line ends are line breaks."""
        if LINE_END.search(text):
            first, *rest = LINE_END.split(text)
            self.word(first)
            for line in rest:
                self.line_break()
                self.word(line)
        elif text:
            if not self._is_line_started or self._open != self.wanted:
                self._arrive()
            self._run.append(text)

    def word(self, text: str) -> None:
        """Write literal text that has no line ends."""
        if text:
            if not self._is_line_started or self._open != self.wanted:
                self._arrive()
            self._run.append(text)

    def markup(self, markup: str) -> None:
        """Write BB codes that are complete in themselves, within a line."""
        self._arrive()
        self._flush()
        self._done.append(markup)
        self._is_line_blank = False

    def box(self, markup: str) -> None:
        """Write BB codes that fill the whole width; only a bullet may stand before them."""
        indent = self.indent
        self.indent = 0
        self._start_line()
        self.indent = indent
        self._done.append(markup)

    def line_break(self) -> None:
        """Break the line, within a block."""
        if self.is_on_one_line:
            self.word(" ")
        else:
            self._breaks += 1
            self._is_line_started = False

    def separate(self, breaks: int) -> None:
        """End a block, at least so many line breaks before the next; formatting ends, too."""
        self._close(0)
        self._breaks = max(self._breaks, breaks)
        self._is_line_started = False

    def enter_quote(self) -> None:
        """Begin a quote at a new line; if one has just ended, an empty line keeps them apart."""
        if not self.quotes:
            self.separate(2 if self._is_line_quoted else 0)
            self._is_same_quote = False
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
        message = finish("".join(self._done))
        if self._is_line_quoted and _ENDS_IN_BRACKET.search(message):
            message += WORD_JOINER
        return message

    def _arrive(self) -> None:
        self._close(self._count_kept() if self._open else 0)
        if not self._is_line_started:
            self._start_line()
        if self._open != self.wanted:
            for tag in self.wanted[len(self._open) :]:
                self._done.append(f"[{tag}]")
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
        if self._run:
            self._flush()
        if len(self._open) > keep:
            for tag in reversed(self._open[keep:]):
                self._done.append(f"[/{tag.partition('=')[0]}]")
            self._open = self._open[:keep]

    def _flush(self) -> None:
        run = "".join(self._run)
        self._run.clear()
        self._done.append(escape(run, starts_line=self._is_line_blank))
        if self._is_line_blank and run and not run.isspace():
            self._is_line_blank = False

    def _start_line(self) -> None:
        if self._done:
            self._end_line()
        indent = self.bullet_indent if self.bullet else self.indent
        quote = ">>" + _INNER_QUOTE * (self.quotes - 1) if self.quotes else ""
        self._done.append(quote + _INDENT * indent + self.bullet)
        self.bullet = ""
        self._breaks = 0
        self._is_line_started = self._is_line_blank = True
        self._is_line_quoted = self._is_same_quote = self.quotes > 0

    def _end_line(self) -> None:
        # A quote's line must not end in a bracket, nor be empty within one quote.
        if self._is_line_quoted and _ENDS_IN_BRACKET.search("".join(self._done[-3:])):
            self._done.append(WORD_JOINER)
        empty = f"\n>>{WORD_JOINER}" if self._is_same_quote and self.quotes else "\n"
        self._done.append(empty * (self._breaks - 1) + "\n")

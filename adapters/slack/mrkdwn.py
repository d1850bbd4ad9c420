"""Slack's own markup, mrkdwn, read into the message tree.

Source: https://docs.slack.dev/messaging/formatting-message-text/

One pass, linear in the text. What Slack marks becomes nodes; typed Markdown (``**bold**``,
``[label](url)``, headings, lists, tables) stays ``Text`` for ``bridge.markup.markdown`` to read.
What only one of the two would mark is Slack's to decide: ``2*3*4`` is no emphasis, and a quote ends
with its line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.slack.code import Ticks
from adapters.slack.emoji import read_row
from adapters.slack.pieces import Mark, Run, as_inlines, as_typed, has_unread_markdown
from adapters.slack.references import BareUrl, Words, decode, read_literally, read_reference
from bridge.markup import markdown
from bridge.markup.nodes import CodeBlock, Emphasis, Link, Quote, Strike, Strong, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.slack.pieces import Piece
    from bridge.markup.nodes import Typed

_WRAPPERS: dict[str, type[Strong | Emphasis | Strike]] = {
    "*": Strong,
    "_": Emphasis,
    "~": Strike,
}
_NO_BOUNDARY = "@#/\\"
"""A mark behind one of these belongs to a handle, a channel or a path, or is escaped."""
_HANDLE = re.compile(r"[@#]_\w*")
_ADDRESS = re.compile(r"(?:https?://|ftp://|www\.)[^\s<>`|\"']*")
_TARGET = re.compile(r"\]\([^\s<>`)]*")
_BEHIND_ADDRESS = "*_~.,;:!?'\")"
_ENTITY_AS_TYPED = re.compile(r"&amp;(?=#?\w{1,32};)")
_QUOTE = ("&gt;", ">")
_QUOTE_TO_END = re.compile(r"(?:&gt;|>){3}[^\S\n]*")
_BULLET_INDENT = re.compile(r"[ ]+(?=[•◦▪])")
_CODE_LINE = re.compile(r"(?:[ ]{4}|\t)[^\n]*\S[^\n]*")
_FENCE = "~~~"


def parse(text: str) -> Typed:
    """Read a slash command's text or any other mrkdwn.

    Never fails: what is no valid markup is literal text. Line breaks stay in the ``Text`` nodes.
    """
    return as_typed(_Scanner(text, may_quote_to_end=True).scan())


class _Scanner:
    def __init__(self, text: str, *, may_quote_to_end: bool) -> None:
        self._text = text
        self._at = 0
        self._unread_from = 0
        self._next_closing_bracket = -1
        self._ticks = Ticks(text)
        self._pieces: list[Piece] = []
        self._open: dict[str, int] = {}
        """Where in ``_pieces`` this line's unclosed marks are, in order, one of a kind."""
        self._may_quote_to_end = may_quote_to_end
        self._is_quoted = False
        self._code_ends = -2

    def scan(self) -> list[Piece]:
        """Cut the text into pieces; a pair of marks with what it holds is one node."""
        text = self._text
        self._begin_line()
        while self._at < len(text):
            char = text[self._at]
            if read := _READERS.get(char):
                read(self)
            else:
                self._at += 1
        self._emit_text()
        return self._pieces

    def _emit_text(self) -> None:
        if self._unread_from < self._at:
            self._pieces.append(Text(decode(self._text[self._unread_from : self._at])))
            self._unread_from = self._at

    def _emit(self, piece: Piece, end: int) -> None:
        self._emit_text()
        self._pieces.append(piece)
        self._at = self._unread_from = end

    def end_line(self) -> None:
        self._at += 1
        self._begin_line()

    def _begin_line(self) -> None:
        """Read what counts at the start of a line only: quotes, indents, Markdown's code."""
        self._open.clear()
        start, text = self._at, self._text
        is_blank = text[start : start + 1] in {"", "\n"}
        was_quoted, self._is_quoted = self._is_quoted, text.startswith(_QUOTE, start)
        if was_quoted and not self._is_quoted and not is_blank:
            self._emit(Text("\n"), start)  # to Markdown, the line would belong to the quote
        if self._may_quote_to_end and (quote := _QUOTE_TO_END.match(text, start)):
            inner = _Scanner(text[quote.end() :], may_quote_to_end=False).scan()
            self._emit(Quote(markdown.parse(as_typed(inner)).children), len(text))
        elif indent := _BULLET_INDENT.match(text, start):
            # So Slack writes lists in lists; Markdown would take the indent for none.
            self._emit(Text("\u00a0" * len(indent[0])), indent.end())
        elif text.startswith(_FENCE, start):
            end = text.find(f"\n{_FENCE}", start)
            self._emit_verbatim(end + 1 + len(_FENCE) if end >= 0 else len(text))
        elif self._is_code_expected(start) and (line := _CODE_LINE.match(text, start)):
            self._emit_verbatim(line.end())
            self._code_ends = line.end()

    def _is_code_expected(self, start: int) -> bool:
        return self._code_ends == start - 1 or self._text[max(0, start - 2) : start] == "\n\n"

    def _emit_verbatim(self, end: int) -> None:
        self._emit(Text(read_literally(self._text[self._at : end])), end)

    def read_bracket(self) -> None:
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

    def read_code(self) -> None:
        code, end = self._ticks.read(self._at)
        has_lines = "\n" in self._text[self._at : end]
        self._emit(code, end)
        if has_lines or isinstance(code, CodeBlock):
            self._open.clear()

    def read_address(self) -> None:
        # Slack marks nothing within an address, nor must Markdown.
        if found := _TARGET.match(self._text, self._at):
            self._at = found.end()
        elif found := _ADDRESS.match(self._text, self._at):
            self._at += len(found[0].rstrip(_BEHIND_ADDRESS))
        else:
            self._at += 1

    def read_handle(self) -> None:
        handle = _HANDLE.match(self._text, self._at)
        self._at = handle.end() if handle else self._at + 1

    def read_emoji(self) -> None:
        if row := read_row(self._text, self._at):
            self._emit(Text(row[0]), row[1])
        else:
            self._at += 1

    def read_entity(self) -> None:
        if entity := _ENTITY_AS_TYPED.match(self._text, self._at):
            self._emit(Words("&"), entity.end())
        else:
            self._at += 1

    def read_marks(self) -> None:
        start, text = self._at, self._text
        char, end = text[start], start + 1
        while text[end : end + 1] == char:
            end += 1
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        if end - start > 1:
            self._emit(Run(text[start:end]), end)
        elif char in self._open and not before.isspace() and not after.isalnum():
            self._close(char)
        elif _means_nothing(char, before, after):
            self._at = end
        else:
            self._emit(Mark(char), end)
            if (
                not before.isalnum()
                and (not before or before not in _NO_BOUNDARY)
                and after.strip()
            ):
                # The nearest pair wins, so an earlier mark of the kind is given up.
                self._open.pop(char, None)
                self._open[char] = len(self._pieces) - 1

    def _close(self, char: str) -> None:
        opener = self._open[char]
        self._open = {kind: at for kind, at in self._open.items() if at < opener}
        self._emit_text()
        children = self._pieces[opener + 1 :]
        if has_unread_markdown(children):
            # Nobody reads Markdown within a node, so this pair is left to Markdown, too.
            mark = Run("**" if char == "*" else char)
            self._pieces[opener] = mark
            self._emit(mark, self._at + 1)
        else:
            del self._pieces[opener:]
            self._emit(_WRAPPERS[char](as_inlines(children)), self._at + 1)


def _means_nothing(char: str, before: str, after: str) -> bool:
    """Tell whether a mark is none to Markdown: alone, within a word, or escaped."""
    is_alone = not before.strip() and not after.strip()
    is_in_word = char == "_" and before.isalnum() and after.isalnum()
    return is_alone or is_in_word or before == "\\"


_READERS: dict[str, Callable[[_Scanner], None]] = {
    "\n": _Scanner.end_line,
    "<": _Scanner.read_bracket,
    "&": _Scanner.read_entity,
    "`": _Scanner.read_code,
    ":": _Scanner.read_emoji,
    **dict.fromkeys(_WRAPPERS, _Scanner.read_marks),
    **dict.fromkeys("hfw]", _Scanner.read_address),
    **dict.fromkeys("@#", _Scanner.read_handle),
}

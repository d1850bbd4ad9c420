"""Code between backticks, Slack's way and Markdown's."""

from __future__ import annotations

from adapters.slack.references import read_literally
from bridge.markup.nodes import Code, CodeBlock

_FENCE = 3


class Ticks:
    """The backticks of a text: runs of the same length are a pair, all found in one pass."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: dict[int, int] = {}
        self._closers: dict[int, int] = {}
        self._pair()

    def read(self, start: int) -> tuple[Code | CodeBlock, int] | int:
        """Read the code whose first backtick is at ``start``.

        Returns it with the place behind it; only the place behind the backticks when they open
        nothing: unpaired, escaped, or (fewer than three) closed on another line.
        """
        text, inner, closer = self._text, self._ends[start], self._closers.get(start)
        length = inner - start
        if closer is None or text[max(0, start - 1) : start] == "\\":
            return inner
        if length >= _FENCE:
            is_line = _is_line_start(text, start) and _is_line_start(text, closer)
            return _read_block(text[inner:closer], may_name_language=is_line), closer + length
        if text.find("\n", inner, closer) >= 0:
            return inner
        return Code(read_literally(text[inner:closer])), closer + length

    def _pair(self) -> None:
        unclosed: dict[int, int] = {}
        at = self._text.find("`")
        while at >= 0:
            end = at
            while self._text[end : end + 1] == "`":
                end += 1
            self._ends[at] = end
            if end - at in unclosed:
                self._closers[unclosed[end - at]] = at
            unclosed[end - at] = at
            at = self._text.find("`", end)


def _is_line_start(text: str, at: int) -> bool:
    return text[max(0, at - 1) : at] in {"", "\n"}


def _read_block(content: str, *, may_name_language: bool) -> CodeBlock:
    # Slack knows no language: only Markdown's fences, alone on their lines, are followed by one.
    first, line_break, rest = content.partition("\n")
    language = first.strip()
    if line_break and may_name_language and len(language.split()) == 1:
        return CodeBlock(read_literally(rest.removesuffix("\n")), language)
    return CodeBlock(read_literally(content.removeprefix("\n").removesuffix("\n")))

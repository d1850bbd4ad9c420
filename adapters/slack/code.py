"""Code between backticks, Slack's way and Markdown's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.slack.references import read_literally, read_reference
from bridge.markup.nodes import Code, CodeBlock, Link, Text

if TYPE_CHECKING:
    from typing import TypeAlias

    Read: TypeAlias = Code | CodeBlock | Link | Text

_FENCE = 3


class Ticks:
    """The backticks of a text: runs of the same length are a pair, all found in one pass."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: dict[int, int] = {}
        self._closers: dict[int, int] = {}
        self._pair()

    def read(self, start: int) -> tuple[Read, int]:
        """Read the code whose first backtick is at ``start``.

        Returns it with the place behind it. What Slack does not take for code stays as it was
        typed, for Markdown: backticks that open nothing, and a few words over several lines, in
        which nothing else is marked either.
        """
        text, inner, closer = self._text, self._ends[start], self._closers.get(start)
        length, ticks = inner - start, text[start:inner]
        if text[max(0, start - 1) : start] == "\\":
            return Text(ticks), inner
        if closer is None:
            return self._read_unpaired(start, inner)
        content = text[inner:closer]
        if length >= _FENCE:
            is_line = _is_line_start(text, start) and _is_line_start(text, closer)
            return _read_block(content, may_name_language=is_line), closer + length
        if "\n" not in content:
            return _read_span(content), closer + length
        if any(not line.strip() for line in content.split("\n")[1:-1]):
            return Text(ticks), inner
        return Text(f"{ticks}{read_literally(content)}{ticks}"), closer + length

    def _read_unpaired(self, start: int, inner: int) -> tuple[Text, int]:
        text, ticks = self._text, self._text[start:inner]
        if len(ticks) < _FENCE or not _is_line_start(text, start):
            return Text(ticks), inner
        line_end = text.find("\n", inner)
        if line_end < 0 or len(text[inner:line_end].split()) > 1:
            # Markdown would take words behind its fence for a language, and show none of them.
            return Text("\\`" * len(ticks)), inner
        return Text(read_literally(text[start:])), len(text)

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


def _read_span(content: str) -> Code | Link:
    if content.startswith("<") and content.find(">") == len(content) - 1:
        reference = read_reference(content[1:-1])
        if isinstance(reference, Link):
            return Link(reference.href, (Code(read_literally(content)),))
    return Code(read_literally(content))


def _read_block(content: str, *, may_name_language: bool) -> CodeBlock:
    # Slack knows no language: only Markdown's fences, alone on their lines, are followed by one.
    first, line_break, rest = content.partition("\n")
    language = first.strip()
    if line_break and may_name_language and len(language.split()) == 1:
        return CodeBlock(read_literally(rest.removesuffix("\n")), language)
    return CodeBlock(read_literally(content.removeprefix("\n").removesuffix("\n")))

"""A place in what a person typed, for reading words from text that holds other nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.markup import plain
from bridge.markup.nodes import Document, Inline, LineBreak, Paragraph, Text

if TYPE_CHECKING:
    import re

    from bridge.markup.nodes import Node, Typed

# Stands in the flat text for a node that is not text. It is told from the same character typed by
# a person by its position, so that neither is ever taken for the other.
_OBJECT: Final = "\ufffc"


class Cursor:
    """Reads from the front of typed nodes, with patterns over their flat text.

    Attributes:
        at: the position in the flat text; may be set back to an earlier value.
    """

    def __init__(self, typed: Typed) -> None:
        self.at = 0
        self._nodes: dict[int, Node] = {}
        parts: list[str] = []
        length = 0
        for node in typed:
            part = _flat(node)
            if part is None:
                part = _OBJECT
                self._nodes[length] = node
            parts.append(part)
            length += len(part)
        self._flat = "".join(parts)

    @property
    def node(self) -> Node | None:
        """The node that stands here, if it is not text."""
        return self._nodes.get(self.at)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Match a pattern here and step behind it."""
        match = pattern.match(self._flat, self.at)
        if match:
            self.at = match.end()
        return match

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Step behind what matches here; tell whether anything did."""
        before = self.at
        self.take(pattern)
        return self.at > before

    def take_text(self, pattern: re.Pattern[str]) -> str:
        """Take what matches here, or its one group that does, as plain text; empty if nothing."""
        match = self.take(pattern)
        if match is None:
            return ""
        group = match.lastgroup or 0
        return "".join(
            plain.render(_document(self._nodes[at])) if at in self._nodes else self._flat[at]
            for at in range(match.start(group), match.end(group))
        )

    def is_blank(self) -> bool:
        """Whether nothing but white space is left."""
        return not self._flat[self.at :].strip()

    def take_rest(self) -> Typed:
        """Take everything that is left, as nodes."""
        rest: list[Node] = []
        start = self.at
        for at, node in self._nodes.items():
            if at >= self.at:
                rest += [Text(self._flat[start:at]), node]
                start = at + 1
        rest.append(Text(self._flat[start:]))
        self.at = len(self._flat)
        return tuple(node for node in rest if node != Text(""))


def _flat(node: Node) -> str | None:
    match node:
        case Text(text=text):
            return text
        case LineBreak():
            return "\n"
        case _:
            return None


def _document(node: Node) -> Document:
    if isinstance(node, Inline):
        return Document((Paragraph((node,)),))
    return Document((node,))

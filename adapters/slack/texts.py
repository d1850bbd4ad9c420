"""Text objects of Block Kit, and the words of whatever else is shown.

Source: https://docs.slack.dev/reference/block-kit/composition-objects/text-object/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from adapters.slack import mrkdwn
from adapters.slack.emoji import show_emoji
from adapters.slack.fields import as_text, get_text
from adapters.slack.references import as_inline, split_references
from bridge.markup.nodes import LineBreak, Paragraph, Text

if TYPE_CHECKING:
    from bridge.markup.nodes import Inline, Typed

_LINE_END = re.compile("\r\n?|\n")
_WORDS = ("title", "subtitle", "text", "label", "placeholder", "description", "body", "hint")
_LAST_RESORT = ("fallback", "alt_text", "name")
_UNSEEN = frozenset({"confirm", "style", "column_settings"})


def read_text(value: object) -> Typed:
    """Read a text object; empty if it has no text."""
    if not isinstance(value, Mapping):
        return read_plain(as_text(value))
    kind, text = get_text(value, "type"), get_text(value, "text")
    if text and kind == "mrkdwn":
        return mrkdwn.parse(text)
    return read_plain(text if text and kind == "plain_text" else " ".join(find_words(value)))


def read_plain(text: str) -> Typed:
    """Make a paragraph of text in which only the names of emoji mean something."""
    return (Paragraph(read_lines(show_emoji(text.strip("\r\n")))),) if text.strip() else ()


def read_lines(text: str) -> tuple[Text | LineBreak, ...]:
    """Make nodes of literal text, its line ends line breaks."""
    nodes: list[Text | LineBreak] = []
    for index, line in enumerate(_LINE_END.split(text)):
        nodes += [LineBreak()] if index else []
        nodes += [Text(line)] if line else []
    return tuple(nodes)


def read_unformatted(text: str) -> tuple[Inline, ...]:
    """Read text whose references, entities and names of emoji count, but none of its marks."""
    nodes: list[Inline] = []
    for part in split_references(text):
        if isinstance(part, str):
            nodes += read_lines(show_emoji(part))
        else:
            nodes.append(as_inline(part))
    return tuple(nodes)


def find_words(source: object) -> list[str]:
    """Find all that would be shown of something unknown, in its order; linear, at any depth."""
    found: list[str] = []
    waiting = [source]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            found += own_words(value)
            waiting += inner_values(value)[::-1]
        elif isinstance(value, list):
            waiting += value[::-1]
        elif text := as_text(value):
            found.append(text)
    return list(map(show_emoji, found))


def own_words(source: Mapping[str, object]) -> list[str]:
    """Find what an object itself shows, apart from the objects in it."""
    words = [text for name in _WORDS if (text := as_text(source.get(name)))]
    last_resort = get_text(source, *_LAST_RESORT)
    return words or ([last_resort] if last_resort else [])


def inner_values(source: Mapping[str, object]) -> list[object]:
    """Find the objects and lists in an object that may show something."""
    return [
        value
        for key, value in source.items()
        if key not in _UNSEEN and isinstance(value, Mapping | list)
    ]

"""What stands in the lines of a ``rich_text`` block: text, people, links, emoji, each styled.

Source: https://docs.slack.dev/reference/block-kit/block-elements/rich-text-section-element/
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.slack.emoji import name_emoji
from adapters.slack.fields import as_objects, get_object, get_text
from adapters.slack.literal import as_markdown, without_stars
from adapters.slack.moments import show_moment
from adapters.slack.texts import find_words, read_lines
from bridge.markup.nodes import (
    Code,
    Color,
    Emphasis,
    Inline,
    LineBreak,
    Link,
    Mention,
    Strike,
    Strong,
    Text,
    Underline,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from adapters.slack.fields import Object
    from bridge.markup.nodes import Typed

_STYLES: dict[str, type[Strong | Emphasis | Underline | Strike]] = {
    "bold": Strong,
    "italic": Emphasis,
    "underline": Underline,
    "strike": Strike,
}
_COLOR = re.compile("#?(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})")
_SHORT_COLOR_LENGTH = 3


class Span(Struct, frozen=True):
    """A leaf and what holds for it.

    Attributes:
        node: the leaf.
        styles: those of it that are formatting around it.
        href: where it leads; empty if nowhere.
        is_typed: whether a person typed it, and Markdown in it counts.
    """

    node: Inline
    styles: frozenset[str] = frozenset()
    href: str = ""
    is_typed: bool = False


def read_spans(elements: Iterable[object]) -> list[Span]:
    """Read elements; of one that is unknown or broken, all words that are in it."""
    spans: list[Span] = []
    for element in as_objects(elements):
        spans += _read_element(element)
    return spans


def as_typed(spans: Iterable[Span]) -> Typed:
    """Make nodes of spans; unstyled text that a person typed is left to Markdown."""
    nodes: list[Inline] = []
    for is_bare, group in groupby(spans, _is_bare):
        alike = list(group)
        nodes += _merged(map(_as_source, alike)) if is_bare else _nest(alike)
    return tuple(nodes)


def as_inlines(spans: Iterable[Span]) -> tuple[Inline, ...]:
    """Make nodes of spans, all text literal; line breaks at the end are left."""
    kept = list(spans)
    while kept and isinstance(kept[-1].node, LineBreak):
        kept.pop()
    return tuple(_nest(kept))


def _read_element(element: Object) -> list[Span]:
    kind = get_text(element, "type")
    style = get_object(element, "style")
    styles = frozenset(name for name in _STYLES if style.get(name) is True)
    is_code, href = style.get("code") is True, ""
    if kind in {"link", "date"}:
        href = get_text(element, "url")
    if kind in _NODES:
        node: Inline = _NODES[kind](element)
    else:
        node = Text(get_text(element, "text") if kind == "text" else "")
    if node == Text(""):
        node = Text(" ".join(find_words(element)))
    if not isinstance(node, Text):
        return [Span(node, styles, href)]
    is_typed = kind == "text" and style.get("unlink") is not True
    return [
        Span(
            Code(leaf.text) if is_code and isinstance(leaf, Text) else leaf, styles, href, is_typed
        )
        for leaf in read_lines(node.text)
    ]


def _read_emoji(element: Object) -> Text:
    name = get_text(element, "name")
    code_points = get_text(element, "unicode")
    tone = element.get("skin_tone")
    return Text(name_emoji(name, tone, code_points) if name or code_points else "")


def _read_color(element: Object) -> Color | Text:
    value = get_text(element, "value")
    if not _COLOR.fullmatch(value):
        return Text(value)
    digits = value.removeprefix("#")
    if len(digits) == _SHORT_COLOR_LENGTH:
        digits = "".join(digit * 2 for digit in digits)
    return Color(f"#{digits}")


def _read_person(element: Object) -> Mention | Text:
    external_id = get_text(element, "user_id")
    label = get_text(element, "label", "text", "name") or external_id
    return Mention(label.removeprefix("@"), external_id) if external_id else Text("")


def _read_group(element: Object) -> Mention | Text:
    external_id = get_text(element, "usergroup_id")
    label = get_text(element, "name") or external_id
    if not external_id:
        return Text(f"@{label.removeprefix('@')}" if label else "")
    return Mention(label.removeprefix("@"), external_id, is_group=True)


def _named(mark: str, *names: str) -> Callable[[Object], Text]:
    def read(element: Object) -> Text:
        name = get_text(element, *names)
        return Text(f"{mark}{name.removeprefix(mark)}" if name else "")

    return read


def _read_date(element: Object) -> Text:
    timestamp = element.get("timestamp")
    return Text(
        get_text(element, "fallback")
        or show_moment(timestamp)
        or get_text(element, "timestamp", "format")
    )


_NODES: dict[str, Callable[[Object], Text | Color | Mention]] = {
    "link": lambda element: Text(get_text(element, "text", "url")),
    "user": _read_person,
    "usergroup": _read_group,
    "channel": _named("#", "name", "channel_id"),
    "team": _named("@", "name", "team_id"),
    "broadcast": _named("@", "range"),
    "emoji": _read_emoji,
    "date": _read_date,
    "color": _read_color,
}


def _is_bare(span: Span) -> bool:
    return isinstance(span.node, Text | LineBreak) and not span.styles and not span.href


def _as_source(span: Span) -> Inline:
    if isinstance(span.node, Text):
        escape = without_stars if span.is_typed else as_markdown
        return Text(escape(span.node.text))
    return Text("\n")


def _nest(spans: Sequence[Span]) -> list[Inline]:
    nodes: list[Inline] = []
    for href, group in groupby(spans, lambda span: span.href):
        styled = _wrap(list(group), tuple(_STYLES))
        nodes += [Link(href, tuple(styled))] if href else styled
    return nodes


def _wrap(spans: Sequence[Span], styles: tuple[str, ...]) -> list[Inline]:
    if not styles:
        return _merged(span.node for span in spans)
    first, *rest = styles
    nodes: list[Inline] = []
    for is_styled, group in groupby(spans, lambda span: first in span.styles):
        inner = _wrap(list(group), tuple(rest))
        nodes += [_STYLES[first](tuple(inner))] if is_styled else inner
    return nodes


def _merged(nodes: Iterable[Inline]) -> list[Inline]:
    merged: list[Inline] = []
    for kind, group in groupby(nodes, type):
        if kind is Text or kind is Code:
            merged.append(
                kind("".join(node.text for node in group if isinstance(node, Text | Code)))
            )
        else:
            merged += group
    return merged

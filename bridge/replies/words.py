"""Replies in a person's own language.

Source: https://docs.python.org/3.11/library/gettext.html
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final

from bridge.markup.nodes import Code, Document, Inline, LineBreak, Link, Paragraph, Strong, Text
from bridge.replies.texts import Say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.replies.reply import Reply

LANGUAGES: Final = ("en", "ru")
"""What the bot speaks."""
DOMAIN: Final = "b24bridge"
LOCALES: Final = Path(__file__).parent / "locales"


class Words:
    """Writes replies in one language.

    Args:
        language: one of ``LANGUAGES``.
    """

    def __init__(self, language: str = "en") -> None:
        self._catalogue = _find_catalogue(language)

    def write(self, *replies: Reply) -> Document:
        """Write replies as a message, a paragraph each."""
        return Document(tuple(Paragraph(self._inline(reply)) for reply in replies))

    def write_lines(self, *replies: Reply) -> Paragraph:
        """Write replies as the lines of one paragraph."""
        children: list[Inline] = []
        for reply in replies:
            children += [*([LineBreak()] if children else []), *self._inline(reply)]
        return Paragraph(tuple(children))

    def spell(self, reply: Reply) -> str:
        """Write a reply as plain text, for a label or a title."""
        pattern = self._translate(Say[reply.key].value)
        return "".join(
            literal + (self._value(reply, field) if field else "")
            for literal, field, _, _ in Formatter().parse(pattern)
        )

    def _inline(self, reply: Reply) -> tuple[Inline, ...]:
        pattern = self._translate(Say[reply.key].value)
        return tuple(
            node
            for literal, field, _, conversion in Formatter().parse(pattern)
            for node in _nodes(literal, self._value(reply, field) if field else "", conversion)
        )

    def _value(self, reply: Reply, field: str) -> str:
        value = reply.values[field]
        return value if isinstance(value, str) else self._join(value)

    def _join(self, names: Sequence[str]) -> str:
        *first, last = names
        if not first:
            return last
        return self._translate(Say.AND.value).format(first=", ".join(first), last=last)

    def _translate(self, text: str) -> str:
        return self._catalogue.gettext(text)


class Languages:
    """Finds the words for a person.

    Args:
        default: the language of those who have told none.
    """

    def __init__(self, default: str = "en") -> None:
        self._default = default

    def words(self, tag: str) -> Words:
        """Give the words for a language tag, as in ``ru-RU``; the default ones if we lack them."""
        language = tag[:2].lower() if tag[2:3] in {"", "-", "_"} else ""
        return Words(language if language in LANGUAGES else self._default)


@cache
def _find_catalogue(language: str) -> gettext.NullTranslations:
    # What the texts are written in is its own catalogue.
    return gettext.translation(DOMAIN, LOCALES, [language], fallback=language == "en")


def _nodes(literal: str, value: str, conversion: str | None) -> list[Inline]:
    nodes: list[Inline] = [Text(literal)] if literal else []
    if value:
        match conversion:
            case "c":
                nodes.append(Code(value))
            case "b":
                nodes.append(Strong((Text(value),)))
            case "l":
                nodes.append(Link(value, (Text(value),)))
            case _:
                nodes.append(Text(value))
    return nodes

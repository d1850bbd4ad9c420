"""An answer as Slack shows it: rich text, in which every text is literal.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.slack.blocks import Element, Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.markup.nodes import Document

_MAX_CHARACTERS = 10_000
"""Slack refuses longer blocks; from what length on, it does not say."""
_MAX_FALLBACK_CHARACTERS = 3_000


class Message(Struct, frozen=True):
    """What Slack is to show.

    Attributes:
        text: for notifications and old clients, escaped.
        blocks: the message itself.
    """

    text: str
    blocks: list[Element]


def render(document: Document) -> Message:
    """Render an answer; one longer than Slack takes ends in an ellipsis."""
    elements = Writer(_MAX_CHARACTERS).write(document.children)
    fallback = "\n".join(_lines(elements))[:_MAX_FALLBACK_CHARACTERS]
    return Message(_escape(fallback), [{"type": "rich_text", "elements": elements}])


def _lines(elements: Iterable[Element]) -> Iterator[str]:
    for element in elements:
        if element["type"] == "rich_text_list":
            yield from _lines(element["elements"])
        else:
            yield "".join(leaf["text"] for leaf in element["elements"])


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

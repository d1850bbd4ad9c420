"""An answer as Slack shows it: rich text, in which every text is literal, and buttons.

Sources: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block/ (and ``actions-block``)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from adapters.slack.blocks import Element, Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bridge.markup.nodes import Document
    from bridge.replies.button import Button

PRESS: Final = "b24_press"
"""How the actions of our buttons begin; what a button types is its value."""

_MAX_CHARACTERS = 10_000
"""Slack refuses longer blocks; from what length on, it does not say."""
_MAX_FALLBACK_CHARACTERS = 3_000
_MAX_BUTTONS = 25
_MAX_LABEL = 75


class Message(Struct, frozen=True):
    """What Slack is to show.

    Attributes:
        text: for notifications and old clients, escaped.
        blocks: the message itself.
    """

    text: str
    blocks: list[Element]


def render(document: Document, buttons: Sequence[Button] = ()) -> Message:
    """Render an answer; one longer than Slack takes ends in an ellipsis."""
    elements = Writer(_MAX_CHARACTERS).write(document.children)
    fallback = "\n".join(_lines(elements))[:_MAX_FALLBACK_CHARACTERS]
    blocks: list[Element] = [{"type": "rich_text", "elements": elements}] if elements else []
    return Message(_escape(fallback), blocks + render_buttons(buttons))


def render_buttons(buttons: Sequence[Button]) -> list[Element]:
    """Render buttons as one block of actions; none without any."""
    if not buttons:
        return []
    elements = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": button.label[:_MAX_LABEL]},
            "action_id": f"{PRESS}_{number}",
            "value": button.command,
        }
        for number, button in enumerate(buttons[:_MAX_BUTTONS])
    ]
    return [{"type": "actions", "elements": elements}]


def _lines(elements: Iterable[Element]) -> Iterator[str]:
    for element in elements:
        if element["type"] == "rich_text_list":
            yield from _lines(element["elements"])
        else:
            yield "".join(leaf["text"] for leaf in element["elements"])


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""A whole message of Slack's, as its events and its Web API hand it over.

Source: https://docs.slack.dev/reference/events/message/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.slack import mrkdwn
from adapters.slack.attachments import read_attachments
from adapters.slack.block_kit import as_blocks, read_blocks
from adapters.slack.fields import get_list, get_objects, get_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.markup.nodes import Typed


def read_message(payload: Mapping[str, object]) -> Typed:
    """Read a message: its ``blocks``, or its ``text`` if they show nothing, and ``attachments``.

    What a person typed without formatting at its start, up to the first block that is none of
    lines, stays ``Text``, for commands and for Markdown. Of what is unknown or broken, all words
    are kept. Never raises, whatever the payload's values are; linear.
    """
    blocks = read_blocks(get_list(payload, "blocks"))
    first, *rest = blocks or [mrkdwn.parse(get_text(payload, "text"))]
    attachments = read_attachments(get_objects(payload, "attachments"))
    # Blocks stand apart: typed Markdown that is left open in one does not reach into the next.
    return (*first, *as_blocks(rest), *attachments)

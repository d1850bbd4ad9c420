"""What ``b24bridge convert`` reads: each chat's messages as the chat writes them.

Only what reads the dialect asked for is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from bridge.markup.dialects import Source
from bridge.markup.markdown import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.markup.nodes import Document, Typed


class _Line(msgspec.Struct):
    text: str


def read_line(source: Source) -> Callable[[bytes], Document]:
    """Return what reads a message in JSON; it raises a ValueError or RecursionError if it is none.

    A line of Markdown or mrkdwn is ``{"text"}``, of Telegram ``{"text", "entities"}``, of Slack's
    blocks ``{"blocks"}``.
    """
    if source.is_text:
        decode_line = msgspec.json.Decoder(_Line).decode
        read_text = _text_reader(source)
        return lambda line: parse(read_text(decode_line(line).text))
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    read_message = _message_reader(source)
    return lambda line: parse(read_message(decode(line)))


def read_whole(source: Source) -> Callable[[bytes], Document]:
    """Return what reads a whole file: a text, or one message in JSON where text is not enough."""
    if not source.is_text:
        return read_line(source)
    read_text = _text_reader(source)
    return lambda whole: parse(read_text(whole.decode("utf-8", "replace")))


def _text_reader(source: Source) -> Callable[[str], str | Typed]:
    if source is Source.MARKDOWN:
        return str
    from adapters.slack import mrkdwn

    return mrkdwn.parse


def _message_reader(source: Source) -> Callable[[dict[str, Any]], Typed]:
    if source is Source.TELEGRAM:
        from adapters.telegram.message import read_message as read_from_telegram

        return read_from_telegram
    from adapters.slack.message import read_message as read_from_slack

    return read_from_slack

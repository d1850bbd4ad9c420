"""A message that somebody wants to pass on.

Source: https://docs.slack.dev/reference/interaction-payloads/message_action-payload/ ; the address
of a message is as ``chat.getPermalink`` writes it, which the bot may not ask for everywhere.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from adapters.slack.fields import get_object, get_text
from adapters.slack.message import read_message
from adapters.slack.moments import read_moment
from bridge.markup import markdown
from bridge.markup.characters import mend
from bridge.markup.nodes import Document, Shared
from bridge.markup.shears import Cutting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.slack.fields import Object

_LENGTHS: Final = (12_000, 6_000, 3_000, 1_500, 750, 300, 0)


def permalink(address: str, channel: str, ts: str, thread_ts: str = "") -> str:
    """Write the address of a message; empty if the workspace's own is not known."""
    if not (address and channel and ts):
        return ""
    link = f"{address.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    is_reply = thread_ts and thread_ts != ts
    return f"{link}?thread_ts={thread_ts}&cid={channel}" if is_reply else link


def find_author(body: Object) -> tuple[str, str]:
    """Find who wrote the message that a shortcut is about: the id of a person, and a name."""
    message = get_object(body, "message")
    name = get_text(message, "username") or get_text(get_object(message, "bot_profile"), "name")
    return get_text(message, "user"), name


def read_shared(body: Object, author: str, address: str) -> Shared | None:
    """Read the message that a shortcut is about; None if it is about none.

    Args:
        body: what Slack sent.
        author: the name of who wrote it.
        address: the workspace's own.
    """
    message = get_object(body, "message")
    if not message:
        return None
    ts = get_text(message, "ts") or get_text(body, "message_ts")
    channel = get_text(get_object(body, "channel"), "id")
    return Shared(
        author=author,
        children=markdown.parse(read_message(message)).children,
        href=permalink(address, channel, ts, get_text(message, "thread_ts")),
        sent_at=read_moment(ts),
    )


def pack(shared: Shared, limit: int) -> str:
    """Write a message down in at most ``limit`` characters; a long one is shortened for that."""
    return next(packed for packed in _pack_ever_shorter(shared) if len(packed) <= limit)


def unpack(packed: str) -> Shared | None:
    """Read what ``pack`` wrote; None if it is nothing of that."""
    try:
        written = zlib.decompress(base64.b64decode(packed, validate=True))
        return msgspec.json.decode(written, type=Shared)
    except (ValueError, binascii.Error, zlib.error, msgspec.DecodeError):
        return None


def _pack_ever_shorter(shared: Shared) -> Iterator[str]:
    yield _pack(shared)
    for length in _LENGTHS:
        children = Cutting(Document(shared.children), length).document.children
        yield _pack(replace(shared, children=children))
    yield _pack(replace(shared, children=(), author="", href=""))


def _pack(shared: Shared) -> str:
    # msgspec does not write half a surrogate pair, which may stand in what Slack sends.
    written = mend(json.dumps(msgspec.to_builtins(shared), ensure_ascii=False))
    return base64.b64encode(zlib.compress(written.encode(), 9)).decode()

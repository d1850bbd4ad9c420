"""The legacy attachments of a message, and the messages that it shares.

Source: https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments/ ; what
a shared message looks like is not documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.slack import mrkdwn
from adapters.slack.block_kit import as_blocks, join, read_blocks
from adapters.slack.fields import get_list, get_object, get_objects, get_text
from adapters.slack.moments import read_moment, show_moment
from adapters.slack.references import decode
from adapters.slack.texts import read_text, read_unformatted
from bridge.markup.nodes import Image, Link, Paragraph, Shared, Strong, Text
from bridge.markup.plain import spell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.slack.fields import Object
    from bridge.markup.nodes import Block, Inline, Typed

_MAX_DEPTH = 3
"""Of messages that share messages that share messages: of deeper ones, only the words are read."""


def read_attachments(attachments: Iterable[Object], depth: int = 0) -> list[Block]:
    """Read attachments as blocks, a shared message as ``Shared``. Never raises; linear."""
    blocks: list[Block] = []
    for attachment in attachments:
        if _is_shared(attachment):
            blocks.append(_read_shared(attachment, depth))
        else:
            blocks += _read_attachment(attachment, depth)
    return blocks


def _is_shared(attachment: Object) -> bool:
    flags = (attachment.get("is_share"), attachment.get("is_msg_unfurl"))
    return True in flags or bool(get_objects(attachment, "message_blocks"))


def _read_shared(attachment: Object, depth: int) -> Shared:
    children = [
        *_read_content(attachment, (), depth),
        *as_blocks([_line(_linked(attachment, "footer"))]),
    ]
    return Shared(
        author=spell(_linked(attachment, "author_name") or _linked(attachment, "author_subname")),
        children=tuple(children or _read_fallback(attachment)),
        href=_address(attachment, "from_url", "original_url"),
        sent_at=read_moment(attachment.get("ts")),
    )


def _read_attachment(attachment: Object, depth: int) -> list[Block]:
    author = _linked(attachment, "author_name", "author_link")
    footer, when = _linked(attachment, "footer"), show_moment(attachment.get("ts"))
    blocks = _read_content(
        attachment, join([author, _linked(attachment, "author_subname")], Text(" ")), depth
    )
    if not blocks:
        blocks = _read_fallback(attachment)
    return [*blocks, *as_blocks([join([footer, (Text(when),) if when else ()], Text(" | "))])]


def _read_content(attachment: Object, author: Typed, depth: int) -> list[Block]:
    title = _linked(attachment, "title", "title_link")
    image = _address(attachment, "image_url", "thumb_url")
    return [
        *as_blocks([_formatted(attachment, "pretext", attachment), author]),
        *as_blocks([(Strong(title),) if title else ()]),
        *_read_messages(attachment, depth),
        *as_blocks(_read_field(field, attachment) for field in get_objects(attachment, "fields")),
        *as_blocks(read_blocks(get_list(attachment, "blocks"))),
        *as_blocks([(Image(image, ""),) if image else ()]),
        *as_blocks(read_blocks(_as_new_blocks(attachment))),
    ]


def _read_messages(attachment: Object, depth: int) -> list[Block]:
    """Read the blocks of the messages that it shares, else its text: both say the same."""
    blocks: list[Block] = []
    for shared in get_objects(attachment, "message_blocks"):
        message = get_object(shared, "message") or shared
        blocks += as_blocks(read_blocks(get_list(message, "blocks")))
        inner = get_objects(message, "attachments")
        if depth < _MAX_DEPTH:
            blocks += read_attachments(inner, depth + 1)
        else:
            blocks += as_blocks(read_blocks(inner))
    return (
        blocks
        or as_blocks([_formatted(attachment, "text", attachment)])
        or as_blocks(read_blocks(get_list(attachment, "message_blocks")))
    )


def _read_field(field: Object, attachment: Object) -> Typed:
    title = read_unformatted(get_text(field, "title"))
    value = _formatted(field, "value", attachment, listed_as="fields")
    between = ": " if field.get("short") is True else "\n"
    return join([(Strong(title),) if title else (), value], Text(between))


def _as_new_blocks(attachment: Object) -> list[object]:
    """Write what legacy attachments have, and blocks have too, as blocks."""
    files = [{**file, "type": "file"} for file in get_objects(attachment, "files")]
    return [*files, {"type": "actions", "elements": get_list(attachment, "actions")}]


def _formatted(source: Object, name: str, attachment: Object, listed_as: str = "") -> Typed:
    """Read mrkdwn; if the attachment lists what has marks, only the listed texts have."""
    text, listed = get_text(source, name), attachment.get("mrkdwn_in")
    if not text:
        return read_text(source.get(name))
    if isinstance(listed, list) and (listed_as or name) not in listed:
        return _line(read_unformatted(text))
    return mrkdwn.parse(text)


def _read_fallback(attachment: Object) -> list[Block]:
    words = read_unformatted(get_text(attachment, "fallback"))
    return as_blocks([_line(words)] if words else read_blocks([attachment]))


def _linked(attachment: Object, name: str, href_name: str = "") -> tuple[Inline, ...]:
    words = read_unformatted(get_text(attachment, name))
    href = _address(attachment, href_name)
    return (Link(href, words),) if words and href else words


def _address(attachment: Object, *names: str) -> str:
    return decode(get_text(attachment, *names))


def _line(words: tuple[Inline, ...]) -> Typed:
    return (Paragraph(words),) if words else ()

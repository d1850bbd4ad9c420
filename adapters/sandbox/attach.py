"""Attachments: checked as the portal does.

Source: https://apidocs.bitrix24.com/api-reference/chats/messages/attachments.html
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from adapters.sandbox.errors import RestError

MAX_BYTES = 30_720

Text = str | int | float
"""What PHP would take for a text."""


class Link(Struct, rename="upper"):
    """A link with a description and a picture."""

    link: str
    name: Text = ""
    desc: Text = ""
    preview: str = ""


class User(Struct, rename="upper"):
    """Somebody's name and face."""

    name: Text
    avatar: str = ""
    link: str = ""


class Image(Struct, rename="upper"):
    """A picture; ``preview`` is a smaller one."""

    link: str
    name: Text = ""
    preview: str = ""


class Document(Struct, rename="upper"):
    """A file to download; ``size`` in bytes."""

    link: str
    name: Text = ""
    size: int = 0


class Cell(Struct, rename="upper"):
    """A name and its value; ``width`` in pixels."""

    display: Literal["BLOCK", "LINE", "ROW", "TABLE"]
    name: Text = ""
    value: Text = ""
    width: int = 0
    link: str = ""


class Delimiter(Struct, rename="upper"):
    """A rule; ``size`` is its length in pixels."""

    size: int = 200
    color: str = "#c6c6c6"


class Block(Struct, rename="upper", forbid_unknown_fields=True):
    """A part of an attachment: exactly one of the fields is given."""

    message: Text | None = None
    link: Link | list[Link] | None = None
    user: User | list[User] | None = None
    image: Image | list[Image] | None = None
    file: Document | list[Document] | None = None
    grid: list[Cell] | None = None
    delimiter: Delimiter | None = None

    def __post_init__(self) -> None:
        """Refuse a block of no kind or of several; msgspec tells it as a ``ValidationError``."""
        if sum(value is not None for value in msgspec.structs.astuple(self)) != 1:
            raise ValueError("a block has exactly one kind")


class Attach(Struct, rename="upper"):
    """A whole attachment."""

    blocks: list[Block]
    id: int | str = 0
    color_token: Literal["primary", "secondary", "alert", "base"] | None = None
    color: str = ""


class CheckedAttach(Struct, frozen=True):
    """An attachment that is right: compact JSON, and what it says."""

    json: str
    attach: Attach


def check_attach(value: object) -> CheckedAttach:
    """Check an ``ATTACH`` parameter: an object, a list of blocks, or either as JSON.

    Raises:
        RestError: ``ATTACH_ERROR`` when it is none of these, ``ATTACH_OVERSIZE`` when its compact
            UTF-8 JSON has more than 30,720 bytes.
    """
    try:
        plain = msgspec.json.decode(value) if isinstance(value, str) else value
        encoded = msgspec.json.encode(plain)
        if len(encoded) > MAX_BYTES:
            raise RestError("ATTACH_OVERSIZE")
        whole = {"BLOCKS": plain} if isinstance(plain, list) else plain
        # A form has only strings: numbers in them are numbers.
        attach = msgspec.convert(whole, Attach, strict=False)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RestError("ATTACH_ERROR") from error
    if not attach.blocks:
        raise RestError("ATTACH_ERROR")
    return CheckedAttach(encoded.decode(), attach)

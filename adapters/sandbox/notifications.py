"""Notifications of the sandbox portal, and what happens to them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from adapters.sandbox.people import OWNER_ID


class Draft(Struct, frozen=True, kw_only=True):
    """A notification as it is asked for.

    Attributes:
        user_id: the recipient.
        author_id: in whose name it is sent.
        message: BB codes, not empty.
        message_out: plain text for e-mail.
        application: the ``CLIENT_ID``: tags belong to it, and without it they are ignored.
        tag: an older notification of the recipient with it is removed.
        sub_tag: kept, without further effect.
        attach: the attachment as JSON; empty if there is none.
        attach_html: the same for a page.
    """

    user_id: int
    message: str
    author_id: int = OWNER_ID
    message_out: str = ""
    application: str = ""
    tag: str = ""
    sub_tag: str = ""
    attach: str = ""
    attach_html: str = ""


class StoredNotification(Struct, frozen=True, kw_only=True):
    """A notification in somebody's bell.

    Attributes:
        author_id: who it is from.
        message: as kept: trimmed and, if need be, cut.
        tag: empty where there is none or it was ignored.
        attach: the attachment as JSON; empty if there is none.
        created_at: aware, in UTC.
        html: message and attachment as the messenger shows them, safe for a page.
    """

    id: int
    user_id: int
    author_id: int
    message: str
    message_out: str
    application: str
    tag: str
    sub_tag: str
    attach: str
    created_at: datetime
    html: str


class Added(Struct, frozen=True, tag=True):
    """A bell has rung."""

    notification: StoredNotification


class Removed(Struct, frozen=True, tag=True):
    """A notification is gone from a bell."""

    id: int
    user_id: int


class Missed(Struct, frozen=True, tag=True):
    """The listener was too slow: events were left out, read ``portal.notifications`` anew."""


Event = Added | Removed | Missed

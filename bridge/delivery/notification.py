"""The values of delivery: what travels to the portal, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from bridge.delivery.lane import Lane
from bridge.delivery.state import State
from bridge.errors import PortalError
from bridge.people.identity import Recipient

OWN_TAG: Final = "b24bridge|"
"""How the tags begin that we give to what has none, each its own."""


class Notification(Struct, frozen=True, kw_only=True):
    """One bell to ring: a message for one recipient, rendered.

    Source: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html

    Attributes:
        recipient: who is to be notified.
        message: BB codes, at most 20,000 characters, not empty.
        message_out: the same as plain text, for e-mail.
        tag: at most 246 characters; a later notification with it replaces this one, so that a
            repeat after an unclear outcome is shown once.
        sub_tag: as ``tag``, without replacing; may be empty.
        attach: an attachment as JSON, at most 30,720 bytes; may be empty.
        lane: before and behind which others it goes.
        is_system: in the name of the portal instead of a person.
    """

    recipient: Recipient
    message: str
    message_out: str
    tag: str
    sub_tag: str = ""
    attach: str = ""
    lane: Lane = Lane.NORMAL
    is_system: bool = False


class Delivery(Struct, frozen=True, kw_only=True):
    """A notification taken from the outbox for an attempt.

    Attributes:
        id: its row.
        attempt: the number of this attempt, from 1.
        queued_at: when it was queued: by its command, or again by an administrator.
        received_at: when its command came.
        trace: what log lines about it have in common with those about its command.
    """

    id: int
    notification: Notification
    attempt: int
    queued_at: datetime
    received_at: datetime
    trace: str = ""


class Delivered(Struct, frozen=True):
    """The portal created the notification under ``portal_notification_id``."""

    portal_notification_id: int


Outcome = Delivered | PortalError
"""What one attempt came to."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What becomes of a delivery after an attempt.

    Attributes:
        delivery_id: its row.
        attempt: the number of the attempt.
        state: DELIVERED, FAILED, DEAD, or QUEUED for another attempt at ``due_at``.
        due_at: when the next attempt may run; None in a final state.
        code: the error code, empty after success.
        is_outcome_unknown: the attempt may have been delivered although no answer came.
        portal_notification_id: the portal's id after success, else 0.
    """

    delivery_id: int
    attempt: int
    state: State
    due_at: datetime | None = None
    code: str = ""
    is_outcome_unknown: bool = False
    portal_notification_id: int = 0


class Progress(Struct, frozen=True, kw_only=True):
    """How far the delivery to one recipient is, for telling the person who asked for it.

    Attributes:
        recipient: whom it is for.
        state: where it stands.
        code: why it was not delivered, or why its portal is on hold; empty when nothing is wrong.
        is_put_off: whether its portal takes nothing at the moment.
        portal: the host of the portal that it goes to.
        is_unsure: whether it may be shown twice, or, when it was given up, once.
    """

    recipient: Recipient
    state: State
    code: str = ""
    is_put_off: bool = False
    portal: str = ""
    is_unsure: bool = False


FOR_GOOD: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""When a hold ends that a person alone can end."""


class PortalStatus(Struct, frozen=True):
    """Whether a portal takes notifications.

    Attributes:
        resume_at: no request before this time; None when there is no pause.
        hold_code: why an administrator must act; empty when none must.
        held_at: since when; None without a hold.
    """

    resume_at: datetime | None = None
    hold_code: str = ""
    held_at: datetime | None = None


class Outlook(Struct, frozen=True):
    """What is to be done for a portal next.

    Attributes:
        status: whether it takes notifications.
        due_at: when the next one is due; None when nothing is queued.
    """

    status: PortalStatus
    due_at: datetime | None = None

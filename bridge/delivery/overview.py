"""What a person has sent, as they look back at it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from bridge.delivery.state import State
from bridge.people.identity import Recipient


class Sent(Struct, frozen=True, kw_only=True):
    """A notification to one recipient and what has become of it; never with its text.

    Attributes:
        recipient: whom it is for.
        state: where it stands.
        code: of the last attempt that failed; empty when none has.
        queued_at: when it was accepted.
        next_try_at: not before then; None when nothing more is tried, when an attempt is under way,
            or when somebody must act first.
        finished_at: when its state became final; None before.
        is_possibly_doubled: whether it may be shown twice.
        hold_code: why an administrator must act before anything goes to its portal; empty when none
            must.
        held_at: since when; None when none must.
    """

    recipient: Recipient
    state: State
    code: str = ""
    queued_at: datetime
    next_try_at: datetime | None = None
    finished_at: datetime | None = None
    is_possibly_doubled: bool = False
    hold_code: str = ""
    held_at: datetime | None = None

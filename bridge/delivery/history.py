"""What has happened to a delivery besides being delivered, as administrators look back at it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

CANCELLED: Final = "CANCELLED_BY_ADMINISTRATOR"
"""Why a delivery was taken back, if not by whoever sent it."""


class Happening(StrEnum):
    """What has happened to a delivery."""

    FAILED = "attempt failed"
    """An attempt came to nothing; the code tells why."""
    INTERRUPTED = "interrupted"
    """An attempt was under way when the bridge ended; the delivery was queued again."""
    RETRIED = "retried"
    """An administrator queued it again."""
    CANCELLED = "cancelled"
    """An administrator cancelled it."""


class Event(Struct, frozen=True, kw_only=True):
    """Something that has happened to a delivery.

    Attributes:
        at: when.
        what: which of all things.
        attempt: which attempt it was, or how many there had been.
        code: of the error; empty without one.
    """

    at: datetime
    what: Happening
    attempt: int
    code: str = ""

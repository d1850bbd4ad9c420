"""How much waits for a portal."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from bridge.delivery.lane import Lane


class Queue(Struct, frozen=True, kw_only=True):
    """What waits for a portal in one lane.

    Attributes:
        portal: its host.
        lane: how urgent it is.
        depth: how many notifications wait, those under way included.
        oldest_at: when the first of them was queued.
    """

    portal: str
    lane: Lane
    depth: int
    oldest_at: datetime

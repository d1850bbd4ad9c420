"""Taking back what was sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from bridge.delivery.state import State
from bridge.people.identity import PortalId, Recipient

UNDO_WITHIN: Final = timedelta(minutes=5)
"""How long after its delivery a notification may be deleted by who sent it."""


class Retractable(Struct, frozen=True, kw_only=True):
    """A delivery that its sender wants to take back.

    Attributes:
        id: its row.
        portal: where it goes.
        recipient: whom it is for.
        tag: what the portal knows it by.
        state: where it stands.
        finished_at: when its state became final; None before.
        is_possibly_doubled: whether it may be in the portal without our knowing.
        is_replaced: whether a later one with the same tag has taken its place, and must stay.
    """

    id: int
    portal: PortalId
    recipient: Recipient
    tag: str
    state: State
    finished_at: datetime | None = None
    is_possibly_doubled: bool = False
    is_replaced: bool = False

    def is_waiting(self) -> bool:
        """Tell whether it has not arrived and still will."""
        return not self.state.is_final

    def is_deletable(self, now: datetime) -> bool:
        """Tell whether it may be in the portal and may still be deleted there."""
        if self.is_replaced:
            return False
        if self.state is State.CANCELLED:
            return self.is_possibly_doubled
        is_recent = self.finished_at is not None and now - self.finished_at <= UNDO_WITHIN
        return self.state is State.DELIVERED and is_recent

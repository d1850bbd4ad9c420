"""Where a delivery stands."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    """Waiting for its (next) attempt."""
    SENDING = "sending"
    """An attempt is under way, or was when the process ended."""
    DELIVERED = "delivered"
    """The portal has created the notification."""
    FAILED = "failed"
    """The portal has refused it for good."""
    DEAD = "dead"
    """Given up after the last try."""
    CANCELLED = "cancelled"
    """Taken back by its sender: not sent, or deleted in the portal."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more will be tried."""
        return self not in {State.QUEUED, State.SENDING}

"""The one decision about errors: try again, give up, or put the portal on hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct

from bridge.delivery.state import State
from bridge.errors import PortalError, PortalOnHold, Rejected, TryLater

if TYPE_CHECKING:
    from bridge.delivery.notification import Delivery


class RetryAt(Struct, frozen=True):
    """Another attempt at a time, and nothing else to the portal before ``portal_until``."""

    at: datetime
    portal_until: datetime


class GiveUp(Struct, frozen=True):
    """No further attempt: FAILED if the portal refuses for good, DEAD if it took too long.

    Nothing else goes to the portal before ``portal_until``, if it wants a pause all the same.
    """

    state: State
    portal_until: datetime | None = None


class HoldPortal(Struct, frozen=True):
    """Send nothing until an administrator has acted; look again whether they have at a time."""

    until: datetime


Decision = RetryAt | GiveUp | HoldPortal


class Policy(Struct, frozen=True, kw_only=True):
    """How patient the bridge is.

    Attributes:
        first_seconds: the shortest pause between two attempts.
        longest_seconds: the longest pause between two attempts.
        give_up_after_seconds: the age at which a notification is given up,
        give_up_after_attempts: if it has also been tried so often, or as often as that age allows:
            what has only waited, for a portal on hold or a bridge that was switched off, is not
            given up.
        probe_seconds: how often a portal on hold is asked whether it works again.
    """

    first_seconds: float = 1.0
    longest_seconds: float = 600.0
    give_up_after_seconds: float = 86_400.0
    give_up_after_attempts: int = 10
    probe_seconds: float = 300.0

    def decide(
        self, error: PortalError, delivery: Delivery, now: datetime, chance: float
    ) -> Decision:
        """Decide what follows from an attempt that failed at ``now``.

        Args:
            error: how it failed.
            delivery: what failed, with the number of the attempt.
            now: aware.
            chance: a random number from 0 to 1, which spreads the attempts of many.
        """
        if isinstance(error, PortalOnHold):
            return HoldPortal(now + timedelta(seconds=self.probe_seconds))
        if isinstance(error, Rejected):
            return GiveUp(State.FAILED)
        asked_seconds = error.retry_after_seconds if isinstance(error, TryLater) else None
        at = self.retry_at(delivery.attempt, asked_seconds, now, chance)
        # One message that the portal stumbles over must not keep the others waiting for long, nor
        # one portal that hangs have them all sent into the dark.
        is_for_all = isinstance(error, TryLater)
        portal_until = at if is_for_all else self.retry_at(1, None, now, chance)
        if self._is_over(delivery, now):
            return GiveUp(State.DEAD, portal_until)
        return RetryAt(at, portal_until)

    def _is_over(self, delivery: Delivery, now: datetime) -> bool:
        age_seconds = (now - delivery.queued_at).total_seconds()
        is_old = age_seconds >= self.give_up_after_seconds
        return is_old and delivery.attempt >= self._count_attempts()

    def _count_attempts(self) -> int:
        """Tell after how many attempts something is given up: no more than fit into its time."""
        pauses = (
            self.pause_seconds(attempt, 1.0) for attempt in range(1, self.give_up_after_attempts)
        )
        return 1 + sum(end <= self.give_up_after_seconds for end in accumulate(pauses))

    def retry_at(
        self, attempt: int, asked_seconds: float | None, now: datetime, chance: float
    ) -> datetime:
        """Tell when to try again after the nth attempt: later each time, and not before asked."""
        seconds = max(self.pause_seconds(attempt, chance), asked_seconds or 0.0)
        return now + timedelta(seconds=seconds)

    def pause_seconds(self, attempt: int, chance: float) -> float:
        """Tell how long to wait after the nth attempt: longer each time, spread by ``chance``."""
        doubled = self.first_seconds * 2.0 ** min(attempt, 32)
        return self.first_seconds + chance * (
            min(doubled, self.longest_seconds) - self.first_seconds
        )

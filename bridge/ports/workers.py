"""Time, and when and where work runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from bridge.people.identity import (
        PortalId,
    )


class Clock(Protocol):
    """The time, so that tests can tell it."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


class Claims(Protocol):
    """Who does what, among the machines that share a database.

    Whoever dies, freezes or loses the database loses all claims within seconds.
    """

    async def claim(self, names: Collection[str], limit: int = 1) -> frozenset[str]:
        """Claim up to ``limit`` of these, in their order; returns those that are ours from now on.

        What anybody has claimed already, this process included, is left out.
        """
        ...

    async def release(self, names: Collection[str]) -> None:
        """Leave these to others; what is not ours stays as it is."""
        ...

    def holds(self, name: str) -> bool:
        """Tell whether it is certain that nobody else has claimed this."""
        ...


class News(Protocol):
    """What the other machines that share a database have put into it."""

    async def listen(self, hear: Callable[[str], None]) -> None:
        """Hand over what is told, until cancelled; some of it may be missed.

        That is ``inbox``, ``answers``, ``portal`` and a number, or nothing: it may be any of these.
        """
        ...


class Worker(Protocol):
    """Decides when and where work runs; every method returns at once."""

    def wake(self, portal: PortalId, at: datetime | None = None) -> None:
        """Have a portal drained, now or at a time."""
        ...

    def wake_inbox(self) -> None:
        """Have open commands carried out."""
        ...

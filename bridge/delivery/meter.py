"""What is counted and measured, for those who watch over the bridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from bridge.delivery.notification import Verdict
    from bridge.people.identity import Platform


class PortalMeter(Protocol):
    """Counts and measures what goes to one portal; every method returns at once."""

    def note_wait(self, seconds: float) -> None:
        """Note how long after its event a notification leaves for the first time."""
        ...

    def note_call(self, seconds: float) -> None:
        """Note how long a request with notifications has taken."""
        ...

    def note_verdict(self, verdict: Verdict) -> None:
        """Note what has become of a delivery after an attempt."""
        ...

    def note_hold(self, code: str) -> None:
        """Note that an attempt has found that an administrator must act."""
        ...


class Meter(Protocol):
    """Counts and measures; every method returns at once."""

    def note_accepted(self, platform: Platform) -> None:
        """Note a new command."""
        ...

    def of_portal(self, name: str) -> PortalMeter:
        """Return what measures the portal with this host."""
        ...


class Unmeasured:
    """Where nobody watches: ``Meter`` and ``PortalMeter`` that note nothing."""

    def note_accepted(self, platform: Platform) -> None:
        """Note nothing."""

    def of_portal(self, name: str) -> PortalMeter:  # noqa: ARG002
        """Return itself."""
        return self

    def note_wait(self, seconds: float) -> None:
        """Note nothing."""

    def note_call(self, seconds: float) -> None:
        """Note nothing."""

    def note_verdict(self, verdict: Verdict) -> None:
        """Note nothing."""

    def note_hold(self, code: str) -> None:
        """Note nothing."""


UNMEASURED: Final = Unmeasured()

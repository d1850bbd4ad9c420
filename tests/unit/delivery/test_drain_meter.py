"""What a drain does is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.meter import Unmeasured
from bridge.delivery.state import State
from bridge.errors import (
    OutcomeUnknown,
    PortalOnHold,
)
from tests.fakes.portal import ANNA
from tests.unit.delivery.scene import Scene

if TYPE_CHECKING:
    from bridge.delivery.notification import Verdict


class Tally(Unmeasured):
    """Remembers what it was told to note."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.calls = 0
        self.verdicts: list[tuple[State, str]] = []
        self.holds: list[str] = []

    def note_wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def note_call(self, seconds: float) -> None:
        self.calls += 1

    def note_verdict(self, verdict: Verdict) -> None:
        self.verdicts.append((verdict.state, verdict.code))

    def note_hold(self, code: str) -> None:
        self.holds.append(code)


async def test_what_goes_to_the_portal_is_measured_and_a_repeat_waits_for_no_event() -> None:
    tally = Tally()
    scene = Scene(meter=tally)
    await scene.queue(ANNA)
    scene.clock.advance(2)
    scene.portal.outcomes.append(OutcomeUnknown("TIMEOUT"))
    await scene.run()
    scene.clock.advance(60)
    await scene.run()
    assert (tally.waits, tally.calls) == ([2.0], 2)
    assert tally.verdicts == [(State.QUEUED, "TIMEOUT"), (State.DELIVERED, "")]


async def test_a_hold_is_counted_with_its_code() -> None:
    tally = Tally()
    scene = Scene(meter=tally)
    await scene.queue(ANNA)
    scene.portal.outcomes.append(PortalOnHold("NO_AUTH_FOUND"))
    await scene.run()
    assert tally.holds == ["NO_AUTH_FOUND"]

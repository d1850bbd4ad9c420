"""What comes in is counted once, and logged without what was typed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bridge.delivery.meter import Unmeasured
from bridge.intake import Intake
from bridge.people.identity import Platform
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import MARIA, make_incoming
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from bridge.people.identity import PortalId


class Tally(Unmeasured):
    """Counts commands."""

    def __init__(self) -> None:
        self.accepted: list[Platform] = []

    def note_accepted(self, platform: Platform) -> None:
        self.accepted.append(platform)


class Sleeper:
    """A worker that only notes that it was woken."""

    def __init__(self) -> None:
        self.woken = 0

    def wake(self, portal: PortalId, at: datetime | None = None) -> None:
        raise AssertionError

    def wake_inbox(self) -> None:
        self.woken += 1


async def test_an_event_that_comes_twice_is_counted_and_worked_on_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    worker, tally = Sleeper(), Tally()
    intake = Intake(MemoryStores(FakeClock()).inbox, worker, tally)
    incoming = make_incoming("/b24notify #5 a secret")
    assert [await intake.accept(incoming), await intake.accept(incoming)] == [True, False]
    assert (tally.accepted, worker.woken) == ([Platform.TELEGRAM], 1)
    assert str(MARIA.identity) in caplog.text
    assert "secret" not in caplog.text

"""What ``bridge.ports.Portals`` promises."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.delivery.notification import FOR_GOOD, PortalStatus, Verdict
from bridge.delivery.state import State
from bridge.people.identity import PortalId
from tests.contract.stores import notify

if TYPE_CHECKING:
    from tests.contract.stores import Stores


async def test_a_portal_takes_notifications_from_the_start(stores: Stores) -> None:
    assert await stores.portals.status(stores.portal) == PortalStatus()


async def test_a_portal_that_is_not_known_has_no_pause(stores: Stores) -> None:
    assert await stores.portals.status(PortalId(999)) == PortalStatus()


async def test_a_pause_lasts_until_its_time(stores: Stores) -> None:
    until = stores.clock.advance(10)
    await stores.portals.pause(stores.portal, until)
    assert await stores.portals.status(stores.portal) == PortalStatus(until)
    assert await stores.portals.status(stores.other_portal) == PortalStatus()


async def test_a_hold_says_why(stores: Stores) -> None:
    until = stores.clock.advance(10)
    await stores.portals.pause(stores.portal, until, "NO_AUTH_FOUND")
    held = PortalStatus(until, "NO_AUTH_FOUND", held_at=stores.now)
    assert await stores.portals.status(stores.portal) == held


async def test_a_pause_ends_when_its_time_is_over(stores: Stores) -> None:
    await stores.portals.pause(stores.portal, stores.clock.advance(10))
    stores.clock.advance(-1)
    await stores.portals.end_pause(stores.portal)
    assert (await stores.portals.status(stores.portal)).resume_at
    stores.clock.advance(1)
    await stores.portals.end_pause(stores.portal)
    assert await stores.portals.status(stores.portal) == PortalStatus()


async def test_a_hold_that_begins_when_a_pause_ends_stays(stores: Stores) -> None:
    await stores.portals.pause(stores.portal, stores.now)
    await stores.portals.pause(stores.portal, stores.now, "ACCESS_DENIED")
    await stores.portals.end_pause(stores.portal)
    assert (await stores.portals.status(stores.portal)).hold_code == "ACCESS_DENIED"


async def test_of_two_pauses_the_longer_counts(stores: Stores) -> None:
    short, long = stores.clock.advance(1), stores.clock.advance(60)
    await stores.portals.pause(stores.portal, long)
    await stores.portals.pause(stores.portal, short)
    assert (await stores.portals.status(stores.portal)).resume_at == long


async def test_a_pause_does_not_end_a_hold(stores: Stores) -> None:
    await stores.portals.pause(stores.portal, stores.now, "NO_AUTH_FOUND")
    await stores.portals.pause(stores.portal, stores.clock.advance(1))
    assert (await stores.portals.status(stores.portal)).hold_code == "NO_AUTH_FOUND"


async def test_of_two_holds_the_longer_says_why(stores: Stores) -> None:
    await stores.portals.pause(stores.portal, FOR_GOOD, "HELD")
    await stores.portals.pause(stores.portal, stores.clock.advance(1), "NO_AUTH_FOUND")
    held_at = stores.now - timedelta(seconds=1)
    assert await stores.portals.status(stores.portal) == PortalStatus(FOR_GOOD, "HELD", held_at)


async def test_what_a_hold_has_put_off_is_due_within_seconds_of_its_end(stores: Stores) -> None:
    await stores.queue(notify("a"))
    (taken,) = await stores.outbox.take_due(stores.portal, stores.now, 50)
    late = stores.now + timedelta(minutes=5)
    await stores.outbox.record(
        [Verdict(delivery_id=taken.id, attempt=taken.attempt, state=State.QUEUED, due_at=late)]
    )
    await stores.portals.pause(stores.portal, stores.now)
    await stores.portals.release(stores.portal)
    assert (await stores.outbox.look(stores.portal)).due_at == late
    await stores.portals.pause(stores.portal, late, "NO_AUTH_FOUND")
    await stores.portals.release(stores.portal)
    assert (await stores.outbox.look(stores.portal)).due_at == stores.now + timedelta(seconds=5)


async def test_a_release_ends_pause_and_hold(stores: Stores) -> None:
    await stores.portals.pause(stores.portal, stores.clock.advance(10), "NO_AUTH_FOUND")
    await stores.portals.release(stores.portal)
    assert await stores.portals.status(stores.portal) == PortalStatus()


async def test_how_full_a_bucket_was_is_remembered(stores: Stores) -> None:
    assert await stores.portals.read_level(stores.portal) is None
    at = stores.clock.advance(10)
    await stores.portals.save_level(stores.portal, 12.5, at)
    assert await stores.portals.read_level(stores.portal) == (12.5, at)
    assert await stores.portals.read_level(stores.other_portal) is None

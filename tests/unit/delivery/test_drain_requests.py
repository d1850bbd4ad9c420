"""Several requests of a drain are under way, and what is urgent takes the next one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge.delivery.drain import Drain
from bridge.delivery.lane import Lane
from bridge.delivery.state import State
from bridge.errors import (
    PortalOnHold,
    StorageError,
    TryLater,
)
from bridge.people.identity import BitrixUserId, Recipient
from tests.fakes.portal import ANNA, BORIS, FakePortal
from tests.unit.delivery.scene import PORTAL, Scene

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.delivery.notification import Delivery, Notification, Outcome


class SlowPortal(FakePortal):
    """Answers when a test lets it."""

    def __init__(self) -> None:
        super().__init__(request_size=2)
        self.gates: list[asyncio.Event] = []

    async def send(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        self.gates.append(gate := asyncio.Event())
        outcomes = await super().send(notifications)
        await gate.wait()
        return outcomes

    async def reaches(self, requests: int) -> None:
        """Wait until so many requests have been made."""
        async with asyncio.timeout(5):
            while len(self.gates) < requests:
                await asyncio.sleep(0)


def people(count: int, start: int = 100) -> list[Recipient]:
    return [Recipient(BitrixUserId(start + number)) for number in range(count)]


@pytest.fixture
async def slow() -> AsyncIterator[tuple[Scene, SlowPortal]]:
    """A drain of at most two requests of two notifications each, whose portal takes its time."""
    scene = Scene(requests=2)
    portal = SlowPortal()
    scene.drain = Drain(
        PORTAL,
        portal,
        outbox=scene.stores.outbox,
        portals=scene.stores.portals,
        clock=scene.clock,
        requests=2,
        chance=lambda: 0.0,
    )
    scene.portal = portal
    yield scene, portal
    for gate in portal.gates:
        gate.set()


async def test_several_requests_are_under_way_but_not_more_than_allowed(
    slow: tuple[Scene, SlowPortal],
) -> None:
    scene, portal = slow
    await scene.queue(*people(6))
    run = asyncio.create_task(scene.run())
    await portal.reaches(2)
    await asyncio.sleep(0.01)
    assert len(portal.gates) == 2
    portal.gates[1].set()
    await portal.reaches(3)
    portal.gates[0].set()
    portal.gates[2].set()
    await run
    assert all(row.state is State.DELIVERED for row in scene.rows())
    assert portal.turns == 0


async def test_no_recipient_is_in_two_requests_at_once(slow: tuple[Scene, SlowPortal]) -> None:
    scene, portal = slow
    await scene.queue(ANNA)
    await scene.queue(ANNA, lane=Lane.BULK)
    await scene.queue(ANNA, lane=Lane.URGENT)
    run = asyncio.create_task(scene.run())
    for number in range(3):
        await portal.reaches(number + 1)
        await asyncio.sleep(0.01)
        assert len(portal.gates) == number + 1
        portal.gates[number].set()
    await run
    assert scene.tags_sent() == ["t2", "t0", "t1"]


async def test_what_a_person_typed_takes_the_next_request_before_a_crowd(
    slow: tuple[Scene, SlowPortal],
) -> None:
    scene, portal = slow
    await scene.queue(*people(8), lane=Lane.BULK)
    run = asyncio.create_task(scene.run())
    await portal.reaches(2)
    await scene.queue(ANNA)
    portal.gates[0].set()
    await portal.reaches(3)
    assert portal.sent[2][0].recipient.user_id == ANNA.user_id
    for number in (1, 2):
        portal.gates[number].set()
    await portal.reaches(5)
    for gate in portal.gates:
        gate.set()
    await run


async def test_news_are_sent_while_another_request_is_under_way(
    slow: tuple[Scene, SlowPortal],
) -> None:
    scene, portal = slow
    await scene.queue(ANNA)
    run = asyncio.create_task(scene.run())
    await portal.reaches(1)
    await asyncio.sleep(0.01)
    await scene.queue(BORIS)
    scene.drain.nudge()
    await portal.reaches(2)
    for gate in portal.gates:
        gate.set()
    await run
    assert all(row.state is State.DELIVERED for row in scene.rows())


async def test_what_must_travel_alone_is_a_request_of_its_own(scene: Scene) -> None:
    scene.portal.loners = {"alone"}
    await scene.queue(ANNA, *people(2))
    await scene.queue(BORIS, message="alone")
    await scene.run()
    assert [len(sent) for sent in scene.portal.sent] == [3, 1]
    assert scene.portal.turns == 0


async def test_a_turn_that_does_not_come_soon_is_a_pause(scene: Scene) -> None:
    await scene.queue(ANNA)
    scene.portal.busy = TryLater("OPERATION_TIME_LIMIT", retry_after_seconds=30)
    assert await scene.run() == 30
    assert scene.rows()[0].state is State.QUEUED
    assert scene.rows()[0].attempts == 0
    scene.portal.busy = None
    scene.clock.advance(30)
    assert await scene.run() is None
    assert scene.rows()[0].state is State.DELIVERED


async def test_without_anything_due_no_turn_is_waited_for(scene: Scene) -> None:
    scene.portal.busy = TryLater("NOT_SENT", retry_after_seconds=30)
    assert await scene.run() is None


async def test_a_turn_is_given_back_when_the_database_fails_behind_it(scene: Scene) -> None:
    await scene.queue(ANNA)
    take_due = scene.stores.outbox.take_due

    async def fail(*_: object) -> Sequence[Delivery]:
        raise StorageError("disk full")

    scene.stores.outbox.take_due = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(StorageError):
        await scene.run()
    assert scene.portal.turns == 0
    scene.stores.outbox.take_due = take_due  # type: ignore[method-assign]
    await scene.run()
    assert scene.rows()[0].state is State.DELIVERED


async def test_a_crowd_that_must_travel_alone_keeps_no_person_waiting() -> None:
    scene = Scene(requests=1)
    scene.portal.loners = {"alone"}
    await scene.queue(*people(5), lane=Lane.BULK, message="alone")
    send = scene.portal.send

    async def type_meanwhile(notifications: Sequence[Notification]) -> Sequence[Outcome]:
        if not scene.portal.sent:
            await scene.queue(ANNA)
        return await send(notifications)

    scene.portal.send = type_meanwhile  # type: ignore[method-assign]
    await scene.run()
    assert scene.tags_sent() == ["t0", "t5", "t1", "t2", "t3", "t4"]
    assert {row.attempts for row in scene.rows()} == {1}


async def test_what_must_travel_alone_goes_when_it_is_the_most_urgent(scene: Scene) -> None:
    scene.portal.loners = {"alone"}
    await scene.queue(*people(3), lane=Lane.BULK)
    await scene.queue(ANNA, message="alone")
    await scene.run()
    assert [len(sent) for sent in scene.portal.sent] == [1, 3]
    assert scene.tags_sent()[0] == "t3"


async def test_a_hold_outlasts_the_longer_pause_that_another_of_the_request_asks_for(
    scene: Scene,
) -> None:
    await scene.queue(ANNA, BORIS)
    scene.portal.outcomes += [
        PortalOnHold("ACCESS_DENIED"),
        TryLater("OPERATION_TIME_LIMIT", retry_after_seconds=500),
    ]
    assert await scene.run() == 500
    assert scene.stores.statuses[PORTAL].hold_code == "ACCESS_DENIED"


async def test_one_request_that_cannot_be_written_down_breaks_no_other_off(
    slow: tuple[Scene, SlowPortal],
) -> None:
    scene, portal = slow
    await scene.queue(*people(4))
    scene.fill_disk_once()
    run = asyncio.create_task(scene.run())
    await portal.reaches(2)
    portal.gates[0].set()
    await asyncio.sleep(0.01)
    portal.gates[1].set()
    with pytest.raises(StorageError):
        await run
    await scene.run()
    assert all(row.state is State.DELIVERED for row in scene.rows())
    assert len(portal.sent) == 2

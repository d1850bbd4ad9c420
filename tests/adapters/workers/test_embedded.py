"""The embedded worker runs what is due, at once, and ends without breaking anything off."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.workers.alarm import Alarm
from bridge.clock import SystemClock
from bridge.delivery.state import State
from bridge.errors import OutcomeUnknown, StorageError
from tests.adapters.workers.scene import PORTAL, Scene
from tests.fakes.incoming import make_incoming


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_command_goes_all_the_way_at_once(scene: Scene) -> None:
    async with scene.running():
        assert await scene.intake.accept(make_incoming("/b24notify #5 hi"))
        await scene.until_said(1)
    assert scene.chat.said == ["Notified Anna Petrova."]


async def test_the_same_event_twice_is_one_command(scene: Scene) -> None:
    incoming = make_incoming("/b24notify #5 hi")
    async with scene.running():
        assert await scene.intake.accept(incoming)
        assert not await scene.intake.accept(incoming)
        await scene.until_said(1)
    assert len(scene.stores.deliveries) == 1


async def test_what_an_earlier_run_has_left_is_done_first(scene: Scene) -> None:
    await scene.stores.inbox.store(make_incoming("/b24notify #5 hi"))
    async with scene.running():
        await scene.until_said(1)


async def test_one_persons_commands_are_carried_out_in_order(scene: Scene) -> None:
    async with scene.running():
        for number in range(20):
            await scene.intake.accept(make_incoming(f"/b24notify #5 number {number}"))
        await scene.until_said(20)
    sent = [one.message for sent in scene.portal.sent for one in sent]
    assert sent == [f"number {number}" for number in range(20)]


async def test_a_retry_runs_when_it_is_due(scene: Scene) -> None:
    scene.portal.outcomes.append(OutcomeUnknown("TIMEOUT"))
    async with scene.running():
        await scene.intake.accept(make_incoming("/b24notify #5 hi"))
        await scene.until_said(1)
    assert [row.attempts for row in scene.stores.deliveries.values()] == [2]


async def test_stopping_finishes_what_has_begun(scene: Scene) -> None:
    scene.portal.may_answer.clear()
    async with scene.running():
        await scene.intake.accept(make_incoming("/b24notify #5 hi"))
        await scene.portal.asked.wait()
        scene.worker.stop()
        scene.portal.may_answer.set()
    assert scene.stores.deliveries[1].state is State.DELIVERED
    assert scene.chat.said == ["Notified Anna Petrova."]


async def test_a_portal_that_is_served_later_is_drained_at_once(scene: Scene) -> None:
    await scene.worker.retire(PORTAL)
    async with scene.running():
        await scene.intake.accept(make_incoming("/b24notify #5 hi"))
        async with asyncio.timeout(5):
            while not scene.stores.deliveries:
                await asyncio.sleep(0.005)
        scene.worker.serve(PORTAL, scene.drain)
        await scene.until_said(1)
    assert scene.chat.said == ["Notified Anna Petrova."]


async def test_a_retired_portal_is_left_when_what_is_under_way_has_come_back(scene: Scene) -> None:
    scene.portal.may_answer.clear()
    async with scene.running():
        await scene.intake.accept(make_incoming("/b24notify #5 first"))
        await scene.portal.asked.wait()
        retiring = asyncio.create_task(scene.worker.retire(PORTAL))
        await asyncio.sleep(0)
        assert not retiring.done()
        scene.portal.may_answer.set()
        await retiring
        assert scene.stores.deliveries[1].state is State.DELIVERED
        await scene.intake.accept(make_incoming("/b24notify #5 second"))
        async with asyncio.timeout(5):
            while len(scene.stores.deliveries) < 2:
                await asyncio.sleep(0.005)
    assert scene.stores.deliveries[2].state is State.QUEUED


async def test_a_database_that_fails_for_a_while_loses_nothing(scene: Scene) -> None:
    take_due = scene.stores.outbox.take_due
    failures = iter([StorageError("disk full"), StorageError("disk full")])

    async def fail_at_first(*args: object) -> object:
        for failure in failures:
            raise failure
        return await take_due(*args)  # type: ignore[arg-type]

    scene.stores.outbox.take_due = fail_at_first  # type: ignore[assignment, method-assign]
    async with scene.running():
        await scene.intake.accept(make_incoming("/b24notify #5 hi"))
        await scene.until_said(2)  # that it is on its way, and that it has arrived
    assert scene.stores.deliveries[1].attempts == 1


async def test_an_alarm_rings_at_the_earliest_of_its_times() -> None:
    clock = SystemClock()
    alarm = Alarm(clock)
    alarm.set(clock.now() + timedelta(hours=1))
    alarm.set(clock.now() + timedelta(milliseconds=10))
    alarm.set(clock.now() + timedelta(hours=2))
    await asyncio.wait_for(alarm.wait(), 5)
    alarm.cancel()

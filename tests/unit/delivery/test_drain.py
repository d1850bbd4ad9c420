"""A drain sends what is due, once, and notes what became of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.commands.decided import Decided
from bridge.delivery.drain import Drain
from bridge.delivery.lane import Lane
from bridge.delivery.meter import UNMEASURED, Unmeasured
from bridge.delivery.notification import Delivery, Notification, Outcome, Verdict
from bridge.delivery.state import State
from bridge.errors import (
    OutcomeUnknown,
    PortalError,
    PortalOnHold,
    Rejected,
    StorageError,
    TryLater,
)
from bridge.people.identity import BitrixUserId, Identity, Platform, PortalId, Recipient, Sender
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import make_incoming
from tests.fakes.portal import ANNA, BORIS, FakePortal
from tests.fakes.stores import DeliveryRow, MemoryPortals, MemoryStores

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from bridge.delivery.meter import PortalMeter

PORTAL = PortalId(1)


class Scene:
    """A drain with a portal and stores that a test can look into."""

    def __init__(
        self,
        request_size: int = 50,
        requests: int = 4,
        meter: PortalMeter = UNMEASURED,
        *,
        is_alone: bool = False,
    ) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.portal = FakePortal(request_size=request_size)
        self.progress = 0
        self.drain = Drain(
            PORTAL,
            self.portal,
            outbox=self.stores.outbox,
            portals=self.stores.portals,
            clock=self.clock,
            requests=requests,
            chance=lambda: 0.0,
            meter=meter,
            is_alone=is_alone,
        )

    async def queue(
        self, *recipients: Recipient, lane: Lane = Lane.NORMAL, message: str = "m"
    ) -> None:
        # Each of somebody else: nobody overtakes their own.
        identity = Identity(Platform.TELEGRAM, "", str(len(self.stores.commands)))
        await self.stores.inbox.store(make_incoming("/b24notify", sender=Sender(identity)))
        notifications = [
            Notification(
                recipient=recipient, message=message, message_out="m", tag=f"t{number}", lane=lane
            )
            for number, recipient in enumerate(recipients, len(self.stores.deliveries))
        ]
        await self.stores.inbox.close(
            len(self.stores.commands), Decided(reply=None, notifications={PORTAL: notifications})
        )

    async def run(self) -> float | None:
        """Drain; returns in how many seconds to drain again."""
        at = await self.drain.run(self._note_progress, go_on=lambda: True)
        return (at - self.clock.now()).total_seconds() if at else None

    def rows(self) -> list[DeliveryRow]:
        return list(self.stores.deliveries.values())

    def tags_sent(self) -> list[str]:
        return [notification.tag for sent in self.portal.sent for notification in sent]

    def _note_progress(self) -> None:
        self.progress += 1


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_everything_due_is_sent_and_noted(scene: Scene) -> None:
    await scene.queue(ANNA, BORIS)
    assert await scene.run() is None
    assert [row.state for row in scene.rows()] == [State.DELIVERED, State.DELIVERED]
    assert [row.portal_notification_id for row in scene.rows()] == [100, 101]
    assert scene.progress == 1


async def test_notifications_of_one_recipient_go_one_after_the_other(scene: Scene) -> None:
    await scene.queue(ANNA)
    await scene.queue(ANNA)
    await scene.run()
    assert [len(sent) for sent in scene.portal.sent] == [1, 1]
    assert scene.tags_sent() == ["t0", "t1"]


async def test_a_timeout_after_sending_is_repeated_with_the_same_tag(scene: Scene) -> None:
    await scene.queue(ANNA)
    scene.portal.outcomes.append(OutcomeUnknown("TIMEOUT"))
    assert await scene.run() == 1
    scene.clock.advance(1)
    assert await scene.run() is None
    assert scene.tags_sent() == ["t0", "t0"]
    assert scene.rows()[0].state is State.DELIVERED
    assert scene.rows()[0].is_possibly_doubled


async def test_what_was_under_way_when_the_process_ended_goes_again(scene: Scene) -> None:
    await scene.queue(ANNA)
    await scene.stores.outbox.take_due(PORTAL, scene.clock.now(), 50)
    await scene.run()
    assert scene.rows()[0].state is State.DELIVERED
    assert scene.rows()[0].is_possibly_doubled


async def test_a_refusal_is_final(scene: Scene) -> None:
    await scene.queue(ANNA)
    scene.portal.outcomes.append(Rejected("USER_ID_EMPTY"))
    assert await scene.run() is None
    assert (scene.rows()[0].state, scene.rows()[0].code) == (State.FAILED, "USER_ID_EMPTY")


async def test_a_full_bucket_makes_all_wait_until_there_is_room(scene: Scene) -> None:
    await scene.queue(ANNA, BORIS)
    scene.portal.outcomes.append(TryLater("QUERY_LIMIT_EXCEEDED", retry_after_seconds=7))
    assert await scene.run() == 7
    await scene.queue(ANNA)
    assert await scene.run() == 7
    assert len(scene.portal.sent) == 1
    scene.clock.advance(7)
    assert await scene.run() is None
    assert all(row.state is State.DELIVERED for row in scene.rows())


async def test_a_portal_on_hold_keeps_its_queue_and_is_asked_again(scene: Scene) -> None:
    await scene.queue(ANNA)
    scene.portal.outcomes.append(PortalOnHold("NO_AUTH_FOUND"))
    scene.portal.error = PortalOnHold("NO_AUTH_FOUND")
    assert await scene.run() == 300
    scene.clock.advance(300)
    assert await scene.run() == 300
    assert (scene.portal.checks, len(scene.portal.sent)) == (1, 1)
    scene.clock.advance(300)
    scene.portal.error = None
    assert await scene.run() is None
    assert scene.rows()[0].state is State.DELIVERED


async def test_one_recipient_who_waits_keeps_no_other_waiting(scene: Scene) -> None:
    await scene.queue(ANNA)
    scene.portal.outcomes.append(OutcomeUnknown("TIMEOUT"))
    await scene.run()
    await scene.queue(ANNA, BORIS)
    assert await scene.run() == 1
    assert scene.tags_sent() == ["t0"]
    scene.clock.advance(1)
    await scene.run()
    assert scene.tags_sent() == ["t0", "t0", "t2", "t1"]


async def test_each_outcome_is_written_down_before_another_request_takes_its_place() -> None:
    scene = Scene(request_size=1, requests=1)
    await scene.queue(ANNA, BORIS)
    seen: list[list[State]] = []
    send = scene.portal.send

    async def watch(notifications: Sequence[Notification]) -> Sequence[Outcome]:
        seen.append([row.state for row in scene.rows()])
        return await send(notifications)

    scene.portal.send = watch  # type: ignore[method-assign]
    await scene.run()
    assert seen == [[State.SENDING, State.QUEUED], [State.DELIVERED, State.SENDING]]
    assert scene.progress == 2


async def test_the_longest_of_several_pauses_counts(scene: Scene) -> None:
    await scene.queue(ANNA, BORIS)
    scene.portal.outcomes.append(TryLater("QUERY_LIMIT_EXCEEDED", retry_after_seconds=7))
    assert await scene.run() == 7


async def test_a_drain_that_is_to_stop_takes_nothing_more(scene: Scene) -> None:
    await scene.queue(ANNA)
    await scene.drain.run(lambda: None, go_on=lambda: False)
    assert scene.rows()[0].state is State.QUEUED


@pytest.mark.parametrize("error", [TryLater("X"), OutcomeUnknown("X")])
async def test_after_a_day_of_trying_it_is_given_up(scene: Scene, error: PortalError) -> None:
    await scene.queue(ANNA)
    scene.clock.advance(timedelta(days=1).total_seconds())
    scene.rows()[0].attempts = 9
    scene.portal.outcomes.append(error)
    await scene.run()
    assert (scene.rows()[0].state, scene.rows()[0].code) == (State.DEAD, "X")


async def test_what_has_only_waited_for_days_is_not_given_up(scene: Scene) -> None:
    await scene.queue(ANNA, BORIS)
    scene.clock.advance(timedelta(days=3).total_seconds())
    scene.portal.outcomes.append(TryLater("QUERY_LIMIT_EXCEEDED", retry_after_seconds=7))
    assert await scene.run() == 7
    scene.clock.advance(7)
    await scene.run()
    assert [row.state for row in scene.rows()] == [State.DELIVERED, State.DELIVERED]


async def test_one_that_holds_the_portal_again_and_again_lets_the_others_through() -> None:
    scene = Scene(request_size=1)
    await scene.queue(ANNA, BORIS)
    scene.portal.outcomes.append(PortalOnHold("ACCESS_DENIED"))
    await scene.run()
    scene.clock.advance(300)
    await scene.run()
    assert [row.state for row in scene.rows()] == [State.QUEUED, State.DELIVERED]


async def test_an_outcome_that_could_not_be_written_down_is_not_sent_again(scene: Scene) -> None:
    await scene.queue(ANNA)
    record = scene.stores.outbox.record
    failures = iter([StorageError("disk full")])

    async def fail_at_first(verdicts: Sequence[Verdict]) -> None:
        for failure in failures:
            raise failure
        await record(verdicts)

    scene.stores.outbox.record = fail_at_first  # type: ignore[method-assign]
    with pytest.raises(StorageError):
        await scene.run()
    await scene.run()
    assert scene.tags_sent() == ["t0"]
    assert scene.rows()[0].state is State.DELIVERED


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
    record = scene.stores.outbox.record
    failures = iter([StorageError("disk full")])

    async def fail_at_first(verdicts: Sequence[Verdict]) -> None:
        for failure in failures:
            raise failure
        await record(verdicts)

    scene.stores.outbox.record = fail_at_first  # type: ignore[method-assign]
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


class SilentPortal(FakePortal):
    """A portal that takes a request and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def send(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        self.asked.set()
        await asyncio.Event().wait()
        return await super().send(notifications)


@pytest.mark.parametrize("is_asked_to_end", [False, True])
async def test_a_drain_that_is_broken_off_waits_for_no_answer(
    scene: Scene, is_asked_to_end: bool
) -> None:
    portal, going_on = SilentPortal(), [True]
    drain = Drain(
        PORTAL,
        portal,
        outbox=scene.stores.outbox,
        portals=scene.stores.portals,
        clock=scene.clock,
    )
    await scene.queue(ANNA)
    running = asyncio.create_task(drain.run(lambda: None, go_on=lambda: going_on[0]))
    await portal.asked.wait()
    if is_asked_to_end:
        going_on[0] = False
        drain.nudge()
    for _ in range(20):  # it is waiting for the answer by now
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait_for(asyncio.wait([running]), 5)
    assert running.cancelled()
    assert await scene.stores.outbox.recover(PORTAL) == 1


class LatePortal(FakePortal):
    """A portal whose turns come when it is too late."""

    def __init__(self, give_up: Callable[[], None]) -> None:
        super().__init__()
        self._give_up = give_up

    async def turn(self) -> None:
        await super().turn()
        self._give_up()


async def test_who_has_lost_a_portal_while_a_turn_was_waited_for_sends_nothing(
    scene: Scene,
) -> None:
    going_on = [True]
    portal = LatePortal(going_on.clear)
    drain = Drain(
        PORTAL,
        portal,
        outbox=scene.stores.outbox,
        portals=scene.stores.portals,
        clock=scene.clock,
    )
    await scene.queue(ANNA)
    await drain.run(lambda: None, go_on=lambda: bool(going_on))
    assert (portal.sent, portal.turns) == ([], 0)
    (row,) = scene.rows()
    assert (row.state, row.attempts, row.is_possibly_doubled) == (State.QUEUED, 0, False)


class HastyPortals(MemoryPortals):
    """Where somebody ends each hold as soon as it begins."""

    async def pause(self, portal: PortalId, until: datetime, hold_code: str = "") -> None:
        await super().pause(portal, until, hold_code)
        if hold_code:
            await self.release(portal)


async def test_what_a_hold_has_put_off_is_tried_soon_even_if_it_ends_at_once(
    scene: Scene,
) -> None:
    scene.stores.portals = HastyPortals(scene.stores)
    scene.portal.outcomes.append(PortalOnHold("ACCESS_DENIED"))
    drain = Drain(
        PORTAL,
        scene.portal,
        outbox=scene.stores.outbox,
        portals=scene.stores.portals,
        clock=scene.clock,
    )
    await scene.queue(ANNA)
    await drain.run(lambda: None, go_on=lambda: True)
    assert scene.rows()[0].due_at == scene.clock.now() + timedelta(seconds=5)


async def fail(_: Sequence[Notification]) -> Sequence[Outcome]:
    """Send as a program with a fault does."""
    raise RuntimeError("on purpose")


async def leave_under_way(scene: Scene) -> None:
    """Queue something that is under way, as a drain leaves it that was killed."""
    await scene.queue(ANNA)
    await scene.stores.outbox.take_due(PORTAL, scene.clock.now(), 50)


async def test_what_was_under_way_when_a_drain_was_killed_goes_again_and_says_so(
    scene: Scene,
) -> None:
    for _ in range(2):  # whenever it begins: meanwhile another machine may have drained
        await leave_under_way(scene)
        await scene.run()
    assert [row.state for row in scene.rows()] == [State.DELIVERED] * 2
    assert all(row.is_possibly_doubled for row in scene.rows())


async def test_a_drain_that_is_alone_looks_once_for_what_was_left_and_after_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene(is_alone=True)
    await leave_under_way(scene)
    await scene.run()
    assert scene.rows()[0].is_possibly_doubled
    await leave_under_way(scene)
    await scene.run()
    assert scene.rows()[1].state is State.SENDING
    await scene.queue(BORIS)
    with monkeypatch.context() as fault:
        fault.setattr(scene.portal, "send", fail)
        with pytest.raises(RuntimeError, match="on purpose"):
            await scene.run()
    await scene.run()
    assert {row.state for row in scene.rows()} == {State.DELIVERED}

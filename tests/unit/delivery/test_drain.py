"""A drain sends what is due, once, and notes what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.delivery.state import State
from bridge.errors import (
    OutcomeUnknown,
    PortalError,
    PortalOnHold,
    Rejected,
    StorageError,
    TryLater,
)
from tests.fakes.portal import ANNA, BORIS
from tests.unit.delivery.scene import PORTAL, Scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.delivery.notification import Notification, Outcome


async def test_everything_due_is_sent_and_noted(scene: Scene) -> None:
    await scene.queue(ANNA, BORIS)
    assert await scene.run() is None
    assert [row.state for row in scene.rows()] == [State.DELIVERED, State.DELIVERED]
    assert [row.portal_notification_id for row in scene.rows()] == [100, 101]
    assert scene.progress == [2]


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
    assert scene.progress == [1, 1]


async def test_the_longest_of_several_pauses_counts(scene: Scene) -> None:
    await scene.queue(ANNA, BORIS)
    scene.portal.outcomes.append(TryLater("QUERY_LIMIT_EXCEEDED", retry_after_seconds=7))
    assert await scene.run() == 7


async def test_a_drain_that_is_to_stop_takes_nothing_more(scene: Scene) -> None:
    await scene.queue(ANNA)
    await scene.drain.run(lambda _: None, go_on=lambda: False)
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
    scene.fill_disk_once()
    with pytest.raises(StorageError):
        await scene.run()
    await scene.run()
    assert scene.tags_sent() == ["t0"]
    assert scene.rows()[0].state is State.DELIVERED

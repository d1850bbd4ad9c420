"""A drain is broken off, or another one has taken over meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.delivery.drain import Drain
from bridge.delivery.state import State
from bridge.errors import (
    PortalOnHold,
)
from tests.fakes.portal import ANNA, BORIS, FakePortal
from tests.fakes.portals import MemoryPortals
from tests.unit.delivery.scene import PORTAL, Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bridge.delivery.notification import Notification, Outcome
    from bridge.people.identity import PortalId


def make_drain(scene: Scene, portal: FakePortal) -> Drain:
    return Drain(
        PORTAL,
        portal,
        outbox=scene.stores.outbox,
        portals=scene.stores.portals,
        clock=scene.clock,
    )


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
    drain = make_drain(scene, portal)
    await scene.queue(ANNA)
    running = asyncio.create_task(drain.run(lambda _: None, go_on=lambda: going_on[0]))
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
    drain = make_drain(scene, portal)
    await scene.queue(ANNA)
    await drain.run(lambda _: None, go_on=lambda: bool(going_on))
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
    drain = make_drain(scene, scene.portal)
    await scene.queue(ANNA)
    await drain.run(lambda _: None, go_on=lambda: True)
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

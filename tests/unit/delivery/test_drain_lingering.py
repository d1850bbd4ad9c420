"""A drain that has sent something waits a moment for more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.fakes.portal import ANNA, BORIS

if TYPE_CHECKING:
    from datetime import datetime

    from tests.unit.delivery.scene import Scene

LONG_SECONDS = 3600.0


def run(scene: Scene, linger_seconds: float) -> asyncio.Task[datetime | None]:
    drain = scene.drain.run(
        scene.progress.append, go_on=lambda: True, linger_seconds=linger_seconds
    )
    return asyncio.create_task(asyncio.wait_for(drain, 10))


async def until_sent(scene: Scene, count: int) -> None:
    async with asyncio.timeout(5):
        while len(scene.progress) < count:
            await asyncio.sleep(0.005)


async def test_what_is_queued_meanwhile_leaves_at_once(scene: Scene) -> None:
    await scene.queue(ANNA)
    running = run(scene, LONG_SECONDS)
    await until_sent(scene, 1)
    await scene.queue(BORIS)
    scene.drain.nudge()
    await until_sent(scene, 2)
    assert not running.done()
    running.cancel()


async def test_it_ends_when_no_more_has_come(scene: Scene) -> None:
    await scene.queue(ANNA)
    assert await run(scene, 0.05) is None
    assert scene.progress == [1]


async def test_one_that_has_sent_nothing_ends_at_once(scene: Scene) -> None:
    assert await run(scene, LONG_SECONDS) is None


async def test_what_is_due_sooner_is_not_waited_past(scene: Scene) -> None:
    await scene.queue(ANNA, BORIS)
    later = scene.clock.now() + timedelta(milliseconds=100)
    scene.rows()[1].due_at = later
    assert await run(scene, LONG_SECONDS) == later


async def test_however_much_comes_it_ends_after_half_a_minute(scene: Scene) -> None:
    await scene.queue(ANNA)
    running = run(scene, LONG_SECONDS)
    await until_sent(scene, 1)
    scene.clock.advance(31)
    await scene.queue(BORIS)
    scene.drain.nudge()
    assert await running is None
    assert scene.progress == [1, 1]

"""What administrators are told of holds, whichever process tells them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.delivery.hold_news import REMIND_AFTER, HoldStage
from bridge.delivery.notification import FOR_GOOD
from storage.database import Database
from storage.holds import SqlHolds
from storage.portals import SqlPortals
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.delivery.hold_news import HoldNews
    from bridge.people.identity import PortalId


class Scene:
    """A portal that is held and released."""

    def __init__(self, database: Database, clock: FakeClock, portal: PortalId) -> None:
        self.clock = clock
        self.portal = portal
        self.portals = SqlPortals(database)
        self.holds = SqlHolds(database)

    async def hold(self, code: str = "NO_AUTH_FOUND") -> None:
        await self.portals.pause(self.portal, FOR_GOOD, code)

    async def news(self) -> Sequence[HoldNews]:
        return await self.holds.list_news(reminded_before=self.clock.now() - REMIND_AFTER)

    async def tell(self) -> list[HoldStage]:
        """Tell what is new; returns what that is."""
        found = await self.news()
        assert all([await self.holds.mark_told(one) for one in found])
        return [one.stage for one in found]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    clock = FakeClock()
    database = Database(database_url, now=clock.now)
    await database.open()
    yield Scene(database, clock, await SqlPortals(database).ensure("one.example", "One"))
    await database.close()


async def test_a_hold_is_told_once_again_after_an_hour_and_when_it_is_over(scene: Scene) -> None:
    assert await scene.tell() == []
    await scene.hold()
    assert await scene.tell() == [HoldStage.BEGUN]
    await scene.hold("OVERLOAD_LIMIT")
    scene.clock.advance(3599)
    assert await scene.tell() == []
    scene.clock.advance(1)
    assert await scene.tell() == [HoldStage.LASTS]
    scene.clock.advance(86_400)
    assert await scene.tell() == []
    await scene.portals.release(scene.portal)
    assert await scene.tell() == [HoldStage.ENDED]
    assert await scene.tell() == []


async def test_a_pause_is_no_hold(scene: Scene) -> None:
    await scene.portals.pause(scene.portal, scene.clock.now() + timedelta(seconds=9))
    assert await scene.tell() == []


async def test_a_hold_that_nobody_was_told_of_ends_in_silence(scene: Scene) -> None:
    await scene.hold()
    await scene.portals.release(scene.portal)
    assert await scene.tell() == []


async def test_of_two_processes_only_one_tells(scene: Scene) -> None:
    await scene.hold()
    (news,) = await scene.news()
    assert await scene.holds.mark_told(news)
    assert not await scene.holds.mark_told(news)


async def test_a_portal_that_was_removed_is_not_told_of(scene: Scene) -> None:
    await scene.hold("REMOVED")
    assert await scene.tell() == []


async def test_the_next_hold_is_told_as_the_first_was(scene: Scene) -> None:
    for _ in range(2):
        await scene.hold()
        assert await scene.tell() == [HoldStage.BEGUN]
        await scene.portals.release(scene.portal)
        assert await scene.tell() == [HoldStage.ENDED]

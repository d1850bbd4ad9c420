"""Portals are asked about the same person once, and not believed for ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge.errors import TryLater
from bridge.people.identity import BitrixUserId, PortalId, Recipient
from bridge.people.lookups import LIFETIME, LIFETIME_OF_NOBODY, Lookups
from bridge.people.recipients import Email, Number
from tests.fakes.clock import FakeClock
from tests.fakes.portal import ANNA, BORIS, DMITRI, FakePortal, serving

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

PORTAL, OTHER_PORTAL = PortalId(1), PortalId(2)
NOBODY = Number(BitrixUserId(99))


class SlowPortal(FakePortal):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()
        self.is_asked = asyncio.Event()

    async def find_people(
        self, user_ids: Collection[BitrixUserId], emails: Collection[str]
    ) -> Sequence[Recipient]:
        self.is_asked.set()
        await self.may_answer.wait()
        return await super().find_people(user_ids, emails)


class Scene:
    """Look-ups in two portals."""

    def __init__(self, portal: FakePortal | None = None, most: int = 100) -> None:
        self.clock = FakeClock()
        self.portal, self.other = portal or FakePortal(), FakePortal()
        served = serving((PORTAL, self.portal), (OTHER_PORTAL, self.other))
        self.lookups = Lookups(served, self.clock, most=most)

    async def find(self, *accounts: Number | Email, portal: PortalId = PORTAL) -> list[str]:
        found = await self.lookups.find(portal, accounts)
        return [person.name for account in accounts for person in found[account]]


def number(person: Recipient) -> Number:
    return Number(person.user_id)


async def test_an_address_is_known_whatever_its_case_but_not_by_its_looks() -> None:
    scene = Scene()
    mark = Recipient(BitrixUserId(7), "Mark", "Mark@corp.example")
    maria = Recipient(BitrixUserId(8), "Maria", "\u041c\u0430\u0440\u0438\u044f@corp.example")
    scene.portal.people += [mark, maria]
    assert await scene.find(Email("MARK@Corp.example ")) == ["Mark"]
    assert await scene.find(Email(maria.email.upper())) == ["Maria"]
    # A Kelvin sign, a Cyrillic letter, an invisible one.
    for alike in ("mar\u212a", "m\u0430rk", "mark\u200b"):
        assert await scene.find(Email(f"{alike}@corp.example")) == []


async def test_all_who_are_asked_for_cost_one_question() -> None:
    scene = Scene()
    names = await scene.find(number(ANNA), NOBODY, Email("boris@corp.example"), number(DMITRI))
    assert names == [ANNA.name, BORIS.name, DMITRI.name]
    assert scene.portal.look_ups == 1


async def test_who_is_known_costs_no_question() -> None:
    scene = Scene()
    await scene.find(number(ANNA), Email(" Boris@Corp.example"))
    scene.clock.advance(LIFETIME.total_seconds() - 1)
    assert await scene.find(number(ANNA), Email("boris@corp.example")) == [ANNA.name, BORIS.name]
    assert await scene.find(number(BORIS)) == [BORIS.name]
    assert scene.portal.look_ups == 1


async def test_only_who_is_not_known_is_asked_for() -> None:
    scene = Scene()
    await scene.find(number(ANNA))
    scene.portal.people.remove(ANNA)
    assert await scene.find(number(ANNA), number(BORIS)) == [ANNA.name, BORIS.name]


async def test_somebody_dismissed_is_noticed_in_the_end() -> None:
    scene = Scene()
    await scene.find(number(ANNA))
    scene.portal.people.remove(ANNA)
    scene.clock.advance(LIFETIME.total_seconds())
    assert await scene.find(number(ANNA)) == []


@pytest.mark.parametrize("account", [NOBODY, number(DMITRI), Email("two@corp.example")])
async def test_who_cannot_be_notified_is_asked_for_again_sooner(account: Number | Email) -> None:
    scene = Scene()
    scene.portal.people += [
        Recipient(BitrixUserId(10 + n), "Two", "two@corp.example") for n in range(2)
    ]
    await scene.find(account)
    scene.clock.advance(LIFETIME_OF_NOBODY.total_seconds() - 1)
    await scene.find(account)
    assert scene.portal.look_ups == 1
    scene.clock.advance(1)
    await scene.find(account)
    assert scene.portal.look_ups == 2


async def test_portals_are_kept_apart() -> None:
    scene = Scene()
    scene.other.people[:] = [Recipient(ANNA.user_id, "Eve")]
    assert await scene.find(number(ANNA)) == [ANNA.name]
    assert await scene.find(number(ANNA), portal=OTHER_PORTAL) == ["Eve"]


async def test_not_more_is_kept_than_there_is_room_for() -> None:
    scene = Scene(most=2)
    await scene.find(number(ANNA))
    await scene.find(number(BORIS))
    await scene.find(NOBODY)
    assert await scene.find(number(BORIS)) == [BORIS.name]
    assert scene.portal.look_ups == 3
    assert await scene.find(number(ANNA)) == [ANNA.name]
    assert scene.portal.look_ups == 4


async def test_more_than_there_is_room_for_is_found_all_the_same() -> None:
    assert await Scene(most=1).find(number(ANNA), number(BORIS)) == [ANNA.name, BORIS.name]


async def test_those_who_ask_at_the_same_time_wait_for_one_answer() -> None:
    portal = SlowPortal()
    scene = Scene(portal)
    first = asyncio.create_task(scene.find(number(ANNA)))
    await portal.is_asked.wait()
    portal.is_asked.clear()
    second = asyncio.create_task(scene.find(number(BORIS), number(ANNA)))
    await portal.is_asked.wait()  # for Boris alone
    third = asyncio.create_task(scene.find(number(ANNA)))
    portal.may_answer.set()
    assert list(await asyncio.gather(first, second, third)) == [
        [ANNA.name],
        [BORIS.name, ANNA.name],
        [ANNA.name],
    ]
    assert portal.look_ups == 2


async def test_who_stops_waiting_does_not_stop_the_others() -> None:
    portal = SlowPortal()
    scene = Scene(portal)
    first = asyncio.create_task(scene.find(number(ANNA)))
    await portal.is_asked.wait()
    second = asyncio.create_task(scene.find(number(ANNA)))
    first.cancel()
    await asyncio.wait([first])
    portal.may_answer.set()
    assert await second == [ANNA.name]
    assert portal.look_ups == 1


async def test_a_failure_is_told_to_all_who_wait_and_not_remembered() -> None:
    portal = SlowPortal()
    portal.error = TryLater("QUERY_LIMIT_EXCEEDED")
    portal.may_answer.set()
    scene = Scene(portal)
    outcomes = await asyncio.gather(
        scene.find(number(ANNA)), scene.find(number(ANNA)), return_exceptions=True
    )
    assert list(outcomes) == [portal.error, portal.error]
    assert portal.look_ups == 1
    portal.error = None
    assert await scene.find(number(ANNA)) == [ANNA.name]


async def test_for_nobody_nothing_is_asked() -> None:
    scene = Scene()
    assert await scene.find() == []
    assert scene.portal.look_ups == 0

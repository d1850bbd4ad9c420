"""Whose turn it is, and what is remembered of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.bitrix24.answers import Times
from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.bucket import Limit
from adapters.bitrix24.client import Bitrix24Portal
from adapters.bitrix24.turns import STANDARD, Turns
from bridge.delivery.notification import Notification
from bridge.errors import StorageError, TryLater
from bridge.people.identity import BitrixUserId, Recipient
from tests.fakes.portal_server import FINISH, PortalServer, refused, returned

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ADD = ("im.notify.personal.add",)
HELLO = Notification(recipient=Recipient(BitrixUserId(5)), message="Hello", message_out="", tag="t")


class Memory:
    """Keeps one level."""

    def __init__(self, level: float = 0.0, age_seconds: float = 0.0) -> None:
        self.kept = (level, datetime.now(UTC) - timedelta(seconds=age_seconds))
        self.saved: list[float] = []
        self.is_broken = False

    async def load(self) -> tuple[float, datetime]:
        if self.is_broken:
            raise StorageError("the disk is full")
        return self.kept

    async def save(self, level: float, at: datetime) -> None:
        if self.is_broken:
            raise StorageError("the disk is full")
        self.kept = (level, at)
        self.saved.append(level)


def remembering(memory: Memory, limit: Limit = STANDARD) -> Turns:
    return Turns(limit, load=memory.load, save=memory.save)


async def test_as_many_as_fit_leave_at_once_and_the_next_is_told_to_come_again() -> None:
    turns = Turns(Limit(3, 0.1))
    for _ in range(3):
        await turns.take(ADD)
    with pytest.raises(TryLater) as raised:
        await turns.take(ADD)
    assert raised.value.code == "NOT_SENT"
    assert raised.value.retry_after_seconds == pytest.approx(10, abs=1)


async def test_who_asked_first_is_first() -> None:
    turns, order = Turns(Limit(1, 50)), list[int]()

    async def go(number: int) -> None:
        place = await turns.take(ADD)
        order.append(number)
        turns.settle(place)

    await asyncio.gather(*(go(number) for number in range(10)))
    assert order == list(range(10))


async def test_a_place_given_back_is_the_next_ones() -> None:
    turns = Turns(Limit(1, 0.01))
    place = await turns.take(ADD)
    waiting = asyncio.create_task(turns.take(ADD))
    turns.give_back(place)
    await waiting


async def test_the_level_is_kept_too_high_while_it_works_and_exactly_in_the_end() -> None:
    memory = Memory()
    turns = remembering(memory)
    for number in range(20):
        place = await turns.take(ADD)
        assert memory.kept[0] >= number + 1
        turns.settle(place)
    assert len(memory.saved) == 2
    await turns.aclose()
    assert 18 < memory.kept[0] <= 20


async def test_a_restart_never_bursts() -> None:
    with pytest.raises(TryLater):
        await remembering(Memory(50, age_seconds=0), Limit(50, 0.1)).take(ADD)
    await remembering(Memory(50, age_seconds=100), Limit(50, 0.1)).take(ADD)


async def test_a_clock_that_was_set_back_makes_nobody_wait_longer() -> None:
    turns = remembering(Memory(10, age_seconds=-3600), Limit(11, 0.1))
    await turns.take(ADD)


async def test_what_cannot_be_kept_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    memory = Memory()
    turns = remembering(memory)
    await turns.take(ADD)
    memory.is_broken = True
    await turns.aclose()
    assert "could not be kept: the disk is full" in caplog.text


async def test_nothing_leaves_before_it_is_known_how_full_the_bucket_was() -> None:
    memory = Memory(50)
    memory.is_broken = True
    turns = remembering(memory, Limit(50, 0.1))
    with pytest.raises(TryLater, match="the disk is full"):
        await turns.take(ADD)
    memory.is_broken = False
    with pytest.raises(TryLater, match="as often as it allows"):
        await turns.take(ADD)


async def test_nothing_taken_keeps_nothing() -> None:
    memory = Memory(7)
    await remembering(memory).aclose()
    assert memory.saved == []


async def test_what_leaks_before_anybody_could_ask_for_it_is_not_kept() -> None:
    memory = Memory()
    turns = remembering(memory, Limit(1_000, 1_000))
    for _ in range(50):
        turns.settle(await turns.take(ADD))
    assert memory.saved == []


async def test_a_method_near_its_time_limit_waits_and_others_do_not() -> None:
    turns = Turns()
    now = asyncio.get_running_loop().time()
    turns.operating.note(ADD[0], Times(FINISH, 0.1, 481.0, FINISH + 100), now)
    with pytest.raises(TryLater) as raised:
        await turns.take(ADD)
    assert raised.value.retry_after_seconds == pytest.approx(100, abs=5)
    await turns.take(("user.get",))


async def test_a_method_that_is_slowed_down_keeps_no_other_waiting() -> None:
    turns = Turns()
    now = asyncio.get_running_loop().time()
    turns.operating.note(ADD[0], Times(FINISH, 0.1, 481.0, FINISH + 4.5), now)
    slowed = asyncio.create_task(turns.take(ADD))
    await asyncio.sleep(0)
    await turns.take(("user.get",))
    assert not slowed.done()
    slowed.cancel()


async def test_a_drain_that_has_nothing_to_send_gives_its_turn_back(
    server: PortalServer,
) -> None:
    turns = Turns(Limit(1, 0.01))
    async with Bitrix24Portal(Webhook.parse(server.webhook), turns=turns) as portal:
        await portal.turn()
        portal.skip_turn()
        await portal.turn()
        await portal.send([HELLO])
        with pytest.raises(TryLater):
            await portal.turn()
    assert len(server.received) == 1


async def test_a_turn_for_which_nothing_can_be_sent_is_given_back(server: PortalServer) -> None:
    turns = Turns(Limit(1, 0.01))
    async with Bitrix24Portal(Webhook.parse(server.webhook), turns=turns) as portal:
        await portal.turn()
        nobody = Recipient(BitrixUserId(0))
        await portal.send([Notification(recipient=nobody, message="x", message_out="", tag="")])
        await portal.turn()
    assert server.received == []


async def look_up(portal: Bitrix24Portal) -> object:
    return await portal.find_by_id(BitrixUserId(5))


async def send(portal: Bitrix24Portal) -> object:
    return await portal.send([HELLO])


@pytest.mark.parametrize("use", [look_up, send])
async def test_everything_goes_through_the_one_bucket(
    server: PortalServer, use: Callable[[Bitrix24Portal], Awaitable[object]]
) -> None:
    server.script(returned([]))
    async with Bitrix24Portal(Webhook.parse(server.webhook), turns=Turns(Limit(1, 0.01))) as portal:
        await use(portal)
        with pytest.raises(TryLater):
            await portal.find_by_email("anna@corp.example")
    assert len(server.received) == 1


async def test_after_a_refusal_it_calls_half_as_often(
    server: PortalServer, caplog: pytest.LogCaptureFixture
) -> None:
    turns = Turns(Limit(50, 0.2))
    server.script(refused("QUERY_LIMIT_EXCEEDED", 503))
    async with Bitrix24Portal(Webhook.parse(server.webhook), turns=turns) as portal:
        await portal.send([HELLO])
        with pytest.raises(TryLater) as raised:
            await portal.turn()
    assert raised.value.retry_after_seconds == pytest.approx(10, abs=1)
    assert "slowing down" in caplog.text

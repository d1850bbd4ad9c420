"""What cannot wait goes first, but nothing that takes nothing from it is held up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from adapters.workers import clerks
from adapters.workers.rush import Rush
from bridge.people.identity import BitrixUserId, Identity, Platform, Recipient, Sender
from tests.adapters.workers.scene import Scene
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bridge.incoming import Incoming, StoredCommand


@pytest.fixture(autouse=True)
def _rushes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "_RUSH_SECONDS", 60.0)
    monkeypatch.setattr(clerks, "_GAP_SECONDS_A_COMMAND", 0.01)
    monkeypatch.setattr(clerks, "_GAP_SECONDS_AN_OUTCOME", 0.001)


async def test_the_more_comes_in_the_longer_are_the_gaps_until_it_is_over() -> None:
    rush = Rush(lasts_seconds=0.5, gap_seconds=0.0005)
    rush.note()
    assert rush.gap_seconds == 0  # one alone is no rush
    rush.note(9)
    assert rush.gap_seconds == pytest.approx(0.005)
    rush.note(10)
    assert rush.gap_seconds == pytest.approx(0.01)
    rush.note(1_000)
    assert rush.gap_seconds == pytest.approx(0.05)
    await asyncio.sleep(0.55)
    assert rush.gap_seconds == 0


async def test_while_commands_come_in_nobody_waits_for_the_chat_of_somebody_else() -> None:
    scene = Scene()
    scene.chat.may_answer.clear()
    async with scene.running():
        for number in range(10):
            await scene.intake.accept(_typed_by(number))
        async with asyncio.timeout(5):
            while scene.chat.asked < 10:
                await asyncio.sleep(0.005)
        scene.chat.may_answer.set()


async def test_while_commands_come_in_few_are_begun_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene, limits = Scene(), list[int]()
    list_open = scene.desk.list_open

    async def note(limit: int, *, without: Collection[Identity]) -> Sequence[StoredCommand]:
        limits.append(limit)
        return await list_open(limit, without=without)

    monkeypatch.setattr(scene.desk, "list_open", note)
    async with scene.running():
        for number in range(10):
            await scene.intake.accept(_typed_by(number))
        await scene.until_said(10)
    assert set(limits[1:]) == {4}


async def test_while_a_crowd_is_notified_few_people_are_told_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene, limits = Scene(), list[int]()
    scene.portal.people = [Recipient(BitrixUserId(1 + number), "Anna") for number in range(10)]
    list_untold = scene.teller.list_untold

    async def note(limit: int, *, without: Collection[int]) -> Sequence[int]:
        limits.append(limit)
        return await list_untold(limit, without=without)

    monkeypatch.setattr(scene.teller, "list_untold", note)
    await scene.stores.inbox.store(_typed_by(1, "/b24notify #1 #2 #3 #4 #5 #6 #7 #8 #9 #10 hi"))
    async with scene.running():
        await scene.until_said(1)
        assert limits[0] > 4
        assert limits[-1] == 4


def _typed_by(number: int, typed: str = "/b24notify #5 hi") -> Incoming:
    identity = Identity(Platform.TELEGRAM, "", str(number))
    return make_incoming(typed, sender=Sender(identity, f"member{number}", "Maria"))

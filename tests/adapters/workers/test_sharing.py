"""Machines share work: each thing is done by one, and by another when that one is gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from adapters.workers.alone import Alone, run_at_once
from adapters.workers.sharing import Sharing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Claimed:
    """What is claimed, by all machines."""

    def __init__(self) -> None:
        self.by: dict[str, FakeClaims] = {}


class FakeClaims:
    """``bridge.ports.Claims`` of one machine."""

    def __init__(self, claimed: Claimed) -> None:
        self._claimed = claimed

    async def claim(self, names: Collection[str], limit: int = 1) -> frozenset[str]:
        free = [name for name in names if name not in self._claimed.by][:limit]
        self._claimed.by.update(dict.fromkeys(free, self))
        return frozenset(free)

    async def release(self, names: Collection[str]) -> None:
        for name in names:
            if self.holds(name):
                del self._claimed.by[name]

    def holds(self, name: str) -> bool:
        return self._claimed.by.get(name) is self

    def lose(self) -> None:
        """Lose all, as a machine does that has frozen."""
        for name in [name for name in self._claimed.by if self.holds(name)]:
            del self._claimed.by[name]


class Desk:
    """Numbers to be worked on."""

    def __init__(self, *open_numbers: int) -> None:
        self.open = list(open_numbers)
        self.done: list[int] = []

    async def find(self, limit: int, busy: Collection[int]) -> Sequence[int]:
        return [number for number in self.open if number not in busy][:limit]

    async def work(self, number: int) -> None:
        if number < 0:
            raise RuntimeError("on purpose")
        self.open.remove(number)
        self.done.append(number)

    def share(self, claims: FakeClaims) -> Sharing[int, int]:
        return Sharing(claims, self.find, self.work, str)


async def test_what_one_has_found_another_leaves_alone() -> None:
    desk, claimed = Desk(*range(100)), Claimed()
    one, two = desk.share(FakeClaims(claimed)), desk.share(FakeClaims(claimed))
    assert await one.find(16, ()) == list(range(16))
    assert await two.find(16, ()) == list(range(16, 32))


async def test_what_is_done_or_failed_is_left_to_others_again() -> None:
    desk, claimed = Desk(1, -2), Claimed()
    one, two = desk.share(FakeClaims(claimed)), desk.share(FakeClaims(claimed))
    await one.find(2, ())
    await one.work(1)
    with pytest.raises(RuntimeError, match="on purpose"):
        await one.work(-2)
    assert await two.find(2, ()) == [-2]
    assert claimed.by.keys() == {"-2"}


async def test_what_was_done_between_the_look_and_the_claim_is_not_done_again() -> None:
    desk, claimed = Desk(1, 2), Claimed()

    class Slow(FakeClaims):
        async def claim(self, names: Collection[str], limit: int = 1) -> frozenset[str]:
            ours = await super().claim(names, limit)
            desk.open.remove(1)  # by another machine, which had claimed it before
            return ours

    assert await desk.share(Slow(claimed)).find(2, ()) == [2]
    assert claimed.by.keys() == {"2"}


async def test_one_machine_works_until_it_loses_its_turn() -> None:
    claimed, working = Claimed(), asyncio.Queue[str]()
    machines = {name: FakeClaims(claimed) for name in ("one", "two")}

    def runs(name: str) -> asyncio.Task[None]:
        async def work() -> None:
            working.put_nowait(name)
            try:
                await asyncio.Future()
            finally:
                working.put_nowait(f"{name} stopped")

        return asyncio.create_task(Alone(machines[name], "work")(work))

    async with asyncio.timeout(20):
        tasks = [runs("one")]
        assert await working.get() == "one"
        tasks.append(runs("two"))
        await asyncio.sleep(0)
        machines["one"].lose()
        assert {await working.get() for _ in range(2)} == {"one stopped", "two"}
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert claimed.by == {}


async def test_what_fails_for_good_ends_with_its_error() -> None:
    async def fail() -> None:
        raise RuntimeError("on purpose")

    for alone in (Alone(FakeClaims(Claimed()), "work"), run_at_once):
        with pytest.raises(RuntimeError, match="on purpose"):
            await asyncio.wait_for(alone(fail), 20)

"""How many things are worked on at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from adapters.workers import crew as crew_module
from adapters.workers.crew import Crew

if TYPE_CHECKING:
    from collections.abc import Collection

    import pytest


async def test_while_others_come_in_one_thing_is_begun_at_a_time_but_none_waits_for_a_slow_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_end, begun = asyncio.Event(), list[int]()

    async def find(limit: int, busy: Collection[int]) -> list[int]:
        return [number for number in (1, 2, 3) if number not in busy][:limit]

    async def work(number: int) -> None:
        begun.append(number)
        await may_end.wait()

    crew = Crew(2, lambda: 1, find, work, key=lambda number: number, on_done=lambda: None)
    assert await crew.look() == 1
    assert await crew.look() == 0
    monkeypatch.setattr(crew_module, "_YOUNG_SECONDS", 0.0)  # as if the first were slow
    assert await crew.look() == 1
    assert await crew.look() == 0  # there are no more than two
    await asyncio.sleep(0)
    assert begun == [1, 2]
    may_end.set()
    await crew.finish()

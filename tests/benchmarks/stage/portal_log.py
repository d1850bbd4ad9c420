"""What a portal says it has taken, by its own clock."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

_NUMBER = re.compile(r"Deploy (\d+)")


async def count_accepted(client: httpx.AsyncClient, portal: str) -> int:
    """Tell how many notifications a portal has accepted."""
    answer = await client.get(f"{portal}/sandbox/ledger?newest=0")
    accepted: int = answer.json()["counters"]["accepted"]
    return accepted


async def until_accepted(
    client: httpx.AsyncClient, portals: tuple[str, ...], count: int, *, seconds: float
) -> int:
    """Wait until portals have accepted so many, or for so long; returns how many they have."""
    end, accepted = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        accepted = sum([await count_accepted(client, portal) for portal in portals])
        if accepted >= count:
            break
        await asyncio.sleep(0.2)
    return accepted


async def read_arrivals(client: httpx.AsyncClient, portal: str) -> dict[int, float]:
    """Tell when each numbered command's notification came to a portal, in seconds since 1970."""
    ledger: list[dict[str, Any]] = (await client.get(f"{portal}/sandbox/ledger")).json()[
        "notifications"
    ]
    arrivals: dict[int, float] = {}
    for one in ledger:
        if found := _NUMBER.search(one["message"]):
            arrivals.setdefault(int(found[1]), datetime.fromisoformat(one["at"]).timestamp())
    return arrivals

"""Has a command carried out and waits for how it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bridge.people.identity import Platform
    from bridge.ports import Untold
    from storage.inbox import SqlInbox

_POLL_SECONDS: Final = 0.02


async def wait_for_outcome(
    inbox: SqlInbox, event: tuple[Platform, str, str], timeout_seconds: float
) -> Untold | None:
    """Wait until a command has ended, whichever process works on it.

    Args:
        inbox: where it is.
        event: its platform, workspace and event id.
        timeout_seconds: how long to wait at most.

    Returns how far it is when the time is over; None if it has not even been carried out.
    """
    deadline = asyncio.get_running_loop().time() + timeout_seconds
    while True:
        untold = await inbox.find_outcome(*event)
        is_final = untold is not None and all(entry.state.is_final for entry in untold.progress)
        if is_final or asyncio.get_running_loop().time() >= deadline:
            return untold
        await asyncio.sleep(_POLL_SECONDS)

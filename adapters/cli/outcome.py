"""Waiting for how a command ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from bridge.people.identity import Platform
    from bridge.replies.untold import Untold

_POLL_SECONDS: Final = 0.02


class Outcomes(Protocol):
    """Where it can be looked up how far a command is."""

    async def find_outcome(
        self, platform: Platform, workspace: str, event_id: str
    ) -> Untold | None:
        """Tell how far a command is; None while it has not been carried out."""
        ...


async def wait_for_outcome(
    inbox: Outcomes, event: tuple[Platform, str, str], timeout_seconds: float
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

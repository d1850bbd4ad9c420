"""Where commands are handed over in tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.incoming import Incoming


class Desk:
    """Accepts commands, at once or when it is opened."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.accepted: list[Incoming] = []
        self.begun = asyncio.Semaphore(0)
        self.opened = asyncio.Event()
        if is_open:
            self.opened.set()

    async def accept(self, incoming: Incoming) -> None:
        """Take a command, as soon as it is open."""
        self.begun.release()
        await self.opened.wait()
        self.accepted.append(incoming)

"""The way in: what an adapter hands over is stored before anything else happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.incoming import Incoming
    from bridge.ports import Inbox, Worker


class Intake:
    """Accepts commands from all chats."""

    def __init__(self, inbox: Inbox, worker: Worker) -> None:
        self._inbox = inbox
        self._worker = worker

    async def accept(self, incoming: Incoming) -> bool:
        """Store a command; when this returns, it can be acknowledged to the platform.

        Returns False for an event that was accepted before: it is acknowledged as well, and
        nothing else happens.

        Raises:
            StorageError: it is not stored and must not be acknowledged.
        """
        is_new = await self._inbox.store(incoming)
        if is_new:
            self._worker.wake_inbox()
        return is_new

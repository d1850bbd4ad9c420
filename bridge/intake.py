"""The way in: what an adapter hands over is stored before anything else happens."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bridge.delivery.meter import UNMEASURED
from bridge.trace import following, trace_of

if TYPE_CHECKING:
    from bridge.delivery.meter import Meter
    from bridge.incoming import Incoming
    from bridge.ports import Inbox, Worker

log = logging.getLogger(__name__)


class Intake:
    """Accepts commands from all chats.

    Args:
        inbox: where they are stored.
        worker: is told that there is something to do.
        meter: counts them.
    """

    def __init__(self, inbox: Inbox, worker: Worker, meter: Meter = UNMEASURED) -> None:
        self._inbox = inbox
        self._worker = worker
        self._meter = meter

    async def accept(self, incoming: Incoming) -> bool:
        """Store a command; when this returns, it can be acknowledged to the platform.

        Returns False for an event that was accepted before: it is acknowledged as well, and
        nothing else happens.

        Raises:
            StorageError: it is not stored and must not be acknowledged.
        """
        is_new = await self._inbox.store(incoming)
        if is_new:
            self._meter.note_accepted(incoming.platform)
            with following(trace_of(incoming)):
                log.info("Accepted a command of %s", incoming.sender.identity)
            self._worker.wake_inbox()
        return is_new

"""The work of a bridge in one process: asyncio over the rows of its database."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.workers.alarm import Alarm
from adapters.workers.clerks import Clerks, survive

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bridge.commands.desk import Desk
    from bridge.delivery.drain import Drain
    from bridge.people.identity import PortalId
    from bridge.ports import Clock
    from bridge.replies.tell import Teller

_AFTER_FAULT: Final = timedelta(seconds=1)


class EmbeddedWorker:
    """Implements ``bridge.ports.Worker``.

    Args:
        clock: the time.
        poll_seconds: how often to look for what was put off, and for what another process on the
            same machine has put into the database.
    """

    def __init__(self, clock: Clock, *, poll_seconds: float = 1.0) -> None:
        self._clock = clock
        self._clerks = Clerks(clock, poll_seconds)
        self._portals: dict[PortalId, Alarm] = {}
        self._drains: dict[PortalId, Drain] = {}
        self._draining: dict[PortalId, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._stops = asyncio.Event()

    def wake(self, portal: PortalId, at: datetime | None = None) -> None:
        """Have a portal drained, now or at a time."""
        self._portals.setdefault(portal, Alarm(self._clock)).set(at)
        if at is None and (drain := self._drains.get(portal)):
            drain.nudge()

    def wake_inbox(self) -> None:
        """Have open commands carried out."""
        self._clerks.note_accepted()
        self._clerks.wake_inbox()

    def stop(self) -> None:
        """Begin nothing new; ``run`` returns when what is under way is finished and told."""
        self._stops.set()
        self._clerks.stop()
        for alarm in self._portals.values():
            alarm.set()
        for drain in self._drains.values():
            drain.nudge()

    def serve(self, portal: PortalId, drain: Drain) -> None:
        """Have a portal drained by this, from now or from the beginning of ``run`` on."""
        self._drains[portal] = drain
        if self._group and not self._stops.is_set():
            self._draining[portal] = self._group.create_task(self._drain(portal, drain))

    async def retire(self, portal: PortalId) -> None:
        """Drain a portal no longer; returns when what is under way to it is finished."""
        drain = self._drains.pop(portal)
        drain.nudge()
        self.wake(portal)
        if task := self._draining.pop(portal, None):
            await asyncio.wait([task])

    async def run(self, *, desk: Desk, teller: Teller) -> None:
        """Work until ``stop`` is called, first on what an earlier run has left."""
        await self._clerks.run(desk, teller, self._deliver, self._wake_each)

    async def _deliver(self) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            for portal, drain in self._drains.items():
                self.serve(portal, drain)
            await self._stops.wait()

    def _wake_each(self, portals: Collection[PortalId]) -> None:
        for portal in portals:
            self.wake(portal)

    async def _drain(self, portal: PortalId, drain: Drain) -> None:
        def is_going_on() -> bool:
            return not self._stops.is_set() and self._drains.get(portal) is drain

        alarm = self._portals.setdefault(portal, Alarm(self._clock))
        while is_going_on():
            alarm.cancel()
            run = drain.run(on_progress=self._clerks.note_outcomes, go_on=is_going_on)
            if next_run := await survive(run, self._clock.now() + _AFTER_FAULT):
                alarm.set(next_run)
            await alarm.wait()
        alarm.cancel()

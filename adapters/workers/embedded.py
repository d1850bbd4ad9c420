"""The work of a bridge in one process: asyncio over the rows of its database."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from adapters.workers.alarm import Alarm
from adapters.workers.crew import Crew
from bridge.replies.tell import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Hashable, Sequence
    from datetime import datetime

    from bridge.commands.desk import Desk
    from bridge.delivery.drain import Drain
    from bridge.incoming import StoredCommand
    from bridge.people.identity import Identity, PortalId
    from bridge.ports import Clock
    from bridge.replies.tell import Teller
    from bridge.replies.untold import Untold

log = logging.getLogger(__name__)

T = TypeVar("T")
K = TypeVar("K", bound="Hashable")

_CREW_SIZE: Final = 16
_CREW_SIZE_WHILE_ACCEPTING: Final = 2
_ACCEPTING_SECONDS: Final = 0.1
"""How long after a command has come in others are expected: platforms wait for those to be taken,
and nobody for the rest, so that there is less of everything else meanwhile."""
_LAST_ROUNDS: Final = 20
"""How often, at the end, to look for people who can still be told."""
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
        self._poll = timedelta(seconds=poll_seconds)
        self._inbox = Alarm(clock)
        self._answers = Alarm(clock)
        self._portals: dict[PortalId, Alarm] = {}
        self._drains: dict[PortalId, Drain] = {}
        self._draining: dict[PortalId, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._accepting_until = 0.0
        self._stops = asyncio.Event()
        self._ends = asyncio.Event()

    def wake(self, portal: PortalId, at: datetime | None = None) -> None:
        """Have a portal drained, now or at a time."""
        self._portals.setdefault(portal, Alarm(self._clock)).set(at)
        if at is None and (drain := self._drains.get(portal)):
            drain.nudge()

    def wake_inbox(self) -> None:
        """Have open commands carried out."""
        self._accepting_until = asyncio.get_running_loop().time() + _ACCEPTING_SECONDS
        self._inbox.set()

    def wake_answers(self) -> None:
        """Have people told."""
        self._answers.set()

    def stop(self) -> None:
        """Begin nothing new; ``run`` returns when what is under way is finished and told."""
        self._stops.set()
        for alarm in (self._inbox, self._answers, *self._portals.values()):
            alarm.set()

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
        telling = asyncio.create_task(self._tell(teller))
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._carry_out(desk))
                for portal, drain in self._drains.items():
                    self.serve(portal, drain)
        except BaseException:
            telling.cancel()
            raise
        finally:
            self._ends.set()
            self._answers.set()
            try:
                await asyncio.wait([telling])
            except asyncio.CancelledError:
                telling.cancel()
                await asyncio.wait([telling])
                raise

    async def _carry_out(self, desk: Desk) -> None:
        def find(limit: int, busy: Collection[Identity]) -> Awaitable[Sequence[StoredCommand]]:
            return desk.list_open(limit, without=busy)

        loop = asyncio.get_running_loop()

        def on_done() -> None:
            self._inbox.set()
            self.wake_answers()
            loop.call_later(PATIENCE.total_seconds(), self.wake_answers)
            for portal in self._drains:
                self.wake(portal)

        crew = Crew(
            self._crew_size,
            find,
            desk.carry_out,
            lambda stored: stored.incoming.sender.identity,
            on_done,
        )
        await self._keep_looking(crew, self._inbox, self._stops)
        await crew.finish()

    async def _tell(self, teller: Teller) -> None:
        async def find(limit: int, busy: Collection[int]) -> Sequence[Untold]:
            untold = await teller.list_untold(limit + len(busy))
            return [one for one in untold if one.id not in busy][:limit]

        crew = Crew(self._crew_size, find, teller.tell, lambda untold: untold.id, self.wake_answers)
        await self._keep_looking(crew, self._answers, self._ends)
        await crew.finish()
        for _ in range(_LAST_ROUNDS):
            if not await self._survive(crew.look(), 0):
                break
            await crew.finish()

    def _crew_size(self) -> int:
        is_accepting = asyncio.get_running_loop().time() < self._accepting_until
        return _CREW_SIZE_WHILE_ACCEPTING if is_accepting else _CREW_SIZE

    async def _keep_looking(self, crew: Crew[T, K], alarm: Alarm, until: asyncio.Event) -> None:
        try:
            while not until.is_set():
                await self._survive(crew.look(), 0)
                alarm.set(self._clock.now() + self._poll)
                await alarm.wait()
        except asyncio.CancelledError:
            await crew.cancel()
            raise
        finally:
            alarm.cancel()

    async def _drain(self, portal: PortalId, drain: Drain) -> None:
        def is_going_on() -> bool:
            return not self._stops.is_set() and self._drains.get(portal) is drain

        alarm = self._portals.setdefault(portal, Alarm(self._clock))
        while is_going_on():
            alarm.cancel()
            run = drain.run(on_progress=self.wake_answers, go_on=is_going_on)
            if next_run := await self._survive(run, self._clock.now() + _AFTER_FAULT):
                alarm.set(next_run)
            await alarm.wait()
        alarm.cancel()

    async def _survive(self, work: Awaitable[T], otherwise: T) -> T:
        """Do one round; the database may be busy or full for a while, and that must not end us."""
        try:
            return await work
        except Exception:
            log.exception("A round of work was broken off and will be taken up again")
            return otherwise

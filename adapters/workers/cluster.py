"""The work of a bridge on one of several machines that share a PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.workers.clerks import Clerks
from adapters.workers.jobs import AT_ONCE
from bridge.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from adapters.workers.jobs import Jobs
    from bridge.commands.desk import Desk
    from bridge.delivery.drain import Drain
    from bridge.people.identity import PortalId
    from bridge.ports import Claims, Clock, News
    from bridge.replies.tell import Teller

log = logging.getLogger(__name__)

_SOON: Final = timedelta(seconds=1.5)
"""What is due sooner is waited for here; what later, by all machines."""
_AFTER_FAULT: Final = timedelta(seconds=1)
_LINGER_SECONDS: Final = 1.0
"""How long a drain waits for more: it begins and ends by some transactions."""
_LINGER_MOST: Final = AT_ONCE // 2
_UNHEARD: Final = timedelta(milliseconds=50)
"""After which nothing may have been heard of a command."""
_ALL_KINDS: Final = ""
_PORTAL: Final = "portal "


class ClusterWorker:
    """Implements ``bridge.ports.Worker``.

    Commands and answers are shared with the other machines by claims, drains by jobs. A drain has a
    claim as well: a machine that was frozen must not go on when another one has taken over.

    Args:
        clock: the time.
        jobs: which portal is drained when.
        claims: which machine does what.
        news: what the other machines have put into the database.
        poll_seconds: how often to look for what was put off.
    """

    def __init__(
        self, clock: Clock, jobs: Jobs, claims: Claims, news: News, *, poll_seconds: float = 1.0
    ) -> None:
        self._clock = clock
        self._jobs = jobs
        self._claims = claims
        self._news = news
        self._clerks = Clerks(clock, poll_seconds, claims)
        self._drains: dict[PortalId, Drain] = {}
        self._draining: dict[PortalId, asyncio.Task[None]] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._is_running = False
        self._stops = asyncio.Event()

    def wake(self, portal: PortalId, at: datetime | None = None) -> None:
        """Have a portal drained, now or at a time, by any machine."""
        if not self._is_running:
            return  # each is woken at the beginning
        wait = at - self._clock.now() if at else timedelta()
        if at is not None and wait > _SOON:
            self._run_errand(self._jobs.drain(portal, at))
        else:
            self._run_errand(self._drain_after(portal, wait))
        if at is None and portal in self._draining:
            self._nudge(portal)

    def wake_inbox(self) -> None:
        """Have open commands carried out; by whichever machine hears of them first."""
        self._clerks.note_accepted()
        self._clerks.wake_inbox(_UNHEARD)

    def stop(self) -> None:
        """Begin nothing new; ``run`` returns when what is under way is finished and told."""
        self._stops.set()
        self._clerks.stop()
        for portal in self._draining:
            self._nudge(portal)

    def serve(self, portal: PortalId, drain: Drain) -> None:
        """Have a portal drained by this, whenever that is this machine's turn."""
        self._drains[portal] = drain
        self.wake(portal)

    async def retire(self, portal: PortalId) -> None:
        """Drain a portal no longer; returns when what is under way to it is finished."""
        self._drains.pop(portal).nudge()
        if task := self._draining.get(portal):
            await asyncio.wait([task])

    async def run(self, *, desk: Desk, teller: Teller) -> None:
        """Work until ``stop`` is called, first on what was left behind."""
        async with self._jobs.open(self._drain):
            self._is_running = True
            listening = asyncio.create_task(self._news.listen(self._hear))
            try:
                for portal in self._drains:
                    self.wake(portal)
                await self._clerks.run(desk, teller, self._deliver, lambda _: None)
            finally:
                self._is_running = False
                tasks = (listening, *self._errands)
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    async def _deliver(self) -> None:
        working = asyncio.create_task(self._jobs.run())
        try:
            await self._stops.wait()
        finally:
            working.cancel()  # it finishes what is under way
            try:
                await asyncio.wait([working])
            except asyncio.CancelledError:
                for task in self._draining.values():
                    task.cancel()
                await asyncio.wait([working])
                raise

    async def _drain(self, portal: PortalId) -> None:
        """Drain a portal until nothing is due, on behalf of a job; never raises."""
        drain = self._drains.get(portal)
        task = asyncio.current_task()
        if drain is None or task is None:
            return  # whoever serves it is woken again while something is due
        self._draining[portal] = task
        try:
            next_run = await self._drain_alone(portal, drain)
        except StorageError as error:
            log.debug("A drain was broken off and will be taken up again: %s", error)
            next_run = self._clock.now() + _AFTER_FAULT
        except Exception:
            log.exception("A drain was broken off and will be taken up again")
            next_run = self._clock.now() + _AFTER_FAULT
        finally:
            del self._draining[portal]
        if next_run and self._stops.is_set():
            await self._survive(self._jobs.drain(portal))  # by another machine
        elif next_run:
            self.wake(portal, next_run)

    async def _drain_alone(self, portal: PortalId, drain: Drain) -> datetime | None:
        name = f"drain {portal}"
        if not await self._claims.claim([name]):
            return self._clock.now() + _AFTER_FAULT  # until a machine that is gone has lost it

        def is_going_on() -> bool:
            is_ours = self._claims.holds(name) and self._drains.get(portal) is drain
            return is_ours and not self._stops.is_set()

        drain.nudge()
        try:
            return await drain.run(
                on_progress=self._clerks.note_outcomes,
                go_on=is_going_on,
                linger_seconds=_LINGER_SECONDS if len(self._draining) <= _LINGER_MOST else 0.0,
            )
        finally:
            await self._claims.release([name])

    def _hear(self, news: str) -> None:
        if news.startswith(_PORTAL):
            for portal in self._draining:
                if news == f"{_PORTAL}{portal}":
                    self._nudge(portal)
            return
        if news in {"inbox", _ALL_KINDS}:
            self._clerks.note_accepted()
            self._clerks.wake_inbox()
        if news in {"answers", _ALL_KINDS}:
            self._clerks.wake_answers()

    def _nudge(self, portal: PortalId) -> None:
        if drain := self._drains.get(portal):
            drain.nudge()

    async def _drain_after(self, portal: PortalId, wait: timedelta) -> None:
        await asyncio.sleep(max(wait.total_seconds(), 0.0))
        await self._jobs.drain(portal)

    def _run_errand(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._survive(errand))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _survive(self, errand: Coroutine[None, None, None]) -> None:
        try:
            await errand
        except Exception as error:  # noqa: BLE001 - what is due is found again within seconds
            log.warning("A portal could not be woken (%s)", type(error).__name__)

"""Jobs on Procrastinate: which portal is drained when, by whichever machine is free.

A ``drain`` runs once a portal at a time, and waits once. A ``wake`` waits for its time and has a
drain begin then; it has no lock, as a job that is scheduled for later holds up those behind it.

Source: https://procrastinate.readthedocs.io/en/stable/howto/advanced/locks.html
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status

from adapters.workers.job_manager import PromptJobManager
from bridge.complaint import Complaint
from bridge.errors import StorageError
from bridge.people.identity import PortalId

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
    from datetime import datetime

    from psycopg import Connection

log = logging.getLogger(__name__)

AT_ONCE: Final = 64
"""How many portals one machine drains at once."""
_CONNECTIONS: Final = 4
_CONNECT_SECONDS: Final = 5.0
"""Whoever tries for longer looks but now and then in the end, and sees a server late."""
_POLL_SECONDS: Final = 1.0
_BEAT_SECONDS: Final = 3.0
_SILENCE_SECONDS: Final = 10.0
"""How long a machine may be silent before others take over its jobs."""
_SWEEP_SECONDS: Final = 5.0
"""Counted here: Procrastinate's own timetable stands still after a clock was set back."""
_QUEUE: Final = "b24bridge"
_DRAIN: Final = "drain"
_BEFORE_OTHERS: Final = 1

_WAITING: Final = """
    SELECT queueing_lock FROM procrastinate_jobs
    WHERE queueing_lock = ANY(%s) AND status = 'todo'
"""

_announcer: Final = App(connector=SyncPsycopgConnector())
"""Adds jobs within somebody else's transaction, and has no connection of its own."""

# It tells of each job, and with a traceback of what ends its worker, which we do.
logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
# It tells of each try to connect.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


class Jobs:
    """The jobs of all machines that share a database.

    Args:
        conninfo: where the database is.
        list_due: lists the portals that have something to be sent now.
    """

    def __init__(
        self, conninfo: str, list_due: Callable[[], Awaitable[Sequence[PortalId]]]
    ) -> None:
        connector = PsycopgConnector(
            conninfo=conninfo,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_CONNECT_SECONDS,
            reconnect_timeout=_CONNECT_SECONDS,
        )
        self._app = App(connector=connector)
        self._app.job_manager = PromptJobManager(connector)
        self._list_due = list_due
        self._complaint = Complaint(log)
        self._do_drain: Callable[[PortalId], Awaitable[None]] | None = None
        self._drain = self._app.task(name=_DRAIN, queue=_QUEUE)(self._run_drain)
        self._wake = self._app.task(name="wake", queue=_QUEUE)(self._run_wake)
        sweep = self._app.task(
            name="take_over", queue=_QUEUE, queueing_lock="take_over", priority=_BEFORE_OTHERS
        )
        self._sweep = sweep(self._take_over)

    @asynccontextmanager
    async def open(self, drain: Callable[[PortalId], Awaitable[None]]) -> AsyncIterator[None]:
        """Connect; from then on ``drain``, which never raises, is what drains a portal."""
        self._do_drain = drain
        async with self._app.open_async():
            yield

    async def run(self) -> None:
        """Do jobs until cancelled, and then finish those under way."""
        sweeping = asyncio.create_task(self._keep_sweeping())
        try:
            await self._keep_working()
        finally:
            sweeping.cancel()

    async def _keep_working(self) -> None:
        while True:
            try:
                await self._app.run_worker_async(
                    queues=[_QUEUE],
                    concurrency=AT_ONCE,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=_POLL_SECONDS,
                    update_heartbeat_interval=_BEAT_SECONDS,
                    stalled_worker_timeout=_SILENCE_SECONDS,
                    delete_jobs="always",
                )
            except ConnectorException as error:
                self._complaint.say("No jobs are done for a moment (%s)", type(error).__name__)
            except Exception:
                log.exception("No jobs are done for a moment; what is due is done later")
            await asyncio.sleep(1)

    async def _keep_sweeping(self) -> None:
        while True:
            await self._survive(self._have_swept())
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _have_swept(self) -> None:
        with suppress(AlreadyEnqueued):
            await self._sweep.defer_async()

    def announce(self, portals: Collection[PortalId], connection: Connection[Any]) -> None:
        """Have portals drained as soon as the transaction of this connection is committed.

        Where a drain waits already, that one does: it looks only after this transaction has ended
        (see ``Outbox.recover``).
        """
        waiting = {
            name for (name,) in connection.execute(_WAITING, [[_name(one) for one in portals]])
        }
        for portal in portals:
            if _name(portal) in waiting:
                continue
            job = _announcer.configure_task(
                _DRAIN,
                queue=_QUEUE,
                lock=_name(portal),
                queueing_lock=_name(portal),
                connection=connection,
            )
            try:
                with connection.transaction():
                    job.defer(portal=int(portal))
            except AlreadyEnqueued:
                continue

    async def drain(self, portal: PortalId, at: datetime | None = None) -> None:
        """Have a portal drained, now or at a time; nothing is added to what waits already.

        Raises:
            procrastinate.exceptions.ConnectorException: the database cannot be used.
        """
        name = _name(portal)
        try:
            if at is None:
                job = self._drain.configure(lock=name, queueing_lock=name)
            else:
                at = at.replace(microsecond=0)
                job = self._wake.configure(queueing_lock=f"{name} {at}", schedule_at=at)
            await job.defer_async(portal=int(portal))
        except AlreadyEnqueued:
            return

    async def _run_drain(self, portal: int) -> None:
        if self._do_drain:
            await self._do_drain(PortalId(portal))

    async def _run_wake(self, portal: int) -> None:
        await self._survive(self.drain(PortalId(portal)))

    async def _take_over(self, timestamp: int = 0) -> None:  # noqa: ARG002 - of earlier versions
        """End the jobs of machines that are gone, and have drained what is due, theirs among it."""
        manager = self._app.job_manager
        try:
            gone = list(await manager.get_stalled_jobs(seconds_since_heartbeat=_SILENCE_SECONDS))
            due = await self._list_due()
        except (ConnectorException, StorageError) as error:
            log.debug("What other machines have left is looked for later: %s", error)
            return
        except Exception:
            log.exception("What other machines have left could not be looked for, and will be")
            return
        for job in gone:
            log.warning("Job %s of a machine that is gone is taken over", job.task_name)
            await self._survive(manager.finish_job(job, Status.FAILED, delete_job=True))
        for portal in due:
            await self._survive(self.drain(portal))

    async def _survive(self, work: Awaitable[None]) -> None:
        """A job never raises: what could not be done is found again when it is due."""
        try:
            await work
        except Exception as error:  # noqa: BLE001
            self._complaint.say("A job could not be changed (%s)", type(error).__name__)


def _name(portal: PortalId) -> str:
    return f"drain {portal}"

"""Ends jobs for certain, and begins on this machine what waited for them.

Procrastinate tries once to end a job. A connection that breaks just then would leave one that
nobody does, of a machine that lives, so that nobody would take it over.

It is told of a job only when that is added. One that waits for another of the same lock, or was
added while jobs were asked for, would be found when it asks for them the next time by itself.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from psycopg import OperationalError
from psycopg.errors import RaiseException

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procrastinate.jobs import Job, Notification, Status
    from procrastinate.manager import NotificationCallback

log = logging.getLogger(__name__)

_CHANNEL: Final = "this process"
_PAUSES_SECONDS: Final = (0.1, 0.5, 1.0, 2.0, 4.0)
"""After that, the server is away. Whoever asks for jobs finds that out, too, and begins anew, and
what it has left is taken over."""


class PromptJobManager(JobManager):
    """A manager of jobs for a worker that misses none."""

    _hear: NotificationCallback | None = None
    _heard = 0

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Listen until cancelled; see ``JobManager``."""

        async def hear(*, channel: str, notification: Notification) -> None:
            self._heard += 1
            await on_notification(channel=channel, notification=notification)

        self._hear = hear
        await super().listen_for_jobs(on_notification=hear, queues=queues)

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Begin a job; None if there is none that has been heard of by now."""
        while True:
            heard = self._heard
            job = await super().fetch_job(queues, worker_id)
            if job or self._heard == heard:
                return job

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """End a job even if a connection breaks meanwhile; one that is ended already stays so.

        Raises:
            procrastinate.exceptions.ConnectorException: it cannot be ended.
        """
        for pause_seconds in _PAUSES_SECONDS:
            try:
                await self._end(job, status, delete_job)
            except ConnectorException as error:
                if not isinstance(error.__cause__, OperationalError):
                    raise
            else:
                await self._tell_who_waits(job)
                return
            await asyncio.sleep(pause_seconds)
        log.warning("Job %s could not be ended, and will be taken over", job.task_name)

    async def _end(self, job: Job, status: Status, delete_job: bool) -> None:
        try:
            await super().finish_job(job, status, delete_job)
        except ConnectorException as error:
            if not isinstance(error.__cause__, RaiseException):
                raise
            # It is ended, by ourselves before a connection broke, or by who has taken it over.
            log.debug("Job %s had ended already", job.task_name)

    async def _tell_who_waits(self, ended: Job) -> None:
        if self._hear and ended.lock and ended.id is not None:
            news: Notification = {"type": "job_inserted", "job_id": ended.id}
            await self._hear(channel=_CHANNEL, notification=news)

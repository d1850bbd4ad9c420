"""Ends jobs for certain: while one is not ended, none of the same lock begins.

Procrastinate tries once. A connection that breaks just then would leave a job that nobody does, of
a machine that lives, so that nobody would take it over.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from psycopg import OperationalError

if TYPE_CHECKING:
    from procrastinate.jobs import Job, Status

log = logging.getLogger(__name__)

_PAUSES_SECONDS: Final = (0.1, 0.5, 1.0, 2.0, 4.0)
"""After that, the server is away. Whoever asks for jobs finds that out, too, and begins anew, and
what it has left is taken over."""


class Finishing(JobManager):
    """A manager of jobs that ends a job even if a connection breaks meanwhile."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """End a job; one that is ended already stays so.

        Raises:
            procrastinate.exceptions.ConnectorException: there is no such job under way.
        """
        for pause_seconds in _PAUSES_SECONDS:
            try:
                return await super().finish_job(job, status, delete_job)
            except ConnectorException as error:
                if not isinstance(error.__cause__, OperationalError):
                    raise
            await asyncio.sleep(pause_seconds)
        log.warning("Job %s could not be ended, and will be taken over", job.task_name)
        return None

"""What Procrastinate leaves to chance is certain here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import psycopg
from sqlalchemy.engine import make_url

from adapters.workers.jobs import Jobs
from bridge.people.identity import PortalId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.postgres import TestServer

_CUT_ONCE: Final = """
    CREATE SEQUENCE ends;
    CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('ends') = 1 THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
            PERFORM pg_sleep(10);
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER cut BEFORE DELETE ON procrastinate_jobs
        FOR EACH ROW WHEN (OLD.task_name = 'drain') EXECUTE FUNCTION cut();
"""


async def test_a_job_ends_though_its_connection_breaks_just_then(postgres: TestServer) -> None:
    drained: list[PortalId] = []

    async def list_due() -> Sequence[PortalId]:
        return ()

    async def drain(portal: PortalId) -> None:
        drained.append(portal)

    with postgres.database() as url:
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(_CUT_ONCE)
        jobs = Jobs(address, list_due)
        async with jobs.open(drain):
            working = asyncio.create_task(jobs.run())
            for number in range(1, 3):
                await jobs.drain(PortalId(1))
                while len(drained) < number:
                    await asyncio.sleep(0.02)
            working.cancel()
            await asyncio.wait([working])
    assert drained == [PortalId(1)] * 2

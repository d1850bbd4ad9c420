"""What Procrastinate leaves to chance is certain here."""

from __future__ import annotations

import asyncio
import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adapters.workers import jobs as jobs_module
from adapters.workers.jobs import Jobs
from bridge.people.identity import PortalId

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

    from tests.postgres import TestServer

PORTAL: Final = PortalId(1)
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
_END: Final = "DELETE FROM procrastinate_jobs WHERE task_name = 'drain'"
_ANSWER_LATE: Final = """
    ALTER FUNCTION procrastinate_fetch_job_v2 RENAME TO fetch_job;
    CREATE FUNCTION procrastinate_fetch_job_v2(queues character varying[], worker bigint)
    RETURNS procrastinate_jobs LANGUAGE plpgsql AS $$
    DECLARE found procrastinate_jobs;
    BEGIN
        found := fetch_job(queues, worker);
        PERFORM pg_sleep(0.3);
        RETURN found;
    END $$;
"""


@pytest.fixture
def address(postgres: TestServer) -> Iterator[str]:
    with postgres.database() as url:
        yield make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class SlowDrain:
    """A drain that ends when a test lets it."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.may_end = asyncio.Event()

    async def drain(self, portal: PortalId) -> None:
        self.begun.release()
        await self.may_end.wait()


@pytest.fixture
def nobody_looks_by_himself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "_POLL_SECONDS", 3600.0)
    monkeypatch.setattr(jobs_module, "_SWEEP_SECONDS", 3600.0)


@asynccontextmanager
async def working(
    address: str, drain: Callable[[PortalId], Awaitable[None]]
) -> AsyncIterator[Jobs]:
    async def list_due() -> Sequence[PortalId]:
        return ()

    jobs = Jobs(address, list_due)
    async with jobs.open(drain):
        work = asyncio.create_task(jobs.run())
        try:
            async with asyncio.timeout(20):
                yield jobs
        finally:
            work.cancel()
            await asyncio.wait([work])


async def test_a_job_ends_though_its_connection_breaks_just_then(address: str) -> None:
    drained: list[PortalId] = []

    async def drain(portal: PortalId) -> None:
        drained.append(portal)

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_CUT_ONCE)
    async with working(address, drain) as jobs:
        for number in range(1, 3):
            await jobs.drain(PORTAL)
            while len(drained) < number:
                await asyncio.sleep(0.02)
    assert drained == [PORTAL] * 2


@pytest.mark.usefixtures("nobody_looks_by_himself")
async def test_a_job_that_waited_for_another_begins_when_that_has_ended(address: str) -> None:
    slow = SlowDrain()
    async with working(address, slow.drain) as jobs:
        await jobs.drain(PORTAL)
        await slow.begun.acquire()
        await jobs.drain(PORTAL)
        await asyncio.sleep(0.2)  # it is heard of, and must wait
        slow.may_end.set()
        await slow.begun.acquire()


@pytest.mark.usefixtures("nobody_looks_by_himself")
async def test_a_job_that_is_added_while_jobs_are_asked_for_is_not_missed(address: str) -> None:
    drained = asyncio.Semaphore(0)

    async def drain(portal: PortalId) -> None:
        drained.release()

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_ANSWER_LATE)
    async with working(address, drain) as jobs:
        for _ in range(3):  # after each, the worker asks once more
            await jobs.drain(PORTAL)
            await drained.acquire()
            await asyncio.sleep(0.1)


@pytest.mark.usefixtures("nobody_looks_by_himself")
async def test_a_job_that_somebody_else_has_ended_holds_up_nothing(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    slow = SlowDrain()
    async with working(address, slow.drain) as jobs:
        await jobs.drain(PORTAL)
        await slow.begun.acquire()
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(_END)
        slow.may_end.set()
        await jobs.drain(PORTAL)
        await slow.begun.acquire()
    gc.collect()  # what nobody has asked for its failure is written into the log
    assert "never retrieved" not in caplog.text

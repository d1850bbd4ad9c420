"""Claims among machines: who does what, until they leave it, or are gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy.engine import make_url

from storage.claims import PostgresClaims
from storage.news import ANYTHING, PostgresNews
from storage.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.postgres import TestServer


@pytest.fixture
def server(postgres: TestServer) -> PostgresServer:
    return PostgresServer(make_url(postgres.clean_database()))


@pytest.fixture
async def machines(server: PostgresServer) -> AsyncIterator[tuple[PostgresClaims, PostgresClaims]]:
    async with PostgresClaims(server) as one, PostgresClaims(server) as two:
        for machine in (one, two):
            await until_claimed(machine, "connected")
            await machine.release(["connected"])
        yield one, two


Machines = tuple[PostgresClaims, PostgresClaims]


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happened():
            await asyncio.sleep(0.01)


async def until_claimed(machine: PostgresClaims, name: str) -> None:
    async with asyncio.timeout(20):
        while not await machine.claim([name]):
            await asyncio.sleep(0.01)


def end_sessions(server: PostgresServer) -> None:
    with psycopg.connect(server.conninfo) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_thing_is_claimed_by_one_machine(machines: Machines) -> None:
    one, two = machines
    assert await one.claim(["a", "b"], 2) == {"a", "b"}
    assert await two.claim(["a", "b", "c"], 3) == {"c"}
    assert one.holds("a")
    assert not two.holds("a")


async def test_nothing_is_claimed_twice_by_the_same_machine(machines: Machines) -> None:
    one, two = machines
    assert await one.claim(["a"]) == {"a"}
    assert await one.claim(["a"]) == frozenset()
    await one.release(["a"])
    assert await two.claim(["a"]) == {"a"}


async def test_no_more_is_claimed_than_wanted_and_the_first_first(machines: Machines) -> None:
    one, two = machines
    assert await one.claim(["a", "b", "c"], 2) == {"a", "b"}
    assert await two.claim(["a", "b", "c"], 2) == {"c"}


async def test_what_is_left_is_free_for_others(machines: Machines) -> None:
    one, two = machines
    await one.claim(["a", "b"], 2)
    await two.release(["a"])
    assert await two.claim(["a"]) == frozenset()
    await one.release(["a", "never claimed"])
    assert not one.holds("a")
    assert one.holds("b")
    assert await two.claim(["a"]) == {"a"}


async def test_of_many_who_claim_at_once_one_succeeds(machines: Machines) -> None:
    claims = [machine.claim(["a"]) for machine in machines for _ in range(10)]
    won = [claimed for claimed in await asyncio.gather(*claims) if claimed]
    assert won == [{"a"}]


async def test_a_machine_that_ends_leaves_all_its_claims(server: PostgresServer) -> None:
    async with PostgresClaims(server) as one:
        await until_claimed(one, "a")
    async with PostgresClaims(server) as two:
        await until_claimed(two, "a")


async def test_a_machine_that_loses_the_database_knows_and_claims_anew(
    machines: Machines, server: PostgresServer
) -> None:
    one, _ = machines
    await one.claim(["a"])
    end_sessions(server)
    await until(lambda: not one.holds("a"))
    await until_claimed(one, "a")
    assert one.holds("a")


async def test_news_are_heard_until_they_may_have_been_missed(server: PostgresServer) -> None:
    heard: list[str] = []
    listening = asyncio.create_task(PostgresNews(server).listen(heard.append))
    await until(lambda: heard == [ANYTHING])
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute("NOTIFY b24bridge, 'inbox'")
    await until(lambda: heard == [ANYTHING, "inbox"])
    end_sessions(server)
    await until(lambda: heard == [ANYTHING, "inbox", ANYTHING])
    listening.cancel()
    await asyncio.wait([listening])

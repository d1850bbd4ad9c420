"""A PostgreSQL that goes away and comes again, and connections that are cut."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

import httpx
import psycopg
import pytest
from msgspec import Struct
from sqlalchemy.engine import make_url

from bridge.errors import StorageError
from storage.database import Database
from tests.chaos.judge import judge
from tests.chaos.scenery import open_stage
from tests.e2e.test_operations import address, maria, until_told
from tests.postgres import run_own_postgres

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.chaos.nodes import Node
    from tests.chaos.stage import Stage
    from tests.e2e.conftest import Machine
    from tests.fakes.telegram_server import Person, TelegramServer
    from tests.postgres import OwnServer

__all__ = ["address", "maria"]

_CUT: Final = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_MEANWHILE: Final = 10
_WARNINGS: Final = 8
"""How many a machine may write each time that something happens to its database, without those
about what people have typed."""
_PASSWORD: Final = "hush-hush"


class Ordeal(Struct, frozen=True, kw_only=True):
    """How much there is to go through.

    Attributes:
        commands: how many are typed before each outage and before the cuts.
        nodes: how many machines there are.
        outages: how the server is stopped, one time after the other.
        cuts: how often all connections are cut.
        seconds: how long an outage is, at least.
    """

    commands: int
    nodes: int
    outages: Sequence[Literal["fast", "immediate"]]
    cuts: int
    seconds: float


SHORT = Ordeal(commands=25, nodes=2, outages=("immediate", "fast"), cuts=3, seconds=1)
LONG = Ordeal(commands=200, nodes=3, outages=("immediate", "fast") * 2, cuts=40, seconds=15)


@pytest.mark.parametrize(
    "ordeal",
    [
        pytest.param(SHORT, id="short"),
        pytest.param(LONG, id="long", marks=pytest.mark.chaos),
    ],
)
@pytest.mark.timeout(1800)
async def test_whoever_stops_the_server_or_cuts_connections_loses_nothing(
    ordeal: Ordeal, tmp_path: Path, chance: Random
) -> None:
    with run_own_postgres() as server:
        url = make_url(server.url).set(password=_PASSWORD).render_as_string(hide_password=False)
        async with open_stage(tmp_path, chance, database_url=url, nodes=ordeal.nodes) as stage:
            for how in ordeal.outages:
                stage.driver.type(ordeal.commands)
                await asyncio.sleep(chance.uniform(0.2, 1))
                await _be_away(server, stage, how, ordeal.seconds)
            stage.driver.type(ordeal.commands)
            for _ in range(ordeal.cuts):
                await asyncio.sleep(chance.uniform(0.05, 0.8))
                await asyncio.to_thread(_cut, url)
            async with asyncio.timeout(120):
                await stage.driver.until_delivered()
                await stage.until_settled()
                for node in stage.nodes:
                    await _until_told(_address(node), "ok")
            for node in stage.nodes:
                await node.stop()  # none has ended by itself
            verdict = judge(await stage.collect())
    sys.stdout.write(f"{verdict}\n")
    assert not verdict.findings
    for node in stage.nodes:
        _check_log(node.log.read_text(), len(ordeal.outages) + ordeal.cuts)


async def test_a_server_that_can_only_be_read_is_no_good_database() -> None:
    with run_own_postgres() as server:
        database = Database(server.url)
        await database.open()
        await database.check_writing()
        await asyncio.to_thread(server.become_replica)
        await database.check()
        with pytest.raises(StorageError, match="it can only be read; is it a replica"):
            await database.check_writing()
        await database.close()


@pytest.mark.chaos
async def test_a_server_that_answers_nobody_is_told_of_and_waited_for(
    machine: Machine, telegram: TelegramServer, maria: Person, address: str
) -> None:
    with run_own_postgres() as server:
        machine.settings["B24BRIDGE_DATABASE_URL"] = server.url
        await machine.link(f"telegram:{maria.id}", "#1")
        async with machine.bridge() as bridge:
            await bridge.until_log("Connected to Telegram")
            await _until_told(address, "ok")
            with server.frozen():
                telegram.send("/b24notify #5 hi there", sender=maria)
                await _until_told(address, "cannot be read")
            await until_told(telegram, "Notified Anna Petrova.")
            await _until_told(address, "ok")
    assert [one.message for one in machine.portal.notifications] == ["hi there"]


async def _be_away(
    server: OwnServer, stage: Stage, how: Literal["fast", "immediate"], seconds: float
) -> None:
    """Stop the server for a while, in which people go on."""
    await asyncio.to_thread(server.stop, how)
    stage.driver.type(_MEANWHILE)
    for node in stage.nodes:
        await _until_told(_address(node), "cannot be read")
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.start)


def _address(node: Node) -> str:
    return f"http://{node.settings['B24BRIDGE_HTTP_LISTEN']}"


async def _until_told(address: str, database: str) -> None:
    """Wait until a machine says that its database is so."""
    async with httpx.AsyncClient(timeout=20) as client:
        while (told := (await client.get(f"{address}/readyz")).json())["database"] != database:
            await asyncio.sleep(0.2)
    assert (told["status"] == "not ready") == (database != "ok")


def _cut(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(_CUT)


def _check_log(log: str, times: int) -> None:
    """Tell whether a machine has written too much, or what nobody should read."""
    warnings = [
        line
        for line in log.splitlines()
        if re.search(" (WARNING|ERROR) ", line) and not re.search("What Slack sent|Delivery", line)
    ]
    assert len(warnings) <= _WARNINGS * times, "\n".join(warnings)
    assert _PASSWORD not in log
    assert "Traceback" not in log

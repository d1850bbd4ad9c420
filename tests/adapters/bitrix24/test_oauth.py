"""An expired access token is renewed once, and no refresh token is ever lost."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.bitrix24.bucket import Limit
from adapters.bitrix24.client import Bitrix24Portal
from adapters.bitrix24.grant import Grant
from adapters.bitrix24.oauth import OAuth
from adapters.bitrix24.token_endpoint import TokenEndpoint
from adapters.bitrix24.turns import Turns
from bridge.clock import SystemClock
from bridge.credential import PortalKind
from bridge.errors import PortalError, PortalOnHold, StorageError, TryLater
from storage.credentials import SqlCredentials
from storage.database import Database
from storage.vault import Vault, make_key
from tests.fakes.oauth_portal import CLIENT_ID, CLIENT_SECRET, MEMBER_ID, OAuthPortal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.people.identity import PortalId

ROOT = Path(__file__).parents[3]
KEY = make_key()


class Scene:
    """A portal whose first access token has expired, and a database that knows its tokens."""

    def __init__(self, server: OAuthPortal, folder: Path, database: Database) -> None:
        self.server = server
        self.url = f"sqlite:///{folder / 'bridge.db'}"
        self.database = database
        self.credentials = SqlCredentials(database, Vault([KEY]))

    async def connect(self, refresh_token: str = "refresh-0", **fields: str) -> PortalId:
        grant = Grant(
            member_id=fields.get("member_id", MEMBER_ID),
            client_endpoint=f"{self.server.url}/rest/",
            server_endpoint=fields.get("server_endpoint", self.server.server_endpoint),
            access_token="access-0",
            refresh_token=refresh_token,
            application_token="app1icationt0ken",
        )
        return await self.credentials.connect(
            MEMBER_ID, grant.key, PortalKind.OAUTH, grant.encode()
        )

    @asynccontextmanager
    async def client(
        self, portal: PortalId, credentials: SqlCredentials | None = None
    ) -> AsyncIterator[Bitrix24Portal]:
        """Open a client of its own, as another process would."""
        endpoint = TokenEndpoint(CLIENT_ID, CLIENT_SECRET, self.server.url)
        kept = await self.credentials.read(portal)
        assert kept is not None
        oauth = OAuth(
            portal,
            kept,
            credentials=credentials or self.credentials,
            endpoint=endpoint,
            clock=SystemClock(),
        )
        turns = Turns(Limit(1_000, 100))
        async with Bitrix24Portal(oauth, turns=turns, timeout_seconds=10) as client:
            yield client
        await oauth.aclose()
        await endpoint.aclose()

    async def kept(self, portal: PortalId) -> Grant:
        kept = await self.credentials.read(portal)
        assert kept is not None
        return Grant.decode(kept.secret)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    database = Database(f"sqlite:///{tmp_path / 'bridge.db'}")
    await database.open()
    try:
        async with OAuthPortal() as server:
            yield Scene(server, tmp_path, database)
    finally:
        await database.close()


async def test_fifty_calls_with_an_expired_token_renew_it_once(scene: Scene) -> None:
    scene.server.exchange_seconds = 0.1
    portal = await scene.connect()
    async with scene.client(portal) as client:
        await asyncio.gather(*(client.asking.ask("profile", {}) for _ in range(50)))
    assert scene.server.tried == ["refresh-0"]
    assert len(scene.server.calls) == 50


async def test_each_new_refresh_token_is_stored_and_used_the_next_time(scene: Scene) -> None:
    portal = await scene.connect()
    async with scene.client(portal) as client:
        for _ in range(3):
            scene.server.expire()
            await client.check()
    assert scene.server.tried == ["refresh-0", "refresh-1", "refresh-2"]
    kept = await scene.kept(portal)
    assert (kept.refresh_token, kept.access_token) == ("refresh-3", "access-3")
    assert kept.application_token == "app1icationt0ken"


async def test_two_bridges_on_one_database_renew_once(scene: Scene) -> None:
    scene.server.exchange_seconds = 0.3
    portal = await scene.connect()
    async with scene.client(portal) as one, scene.client(portal) as other:
        await asyncio.gather(
            *(client.asking.ask("profile", {}) for client in (one, other) for _ in range(10))
        )
    assert scene.server.tried == ["refresh-0"]


CHECKING = """
import asyncio, sys
from adapters.bitrix24.client import Bitrix24Portal
from adapters.bitrix24.oauth import OAuth
from adapters.bitrix24.token_endpoint import TokenEndpoint
from bridge.clock import SystemClock
from storage.credentials import SqlCredentials
from storage.database import Database
from storage.vault import Vault

async def main(url, key, client_id, client_secret, server):
    database = Database(url)
    await database.open()
    credentials = SqlCredentials(database, Vault([key]))
    endpoint = TokenEndpoint(client_id, client_secret, server)
    oauth = OAuth(
        1, await credentials.read(1), credentials=credentials, endpoint=endpoint,
        clock=SystemClock(),
    )
    print("ready", flush=True)
    sys.stdin.readline()
    async with Bitrix24Portal(oauth, timeout_seconds=10) as portal:
        await asyncio.gather(*(portal.asking.ask("profile", {}) for _ in range(10)))
        print("checked", flush=True)
        sys.stdin.readline()
    await endpoint.aclose()
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def start_process(scene: Scene) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHECKING, scene.url, KEY, CLIENT_ID, CLIENT_SECRET),
        scene.server.url,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert await read_line(process) == b"ready\n"
    return process


async def read_line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout
    async with asyncio.timeout(60):
        return await process.stdout.readline()


def go_on(process: asyncio.subprocess.Process) -> None:
    assert process.stdin
    process.stdin.write(b"\n")


async def test_two_processes_renew_once(scene: Scene) -> None:
    scene.server.exchange_seconds = 0.3
    await scene.connect()
    processes = [await start_process(scene) for _ in range(2)]
    for process in processes:
        go_on(process)
    assert [await read_line(process) for process in processes] == [b"checked\n"] * 2
    for process in processes:
        go_on(process)
    assert [await process.wait() for process in processes] == [0, 0]
    assert scene.server.tried == ["refresh-0"]
    assert len(scene.server.calls) == 20


async def test_a_process_killed_after_the_renewal_leaves_the_living_token_behind(
    scene: Scene,
) -> None:
    portal = await scene.connect()
    process = await start_process(scene)
    scene.server.is_open.clear()
    go_on(process)
    while (await scene.kept(portal)).refresh_token != "refresh-1":
        await asyncio.sleep(0.01)
    process.kill()
    await process.wait()
    assert scene.server.calls == []
    scene.server.is_open.set()
    scene.server.expire()
    async with scene.client(portal) as client:
        await client.check()
    assert scene.server.tried == ["refresh-0", "refresh-1"]


async def test_the_renewal_of_a_process_that_died_is_taken_over(scene: Scene) -> None:
    portal = await scene.connect()
    kept = await scene.credentials.read(portal)
    assert kept is not None
    until = SystemClock().now() + timedelta(seconds=0.5)
    assert await scene.credentials.claim(portal, kept.version, until)
    async with scene.client(portal) as client:
        await client.check()
    assert SystemClock().now() >= until
    assert scene.server.tried == ["refresh-0"]


async def test_a_call_that_is_cancelled_does_not_break_the_renewal_off(scene: Scene) -> None:
    scene.server.exchange_seconds = 0.2
    portal = await scene.connect()
    async with scene.client(portal) as client:
        call = asyncio.create_task(client.check())
        while not scene.server.tried:
            await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.wait([call])
    assert (await scene.kept(portal)).refresh_token == "refresh-1"


class FullDisk(SqlCredentials):
    """Cannot write a new version, as long as it is told so."""

    is_full = True

    async def replace(self, portal: PortalId, version: int, secret: str) -> bool:
        if self.is_full:
            raise StorageError("the disk is full")
        return await super().replace(portal, version, secret)


async def test_new_tokens_that_cannot_be_stored_are_not_used_and_not_lost(scene: Scene) -> None:
    portal = await scene.connect()
    disk = FullDisk(scene.database, Vault([KEY]))
    async with scene.client(portal, disk) as client:
        with pytest.raises(TryLater, match="TOKEN_NOT_STORED"):
            await client.check()
        assert scene.server.calls == []
        disk.is_full = False
        await client.check()
    assert scene.server.tried == ["refresh-0"]
    assert (await scene.kept(portal)).refresh_token == "refresh-1"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("invalid_grant", "must be installed in the portal again"),
        ("expired_token", "must be installed in the portal again"),
        ("invalid_client", "B24BRIDGE_BITRIX24_CLIENT_ID"),
        ("invalid_scope", "permissions"),
        ("insufficient_scope", "permissions"),
        ("PAYMENT_REQUIRED", "subscription"),
        ("invalid_request", "No."),
        ("something_new", "No."),
    ],
)
async def test_what_an_administrator_must_mend_holds_the_portal_in_words(
    scene: Scene, code: str, told: str
) -> None:
    scene.server.refusal = code
    portal = await scene.connect()
    async with scene.client(portal) as client:
        with pytest.raises(PortalOnHold, match=told) as caught:
            await client.check()
        assert caught.value.code == code.upper()
        scene.server.refusal = ""
        await client.check()


async def test_a_server_that_is_down_is_asked_again_later(scene: Scene) -> None:
    scene.server.refusal, scene.server.status = "internal_error", 502
    portal = await scene.connect()
    async with scene.client(portal) as client:
        with pytest.raises(TryLater, match="TOKEN_NOT_RENEWED"):
            await client.check()
        scene.server.refusal = ""
        await client.check()
    assert scene.server.exchanges == ["refresh-0"]


@pytest.mark.parametrize(
    "address",
    [
        "https://oauth.bitrix.info.evil.example/rest/",
        "https://evil.example/rest/",
        "http://oauth.bitrix.info/rest/",
        "https://oauth.bitrix.info:444/rest/",
        "https://oauth.bitrix.info@evil.example/rest/",
        "http://127.0.0.1:9/rest/",
        "//oauth.bitrix.info/rest/",
        "",
    ],
)
async def test_our_secret_goes_to_no_server_that_we_do_not_know(scene: Scene, address: str) -> None:
    portal = await scene.connect(server_endpoint=address)
    async with scene.client(portal) as client:
        with pytest.raises(PortalOnHold, match="UNKNOWN_SERVER"):
            await client.check()


async def test_tokens_of_another_portal_are_not_taken(scene: Scene) -> None:
    scene.server.member_id = "another"
    portal = await scene.connect()
    async with scene.client(portal) as client:
        with pytest.raises(PortalOnHold, match="FOREIGN_MEMBER"):
            await client.check()
    assert (await scene.kept(portal)).refresh_token == "refresh-0"


async def test_tokens_that_an_installation_has_brought_meanwhile_are_used(scene: Scene) -> None:
    portal = await scene.connect("a dead one")
    async with scene.client(portal) as client:
        with pytest.raises(PortalOnHold):
            await client.check()
        await scene.connect("refresh-0")
        await client.check()
    assert scene.server.exchanges == ["refresh-0"]


async def test_a_portal_without_our_application_is_on_hold(scene: Scene) -> None:
    portal = await scene.connect()
    async with scene.client(portal) as client:
        await scene.credentials.disconnect(portal, "APP_UNINSTALLED")
        with pytest.raises(PortalOnHold, match="APP_UNINSTALLED"):
            await client.check()
    assert scene.server.tried == []


async def test_no_token_reaches_a_log_or_an_error(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors: list[PortalError] = []
    portal = await scene.connect()
    async with scene.client(portal) as client:
        await client.check()
        scene.server.expire()
        scene.server.refusal = "invalid_grant"
        with pytest.raises(PortalError) as caught:
            await client.check()
        errors.append(caught.value)
        seen = [caplog.text, repr(client), repr(errors), str(caught.value)]
    secrets = ["refresh-0", "refresh-1", "access-1", "cl1ent5ecret", "app1icationt0ken", KEY]
    assert len(caplog.records) > 5
    for secret in secrets:
        assert not any(secret in text for text in seen), secret

"""What ``bridge.ports.Credentials`` promises, and what the database file does not show."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.credential import PortalKind
from bridge.delivery.notification import PortalStatus
from bridge.errors import ConfigError
from bridge.people.identity import PortalId
from storage.credentials import SqlCredentials
from storage.database import Database
from storage.portals import SqlPortals
from storage.vault import Vault, make_key
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

KEY = make_key()
SECRET = "w3bh00kc0de5ecret"


class Scene:
    """A database with one portal whose credential is kept."""

    def __init__(self, database: Database, clock: FakeClock, *keys: str) -> None:
        self.clock = clock
        self.database = database
        self.portals = SqlPortals(database)
        self.credentials = SqlCredentials(database, Vault(keys))

    async def connect(self, secret: str = SECRET, key: str = "member-1") -> PortalId:
        return await self.credentials.connect(key, "one.example", PortalKind.OAUTH, secret)


@asynccontextmanager
async def opened(url: str, *keys: str) -> AsyncIterator[Scene]:
    clock = FakeClock()
    database = Database(url, now=clock.now)
    await database.open()
    try:
        yield Scene(database, clock, *keys)
    finally:
        await database.close()


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    async with opened(database_url, KEY) as scene:
        yield scene


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


async def version_of(scene: Scene, portal: PortalId) -> int:
    kept = await scene.credentials.read(portal)
    assert kept is not None
    return kept.version


async def test_a_credential_is_read_as_it_was_given(scene: Scene) -> None:
    portal = await scene.connect()
    kept = await scene.credentials.read(portal)
    assert kept is not None
    assert kept.secret == SECRET
    assert SECRET not in repr(kept)


async def test_a_portal_without_a_credential_has_none(scene: Scene) -> None:
    portal = await scene.portals.ensure("two.example", "two.example")
    assert await scene.credentials.read(portal) is None
    assert await scene.credentials.read(PortalId(99)) is None
    assert not await scene.credentials.claim(portal, 0, scene.clock.now())


async def test_no_credential_lies_in_the_database_in_clear(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'bridge.db'}", KEY) as scene:
        await scene.connect()
        content = everything_in(tmp_path)
    assert b"member-1" in content
    assert SECRET.encode() not in content


async def test_only_the_newest_version_is_replaced(scene: Scene) -> None:
    portal = await scene.connect()
    version = await version_of(scene, portal)
    replaced = await asyncio.gather(
        *(scene.credentials.replace(portal, version, f"new {number}") for number in range(9))
    )
    assert sorted(replaced) == [False] * 8 + [True]
    kept = await scene.credentials.read(portal)
    assert kept is not None
    assert (kept.secret, kept.version) == (f"new {replaced.index(True)}", version + 1)


async def test_one_of_many_claims_a_renewal(scene: Scene) -> None:
    portal = await scene.connect()
    version, until = await version_of(scene, portal), scene.clock.now() + timedelta(minutes=1)
    claims = [scene.credentials.claim(portal, version, until) for _ in range(9)]
    assert sorted(await asyncio.gather(*claims)) == [False] * 8 + [True]


async def test_a_claim_ends_when_it_is_given_up_or_too_old(scene: Scene) -> None:
    portal = await scene.connect()
    version, until = await version_of(scene, portal), scene.clock.now() + timedelta(minutes=1)
    assert await scene.credentials.claim(portal, version, until)
    await scene.credentials.abandon(portal, version)
    assert await scene.credentials.claim(portal, version, until)
    scene.clock.advance(60)
    assert await scene.credentials.claim(portal, version, scene.clock.now() + timedelta(minutes=1))


async def test_a_claim_ends_with_the_renewal_and_an_old_version_cannot_be_claimed(
    scene: Scene,
) -> None:
    portal = await scene.connect()
    version, until = await version_of(scene, portal), scene.clock.now() + timedelta(minutes=1)
    assert await scene.credentials.claim(portal, version, until)
    assert await scene.credentials.replace(portal, version, "new")
    assert not await scene.credentials.claim(portal, version, until)
    assert await scene.credentials.claim(portal, version + 1, until)


async def test_connecting_again_keeps_the_portal_and_ends_its_hold(scene: Scene) -> None:
    portal = await scene.connect()
    version = await version_of(scene, portal)
    await scene.portals.pause(portal, scene.clock.now(), "INVALID_GRANT")
    assert await scene.connect("another secret") == portal
    assert await scene.portals.status(portal) == PortalStatus()
    assert not await scene.credentials.replace(portal, version, "late")
    assert (await scene.portals.list_known())[0].connected_at == scene.clock.now()


async def test_a_disconnected_portal_is_held_and_its_credential_forgotten(scene: Scene) -> None:
    portal = await scene.connect()
    await scene.portals.make_default(portal)
    await scene.credentials.disconnect(portal, "APP_UNINSTALLED")
    (record,) = await scene.portals.list_known()
    assert (record.connected_at, record.is_default) == (None, False)
    assert record.status.hold_code == "APP_UNINSTALLED"
    assert await scene.credentials.read(portal) is None


async def test_one_portal_is_the_default(scene: Scene) -> None:
    first, second = await scene.connect(), await scene.connect(key="member-2")
    await scene.portals.make_default(first)
    await scene.portals.make_default(second)
    assert [record.is_default for record in await scene.portals.list_known()] == [False, True]


async def test_what_an_old_key_sealed_is_opened_and_sealed_anew(database_url: str) -> None:
    new = make_key()
    async with opened(database_url, KEY) as before:
        portal = await before.connect()
    async with opened(database_url, new, KEY) as during:
        await during.credentials.rotate()
    async with opened(database_url, new) as after:
        kept = await after.credentials.read(portal)
    assert kept is not None
    assert kept.secret == SECRET


@pytest.mark.parametrize(
    ("keys", "told"), [((), "B24BRIDGE_SECRET_KEY is missing"), ((make_key(),), "no key in it")]
)
async def test_a_missing_or_wrong_key_is_told_and_changes_nothing(
    database_url: str, keys: tuple[str, ...], told: str
) -> None:
    async with opened(database_url, KEY) as right:
        portal = await right.connect()
    async with opened(database_url, *keys) as wrong:
        with pytest.raises(ConfigError, match=told) as caught:
            await wrong.credentials.read(portal)
        with pytest.raises(ConfigError, match=told):
            await wrong.credentials.rotate()
    assert SECRET not in str(caught.value)
    async with opened(database_url, KEY) as right:
        assert await right.credentials.read(portal)

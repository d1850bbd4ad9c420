"""A portal is connected when its tokens are proved, and by nothing else that is posted."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.bitrix24.grant import Grant
from adapters.bitrix24.installing import Installer
from adapters.bitrix24.oauth import OAuth
from adapters.bitrix24.token_endpoint import TokenEndpoint
from adapters.web.install import MOST_AT_ONCE
from adapters.web.server import serve
from bridge.clock import SystemClock
from bridge.errors import Rejected
from storage.credentials import SqlCredentials
from storage.database import Database
from storage.portals import SqlPortals
from storage.vault import Vault, make_key
from tests.fakes.oauth_portal import CLIENT_ID, CLIENT_SECRET, MEMBER_ID, OAuthPortal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


APPLICATION_TOKEN = "51856fefc120afa4b628cc82d3935cce"
PATH = "/bitrix24/install"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Scene:
    """The endpoint as it is served, a portal, and what is kept of it."""

    installer: Installer
    endpoint: TokenEndpoint

    def __init__(self, server: OAuthPortal, database: Database, client: httpx.AsyncClient) -> None:
        self.server = server
        self.client = client
        self.changes = asyncio.Event()
        self.portals = SqlPortals(database)
        self.credentials = SqlCredentials(database, Vault([make_key()]))

    def page(self, **fields: str) -> dict[str, str]:
        """Return what a portal posts to the page."""
        return {
            "AUTH_ID": "access-page",
            "AUTH_EXPIRES": "3600",
            "REFRESH_ID": self.server.refresh_token,
            "SERVER_ENDPOINT": self.server.server_endpoint,
            "APPLICATION_TOKEN": APPLICATION_TOKEN,
            "member_id": MEMBER_ID,
            "status": "L",
            "PLACEMENT": "DEFAULT",
            **fields,
        }

    def event(self, event: str = "ONAPPINSTALL", **fields: str) -> dict[str, str]:
        """Return what a portal posts as an event."""
        auth = {
            "domain": "one.bitrix24.com",
            "access_token": "access-event",
            "refresh_token": self.server.refresh_token,
            "expires_in": "3600",
            "server_endpoint": self.server.server_endpoint,
            "client_endpoint": "https://one.bitrix24.com/rest/",
            "member_id": MEMBER_ID,
            "application_token": APPLICATION_TOKEN,
            **fields,
        }
        return {"event": event, "ts": "1", **{f"auth[{name}]": auth[name] for name in auth}}

    async def post(self, form: dict[str, str]) -> httpx.Response:
        query = {"DOMAIN": "one.bitrix24.com", "PROTOCOL": "1"}
        return await self.client.post(PATH, params=query, data=form)

    async def grant(self) -> Grant | None:
        """Return what is kept of the portal."""
        portal = await self.credentials.find(MEMBER_ID)
        kept = await self.credentials.read(portal) if portal else None
        return Grant.decode(kept.secret) if kept else None

    async def is_known(self) -> bool:
        return bool(await self.portals.list_known())


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'bridge.db'}")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    async with OAuthPortal() as server, httpx.AsyncClient(trust_env=False) as client:
        scene = Scene(server, database, client)
        endpoint = TokenEndpoint(CLIENT_ID, CLIENT_SECRET, server.url)
        scene.endpoint = endpoint
        scene.installer = Installer(
            endpoint,
            scene.credentials,
            scene.credentials,
            SystemClock(),
            on_change=scene.changes.set,
        )
        async with serve("127.0.0.1:0", installing=scene.installer) as url:
            client.base_url = httpx.URL(url)
            yield scene
        await endpoint.aclose()


async def test_the_page_connects_the_portal_and_finishes_the_installation(scene: Scene) -> None:
    answer = await scene.post(scene.page())
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "BX24.installFinish()" in answer.text
    grant = await scene.grant()
    assert grant is not None
    assert (grant.refresh_token, grant.application_token) == ("refresh-1", APPLICATION_TOKEN)
    (record,) = await scene.portals.list_known()
    assert (record.key, f"http://{record.name}") == (MEMBER_ID, scene.server.url)


async def test_the_page_may_run_its_own_script_within_the_portal_and_nothing_else(
    scene: Scene,
) -> None:
    answer = await scene.post(scene.page())
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src https://api.bitrix24.com/api/v1/ 'sha")
    assert policy.endswith(f"frame-ancestors {scene.server.url}")
    assert "unsafe" not in policy
    assert re.findall(r'src="([^"]*)"', answer.text) == ["https://api.bitrix24.com/api/v1/"]


async def test_the_event_connects_the_portal(scene: Scene) -> None:
    assert (await scene.post(scene.event())).status_code == 200
    grant = await scene.grant()
    assert grant is not None
    assert grant.application_token == APPLICATION_TOKEN


async def test_the_same_again_is_welcome_and_changes_nothing(scene: Scene) -> None:
    page, event = scene.page(), scene.event()
    answers = await asyncio.gather(*(scene.post(form) for form in (page, page, event)))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "installFinish" in (await scene.post(page)).text
    assert scene.server.tried == ["refresh-0"]
    assert len(await scene.portals.list_known()) == 1


async def test_the_second_of_page_and_event_may_tell_the_token_of_events(scene: Scene) -> None:
    event = scene.event()
    assert (await scene.post(scene.page(APPLICATION_TOKEN=""))).status_code == 200
    assert (await scene.post(event)).status_code == 200
    grant = await scene.grant()
    assert grant is not None
    assert grant.application_token == APPLICATION_TOKEN


async def test_the_token_of_events_is_noted_without_losing_tokens_that_are_being_renewed(
    scene: Scene,
) -> None:
    event = scene.event()
    await scene.post(scene.page(APPLICATION_TOKEN=""))
    portal = await scene.credentials.find(MEMBER_ID)
    assert portal is not None
    kept = await scene.credentials.read(portal)
    assert kept is not None
    oauth = OAuth(
        portal,
        kept,
        credentials=scene.credentials,
        endpoint=scene.endpoint,
        clock=SystemClock(),
    )
    scene.server.exchange_seconds = 0.3
    renewal = asyncio.create_task(oauth.renew("access-1"))
    async with asyncio.timeout(5):
        while len(scene.server.tried) < 2:
            await asyncio.sleep(0)
    assert (await scene.post(event)).status_code == 200
    assert await renewal
    grant = await scene.grant()
    assert grant is not None
    assert (grant.refresh_token, grant.application_token) == ("refresh-2", APPLICATION_TOKEN)
    assert scene.server.tried == ["refresh-0", "refresh-1"]


async def test_a_portal_that_is_removed_while_its_token_is_noted_keeps_no_other_waiting(
    scene: Scene,
) -> None:
    event = scene.event()
    await scene.post(scene.page(APPLICATION_TOKEN=""))
    portal = await scene.credentials.find(MEMBER_ID)
    assert portal is not None
    assert await scene.credentials.claim(portal, 1, datetime.now(UTC) + timedelta(minutes=1))
    noting = asyncio.create_task(scene.post(event))
    await asyncio.sleep(0.3)
    await scene.credentials.disconnect(portal, "REMOVED")
    async with asyncio.timeout(5):
        assert (await noting).status_code == 403


async def test_an_installation_that_is_played_back_is_refused_after_a_later_one(
    scene: Scene,
) -> None:
    old = scene.page()
    assert (await scene.post(old)).status_code == 200
    assert (await scene.post(scene.page())).status_code == 200
    before = await scene.grant()
    assert (await scene.post(old)).status_code == 403
    assert await scene.grant() == before


async def test_a_portal_that_removes_the_application_is_disconnected_and_may_come_back(
    scene: Scene,
) -> None:
    await scene.post(scene.page())
    assert (await scene.post(scene.event("ONAPPUNINSTALL"))).status_code == 200
    (record,) = await scene.portals.list_known()
    assert (record.connected_at, record.status.hold_code) == (None, "APP_UNINSTALLED")
    assert (await scene.post(scene.event("ONAPPUNINSTALL"))).status_code == 403
    assert (await scene.post(scene.event())).status_code == 200
    (record,) = await scene.portals.list_known()
    assert (record.connected_at is None, record.status.hold_code) == (False, "")


@pytest.mark.parametrize("token", ["guessed", APPLICATION_TOKEN.upper(), "0", "é"])
async def test_a_forged_event_disconnects_nobody(scene: Scene, token: str) -> None:
    await scene.post(scene.page())
    for event in ("ONAPPUNINSTALL", "ONIMBOTMESSAGEADD"):
        answer = await scene.post(scene.event(event, application_token=token))
        assert answer.status_code in {400, 403}
    assert await scene.grant()


async def test_a_portal_that_told_no_token_is_not_disconnected_by_an_empty_one(
    scene: Scene,
) -> None:
    await scene.post(scene.page(APPLICATION_TOKEN=""))
    for token in ("", " ", "x"):
        answer = await scene.post(scene.event("ONAPPUNINSTALL", application_token=token))
        assert answer.status_code in {400, 403}
    with pytest.raises(Rejected, match="WRONG_APPLICATION_TOKEN"):
        await scene.installer.uninstall(MEMBER_ID, "")
    assert await scene.grant()


async def test_another_event_of_a_known_portal_is_noted(scene: Scene) -> None:
    await scene.post(scene.page())
    assert (await scene.post(scene.event("ONAPPUPDATE"))).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"REFRESH_ID": "f0rged"},
        {"member_id": "0" * 32},
        {"SERVER_ENDPOINT": "https://evil.example/rest/"},
        {"SERVER_ENDPOINT": "http://127.0.0.1:9/rest/"},
        {"SERVER_ENDPOINT": "http://169.254.169.254/latest/"},
    ],
)
async def test_a_forged_installation_is_refused(scene: Scene, fields: dict[str, str]) -> None:
    answer = await scene.post(scene.page(**fields))
    assert (answer.status_code, answer.text) == (403, "This installation is not proved.\n")
    assert not await scene.is_known()


async def test_who_is_no_administrator_of_the_portal_connects_nothing(scene: Scene) -> None:
    scene.server.result = {"ID": "7", "ADMIN": False}
    assert (await scene.post(scene.page())).status_code == 403
    assert not await scene.is_known()


async def test_an_answer_that_does_not_end_is_not_read_to_its_end(scene: Scene) -> None:
    scene.server.result = {"ID": "1", "ADMIN": True, "NAME": "x" * 9_000_000}
    assert (await scene.post(scene.page())).status_code == 503
    assert not await scene.is_known()


async def test_an_authorization_server_that_is_down_is_no_refusal(scene: Scene) -> None:
    scene.server.refusal, scene.server.status = "internal_error", 503
    assert (await scene.post(scene.page())).status_code == 503
    assert not await scene.is_known()


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", FORM, 400),
        (b"event=ONAPPINSTALL", FORM, 400),
        (b"event=ONAPPINSTALL&auth=1", FORM, 400),
        (b"event[]=ONAPPINSTALL&auth[member_id][]=1", FORM, 400),
        (b"member_id=%00&REFRESH_ID=x&SERVER_ENDPOINT=x", FORM, 400),
        (b"member_id=a&REFRESH_ID=x y&SERVER_ENDPOINT=x", FORM, 400),
        (b"member_id=a&REFRESH_ID=" + b"x" * 600 + b"&SERVER_ENDPOINT=x", FORM, 400),
        (b"member_id=%ff%fe", FORM, 400),
        (b"\xff\xfe", FORM, 400),
        (b'{"event": "ONAPPINSTALL"}', {"Content-Type": "application/json"}, 400),
        (b"x=" + b"y" * 1_100_000, FORM, 413),
    ],
)
async def test_what_is_no_installation_gets_a_short_answer(
    scene: Scene, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await scene.client.post(PATH, content=body, headers=headers)
    assert answer.status_code == status
    assert len(answer.content) < 200
    assert scene.server.tried == []


async def test_a_form_with_too_many_fields_is_not_read(scene: Scene) -> None:
    many = {f"field-{number}": "1" for number in range(101)}
    assert (await scene.post(scene.page(**many))).status_code == 400
    assert scene.server.tried == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_only_posting_is_understood(scene: Scene, method: str) -> None:
    assert (await scene.client.request(method, PATH)).status_code == 405


async def test_few_are_proved_at_once(scene: Scene) -> None:
    scene.server.exchange_seconds = 0.5
    forms = [scene.page(REFRESH_ID=f"f0rged-{number}") for number in range(MOST_AT_ONCE + 3)]
    answers = await asyncio.gather(*(scene.post(form) for form in forms))
    assert [answer.status_code for answer in answers].count(429) == 3


async def test_forms_that_do_not_end_keep_nobody_from_installing(scene: Scene) -> None:
    received = asyncio.Semaphore(0)

    async def drip() -> AsyncIterator[bytes]:
        yield b"event="
        received.release()
        await asyncio.Event().wait()

    idle = [
        asyncio.create_task(scene.client.post(PATH, content=drip(), headers=FORM))
        for _ in range(MOST_AT_ONCE)
    ]
    for _ in idle:
        await received.acquire()
    await asyncio.sleep(0.05)
    assert (await scene.post(scene.page())).status_code == 200
    for task in idle:
        task.cancel()


async def test_without_an_application_nothing_can_be_installed() -> None:
    async with (
        serve("127.0.0.1:0") as url,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        assert (await client.post(f"{url}{PATH}", data={"event": "x"})).status_code == 404


async def test_what_is_refused_leaves_a_line_without_secrets_in_the_log(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await scene.post(scene.page(REFRESH_ID="f0rged"))
    await scene.post(scene.page())
    await scene.post(scene.event("ONAPPUNINSTALL", application_token="gue55ed"))
    assert "was refused: INVALID_GRANT" in caplog.text
    assert "was refused: WRONG_APPLICATION_TOKEN" in caplog.text
    ours = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("tests")
    )
    for secret in (CLIENT_SECRET, "cl1ent5ecret", "access-1", "refresh-1", APPLICATION_TOKEN):
        assert secret not in ours
    assert "gue55ed" not in ours

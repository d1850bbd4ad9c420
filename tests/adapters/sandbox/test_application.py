from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.sandbox.server import serve
from tests.fakes.application import Application, serve_application

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.sandbox.portal import SandboxPortal


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
async def control(
    portal: SandboxPortal, application: Application
) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serve_application(application) as install_url,
        serve("127.0.0.1:0", portal, install_url=install_url) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield client


async def test_an_application_is_installed_renews_its_tokens_and_is_removed(
    control: httpx.AsyncClient, application: Application, portal: SandboxPortal
) -> None:
    assert (await control.post("/sandbox/install")).json() == {"status": 200}
    [told] = application.received
    assert (told["event"], told["auth[member_id]"]) == ("ONAPPINSTALL", portal.member_id)
    auth = {"auth": told["auth[access_token]"]}
    assert (await control.post("/rest/profile", json=auth)).status_code == 200
    assert (await control.post("/sandbox/expire")).status_code == 204
    assert (await control.post("/rest/profile", json=auth)).json()["error"] == "expired_token"
    renewal = {
        "grant_type": "refresh_token",
        "client_id": portal.application.client_id,
        "client_secret": portal.application.client_secret,
        "refresh_token": told["auth[refresh_token]"],
    }
    renewed = (await control.get("/oauth/token/", params=renewal)).json()
    auth = {"auth": renewed["access_token"]}
    assert (await control.post("/rest/profile", json=auth)).status_code == 200
    assert (await control.post("/sandbox/uninstall")).json() == {"status": 200}
    assert application.received[1]["event"] == "ONAPPUNINSTALL"
    assert (await control.post("/rest/profile", json=auth)).status_code == 401


async def test_what_the_bridge_answers_to_an_installation_is_told(
    control: httpx.AsyncClient, application: Application
) -> None:
    application.status = 403
    refused = await control.post("/sandbox/install")
    assert (refused.status_code, refused.json()["error"]) == (502, "The bridge has answered 403.")


async def test_a_bridge_that_does_not_run_is_told(portal: SandboxPortal) -> None:
    async with serve_application(Application()) as install_url:
        pass
    async with (
        serve("127.0.0.1:0", portal, install_url=install_url) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.post("/sandbox/install")
        assert (await client.get("/sandbox/application")).json() == {"install_url": install_url}
    assert (answer.status_code, answer.json()["error"]) == (502, "The bridge cannot be reached.")


async def test_without_a_bridge_nothing_is_installed(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        answer = await client.post("/sandbox/install")
        assert (await client.get("/sandbox/application")).json() == {"install_url": ""}
    assert answer.status_code == 404
    assert "--bridge" in answer.json()["error"]


async def test_another_site_installs_nothing(
    control: httpx.AsyncClient, application: Application
) -> None:
    headers = {"Origin": "https://evil.example"}
    assert (await control.post("/sandbox/install", headers=headers)).status_code == 403
    assert not application.received

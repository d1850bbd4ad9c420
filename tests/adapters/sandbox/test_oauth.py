from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aiohttp import web

from adapters.sandbox.faults import Fault
from adapters.sandbox.installing import install, open_install_page, uninstall
from adapters.sandbox.oauth import Application
from adapters.sandbox.php_form import parse_form

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.sandbox.oauth import Grant
    from adapters.sandbox.portal import SandboxPortal

NOTIFY = "im.notify.personal.add"
HELLO = {"USER_ID": 5, "MESSAGE": "hi"}


class Watch:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
async def client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address) as client:
        yield client


@pytest.fixture
def grant(portal: SandboxPortal) -> Grant:
    return portal.oauth.grant(portal.application)


def refreshing(token: str, **other: str) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": "local.sandbox",
        "client_secret": "sandbox-client-secret",
        "refresh_token": token,
        **other,
    }


def error_of(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert set(body) == {"error", "error_description"}
    return response.status_code, body["error"]


async def test_a_token_lets_an_application_call(
    client: httpx.AsyncClient, portal: SandboxPortal, grant: Grant
) -> None:
    token = grant.access_token
    bearer = {"Authorization": f"Bearer {token}"}
    for response in (
        await client.post(f"/rest/{NOTIFY}", json={**HELLO, "auth": token}),
        await client.post(
            f"/rest/{NOTIFY}.json", data={"USER_ID": "5", "MESSAGE": "hi", "auth": token}
        ),
        await client.get(f"/rest/{NOTIFY}/", params={"USER_ID": 5, "MESSAGE": "hi", "auth": token}),
        await client.post(f"/rest/{NOTIFY}", json=HELLO, headers=bearer),
        await client.post(
            "/rest/batch", json={"auth": token, "cmd": [f"{NOTIFY}?USER_ID=5&MESSAGE=hi"]}
        ),
    ):
        assert response.status_code == 200
    assert [(one.author_id, one.application) for one in portal.ledger] == [(1, "local.sandbox")] * 5


@pytest.mark.parametrize("tags", ["documented", "coded"])
async def test_a_tag_belongs_to_the_application_of_the_token(
    client: httpx.AsyncClient, portal: SandboxPortal, grant: Grant, tags: Any
) -> None:
    portal.tags = tags
    for message in ("old", "new"):
        params = {**HELLO, "MESSAGE": message, "TAG": "t", "auth": grant.access_token}
        await client.post(f"/rest/{NOTIFY}", json=params)
    assert [one.message for one in portal.notifications] == ["new"]


async def test_an_application_calls_in_the_name_of_whoever_installed_it(
    client: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    application = Application(client_id="local.two", user_id=2, scope=frozenset({"user_brief"}))
    auth = {"auth": portal.oauth.grant(application).access_token}
    assert (await client.get("/rest/user.current", params=auth)).json()["result"]["ID"] == "2"
    assert (await client.get("/rest/scope", params=auth)).json()["result"] == ["user_brief"]
    assert (await client.get("/rest/profile", params=auth)).json()["result"]["ADMIN"] is False
    info = (await client.get("/rest/app.info", params=auth)).json()["result"]
    assert (info["CODE"], info["STATUS"], info["INSTALLED"]) == ("local.two", "L", True)
    refused = await client.post(f"/rest/{NOTIFY}", json=HELLO | auth)
    assert error_of(refused) == (403, "insufficient_scope")


@pytest.mark.parametrize("path", ["/rest/scope", "/rest/scope?auth=wrong", "/rest/scope?auth[]=x"])
async def test_without_a_right_token_there_is_no_authorization(
    client: httpx.AsyncClient, path: str
) -> None:
    assert error_of(await client.get(path)) == (401, "NO_AUTH_FOUND")


async def test_a_token_expires_and_is_renewed_once(
    client: httpx.AsyncClient, portal: SandboxPortal, grant: Grant
) -> None:
    portal.oauth.expire()
    old = {"auth": grant.access_token}
    assert error_of(await client.get("/rest/scope", params=old)) == (401, "expired_token")
    response = await client.get("/oauth/token/", params=refreshing(grant.refresh_token))
    assert response.status_code == 200
    tokens = response.json()
    assert tokens["access_token"] != grant.access_token
    assert tokens["refresh_token"] != grant.refresh_token
    assert tokens["expires_in"] == 3600
    assert tokens["member_id"] == portal.member_id
    assert tokens["client_endpoint"] == tokens["server_endpoint"] == f"{portal.address}/rest/"
    assert (tokens["scope"], tokens["status"], tokens["user_id"]) == ("im,user", "L", 1)
    new = {"auth": tokens["access_token"]}
    assert (await client.get("/rest/scope", params=new)).status_code == 200
    again = await client.get("/oauth/token/", params=refreshing(grant.refresh_token))
    assert error_of(again) == (400, "invalid_grant")
    assert (portal.oauth.refreshes, portal.oauth.refused) == (1, 1)


async def test_tokens_live_as_long_as_documented(
    client: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    watch = Watch()
    portal.oauth = type(portal.oauth)(watch)
    grant = portal.oauth.grant(portal.application)
    auth = {"auth": grant.access_token}
    for passed, status in ((3599, 200), (1, 401)):
        watch.time += timedelta(seconds=passed)
        assert (await client.get("/rest/scope", params=auth)).status_code == status
    watch.time += timedelta(days=180)
    response = await client.post("/oauth/token/", data=refreshing(grant.refresh_token))
    assert error_of(response) == (400, "invalid_grant")


async def test_a_code_is_exchanged_for_tokens_once_and_soon(
    client: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    watch = Watch()
    portal.oauth = type(portal.oauth)(watch)
    portal.oauth.grant(portal.application)
    asked = refreshing("") | {"grant_type": "authorization_code"}
    code = portal.oauth.make_code(portal.application)
    first = await client.post("/oauth/token", data=asked | {"code": code})
    assert first.json()["refresh_token"]
    second = await client.post("/oauth/token", data=asked | {"code": code})
    assert error_of(second) == (400, "invalid_grant")
    late = portal.oauth.make_code(portal.application)
    watch.time += timedelta(seconds=30)
    assert error_of(await client.post("/oauth/token", data=asked | {"code": late}))[0] == 400


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": "local.nobody"}, "invalid_client"),
        ({"client_secret": "wrong\u0436"}, "invalid_client"),
        ({"refresh_token": "wrong"}, "invalid_grant"),
        ({"refresh_token": ""}, "invalid_grant"),
    ],
)
async def test_a_wrong_request_for_tokens_is_refused_and_the_right_token_stays_good(
    client: httpx.AsyncClient, grant: Grant, wrong: dict[str, str], error: str
) -> None:
    asked = refreshing(grant.refresh_token)
    assert error_of(await client.post("/oauth/token/", data=asked | wrong)) == (400, error)
    assert (await client.post("/oauth/token/", data=asked)).status_code == 200


async def test_the_token_of_another_application_is_refused(
    client: httpx.AsyncClient, portal: SandboxPortal, grant: Grant
) -> None:
    other = Application(client_id="local.other", client_secret="other")
    portal.oauth.grant(other)
    asked = refreshing(grant.refresh_token, client_id="local.other", client_secret="other")
    assert error_of(await client.post("/oauth/token/", data=asked)) == (400, "invalid_grant")


@pytest.mark.parametrize("after_processing", [False, True])
async def test_a_fault_befalls_the_token_endpoint(
    client: httpx.AsyncClient, portal: SandboxPortal, grant: Grant, after_processing: bool
) -> None:
    fault = Fault(method="oauth.token", drops_connection=True, after_processing=after_processing)
    portal.faults.append(fault)
    asked = refreshing(grant.refresh_token)
    with pytest.raises(httpx.TransportError):
        await client.post("/oauth/token/", data=asked)
    again = await client.post("/oauth/token/", data=asked)
    assert again.status_code == (400 if after_processing else 200)
    portal.faults.append(Fault(method="oauth.token", code="PAYMENT_REQUIRED"))
    assert error_of(await client.post("/oauth/token/", data=asked))[1] == "PAYMENT_REQUIRED"


# ---- what an application is sent


class Told:
    """An application's addresses, and what came in."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    async def take(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-www-form-urlencoded"
        form: dict[str, Any] = parse_form(await request.text())
        self.requests.append((request.path, dict(request.query), form))
        return web.Response(status=202)


@pytest.fixture
async def application() -> AsyncIterator[tuple[str, Told]]:
    told = Told()
    app = web.Application()
    app.router.add_post("/{path:.*}", told.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", told
    await runner.cleanup()


async def test_an_installed_application_is_told_its_tokens(
    client: httpx.AsyncClient, portal: SandboxPortal, application: tuple[str, Told]
) -> None:
    url, told = application
    assert await install(portal, f"{url}/bitrix24/install") == 202
    [(path, _, event)] = told.requests
    assert (path, event["event"]) == ("/bitrix24/install", "ONAPPINSTALL")
    assert set(event["data"]) == {"VERSION", "ACTIVE", "INSTALLED", "LANGUAGE_ID"}
    auth = event["auth"]
    assert auth["domain"] == portal.domain
    assert auth["member_id"] == portal.member_id
    assert auth["application_token"] == "sandbox-application-token"
    assert auth["server_endpoint"] == auth["client_endpoint"] == f"{portal.address}/rest/"
    assert auth["expires_in"] == "3600"
    assert event["ts"].isdecimal()
    response = await client.get("/rest/profile", params={"auth": auth["access_token"]})
    assert response.status_code == 200
    tokens = await client.post("/oauth/token/", data=refreshing(auth["refresh_token"]))
    assert tokens.status_code == 200


async def test_the_page_for_an_installation_is_opened_with_tokens(
    client: httpx.AsyncClient, portal: SandboxPortal, application: tuple[str, Told]
) -> None:
    url, told = application
    assert await open_install_page(portal, f"{url}/install") == 202
    [(_, query, form)] = told.requests
    assert query == {
        "DOMAIN": portal.domain,
        "PROTOCOL": "0",
        "LANG": "en",
        "APP_SID": "sandbox-session",
    }
    assert form["SERVER_ENDPOINT"] == f"{portal.address}/rest/"
    assert (form["member_id"], form["AUTH_EXPIRES"]) == (portal.member_id, "3600")
    assert (form["APPLICATION_TOKEN"], form["APPLICATION_SCOPE"], form["PLACEMENT"]) == (
        "sandbox-application-token",
        "im,user",
        "DEFAULT",
    )
    response = await client.get("/rest/profile", params={"auth": form["AUTH_ID"]})
    assert response.status_code == 200
    assert (await client.post("/oauth/token/", data=refreshing(form["REFRESH_ID"]))).json()


async def test_a_removed_application_is_told_and_its_tokens_are_worth_nothing(
    client: httpx.AsyncClient, portal: SandboxPortal, application: tuple[str, Told], grant: Grant
) -> None:
    url, told = application
    assert await uninstall(portal, url) == 202
    [(_, _, event)] = told.requests
    assert (event["event"], event["data"]["CLEAN"]) == ("ONAPPUNINSTALL", "1")
    assert set(event["auth"]) == {
        "domain",
        "server_endpoint",
        "client_endpoint",
        "member_id",
        "application_token",
    }
    gone = await client.get("/rest/profile", params={"auth": grant.access_token})
    assert error_of(gone) == (401, "APPLICATION_NOT_FOUND")
    refused = await client.post("/oauth/token/", data=refreshing(grant.refresh_token))
    assert error_of(refused) == (400, "invalid_client")

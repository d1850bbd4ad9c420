"""The official SDK takes the sandbox for a portal.

It speaks HTTPS alone, so the portal has a certificate that the SDK is told to trust by the variable
of the library underneath. Its calls block, so they run in threads.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from b24pysdk import (  # type: ignore[import-untyped]  # it ships without types
    AbstractBitrixApp,
    BitrixToken,
    BitrixWebhook,
    Client,
)
from b24pysdk.api.requesters import (  # type: ignore[import-untyped]  # it ships without types
    BitrixOAuthRequester,
)
from b24pysdk.credentials.auth import (  # type: ignore[import-untyped]  # it ships without types
    RenewedOAuth,
)
from b24pysdk.credentials.oauth_event_data import (  # type: ignore[import-untyped]  # no types
    OAuthEventData,
)
from b24pysdk.credentials.oauth_placement_data import (  # type: ignore[import-untyped]  # no types
    OAuthPlacementData,
)
from b24pysdk.errors import (  # type: ignore[import-untyped]  # it ships without types
    BitrixAPIInsufficientScope,
    BitrixAPIQueryLimitExceeded,
    BitrixResponse302JSONDecodeError,
)
from b24pysdk.errors.oauth import (  # type: ignore[import-untyped]  # it ships without types
    BitrixOAuthInvalidGrant,
)

from adapters.sandbox.bucket import LeakyBucket
from adapters.sandbox.installing import install, open_install_page
from adapters.sandbox.people import Person
from adapters.sandbox.php_form import parse_form
from adapters.sandbox.portal import Renaming, SandboxPortal
from tests.adapters.sandbox.tls import make_certificate, serve_tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOTIFY = "im.notify.personal.add"


@pytest.fixture
async def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SandboxPortal]:
    certificate = tmp_path / "portal.pem"
    make_certificate(certificate)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    portal = SandboxPortal()
    async with serve_tls(portal, certificate):
        yield portal


@pytest.fixture
def webhook(portal: SandboxPortal) -> Any:
    return BitrixWebhook(domain=portal.domain, webhook_token=f"1/{portal.webhook_code}")


def messages(portal: SandboxPortal) -> list[str]:
    return [one.message for one in portal.ledger]


async def test_single_calls(portal: SandboxPortal, webhook: Any) -> None:
    client = Client(webhook)
    request = client.im.notify.personal.add(
        5, "a & b + ё 👋", tag="t", client_id="sdk", attach={"BLOCKS": [{"MESSAGE": "more"}]}
    )
    assert await asyncio.to_thread(lambda: request.result) == 1
    assert (portal.ledger[0].message, portal.ledger[0].tag) == ("a & b + ё 👋", "t")
    profile = client.profile()
    assert (await asyncio.to_thread(lambda: profile.result))["NAME"] == "Maria"
    users = client.user.get(filter={"EMAIL": "anna@corp.example"})
    assert [user["ID"] for user in await asyncio.to_thread(lambda: users.result)] == ["5"]


async def test_a_batch_of_its_client(portal: SandboxPortal, webhook: Any) -> None:
    client = Client(webhook)
    batch = client.call_batch(
        {
            "first": client.im.notify.personal.add(5, "one & [b]two[/b] # ё"),
            "bad": client.im.notify.personal.add(5, " "),
            "users": client.user.get(),
        }
    )
    result = (await asyncio.to_thread(lambda: batch.response)).result
    assert result.result["first"] == 1
    assert len(result.result["users"]) == 5
    assert result.result_error["bad"]["error"] == "MESSAGE_EMPTY"
    assert result.result_total["users"] == 5
    assert messages(portal) == ["one & [b]two[/b] # ё"]


async def test_batches_of_more_than_fifty_calls(portal: SandboxPortal, webhook: Any) -> None:
    calls = [(NOTIFY, {"USER_ID": 5, "MESSAGE": f"no. {number}"}) for number in range(120)]
    response = await asyncio.to_thread(webhook.call_batches, calls)
    assert len(response["result"]["result"]) == 120
    assert sorted(messages(portal)) == sorted(f"no. {number}" for number in range(120))
    assert portal.counters.requests == 3


@pytest.mark.parametrize("how", ["call_list", "call_list_fast"])
async def test_lists_of_many_pages(portal: SandboxPortal, webhook: Any, how: str) -> None:
    portal.people = tuple(
        Person(id=number, name="N", last_name=str(number), email="", work_position="", handle="")
        for number in range(1, 176)
    )

    def read() -> list[int]:
        # The fast one asks while it is read.
        return sorted(int(user["ID"]) for user in getattr(webhook, how)("user.get")["result"])

    assert await asyncio.to_thread(read) == list(range(1, 176))


async def test_refusals_are_those_that_it_knows(portal: SandboxPortal, webhook: Any) -> None:
    portal.scope = frozenset({"user"})
    with pytest.raises(BitrixAPIInsufficientScope):
        await asyncio.to_thread(webhook.call_method, NOTIFY, {"USER_ID": 5, "MESSAGE": "hi"})
    portal.bucket = LeakyBucket(0)
    with pytest.raises(BitrixAPIQueryLimitExceeded):
        await asyncio.to_thread(lambda: webhook.call_method("profile", max_retries=1))


async def test_a_renaming_is_told_as_it_expects(portal: SandboxPortal, webhook: Any) -> None:
    portal.renaming = Renaming("https://127.0.0.2", calls=1)
    webhook._AUTO_CHANGED_DOMAIN = False
    with pytest.raises(BitrixResponse302JSONDecodeError) as caught:
        await asyncio.to_thread(webhook.call_method, "profile")
    assert caught.value.new_domain == "127.0.0.2"


# ---- OAuth


class Requester(BitrixOAuthRequester):  # type: ignore[misc]  # the class has no types
    """The SDK's own, but for the host: it knows one authorization server alone."""

    def __init__(self, app: SandboxApp) -> None:
        super().__init__(app)
        self.address = app.address

    def _get(self, url: str, params: object) -> Any:
        return super()._get(url.replace(self._BASE_OAUTH_URL, self.address), params)


class SandboxApp(AbstractBitrixApp):  # type: ignore[misc]  # the class has no types
    """An application of the portal."""

    def __init__(self, portal: SandboxPortal) -> None:
        self.client_id = portal.application.client_id
        self.client_secret = portal.application.client_secret
        self.address = portal.address

    def get_oauth_token(self, code: str, **_kwargs: object) -> Any:
        return RenewedOAuth.from_dict(Requester(self).get_oauth_token(code))

    def refresh_oauth_token(self, refresh_token: str, **_kwargs: object) -> Any:
        return RenewedOAuth.from_dict(Requester(self).refresh_oauth_token(refresh_token))


def token_of(portal: SandboxPortal) -> Any:
    grant = portal.oauth.grant(portal.application)
    return BitrixToken(
        domain=portal.domain,
        auth_token=grant.access_token,
        refresh_token=grant.refresh_token,
        bitrix_app=SandboxApp(portal),
    )


async def test_an_expired_token_is_renewed_and_the_call_made_again(portal: SandboxPortal) -> None:
    token = token_of(portal)
    for message in ("before", "after", "later"):
        calls = {"a": (NOTIFY, {"USER_ID": 5, "MESSAGE": message})}
        response = await asyncio.to_thread(token.call_batch, calls)
        assert list(response["result"]["result"]) == ["a"]
        portal.oauth.expire()
    assert messages(portal) == ["before", "after", "later"]
    assert portal.oauth.refreshes == 2
    assert {one.application for one in portal.ledger} == {"local.sandbox"}


async def test_a_code_is_exchanged_and_a_used_refresh_token_refused(portal: SandboxPortal) -> None:
    app = SandboxApp(portal)
    code = portal.oauth.make_code(portal.application)
    renewed = await asyncio.to_thread(app.get_oauth_token, code)
    assert (renewed.member_id, renewed.scope) == (portal.member_id, ["im", "user"])
    used = renewed.oauth_token.refresh_token
    await asyncio.to_thread(app.refresh_oauth_token, used)
    with pytest.raises(BitrixOAuthInvalidGrant):
        await asyncio.to_thread(app.refresh_oauth_token, used)


async def test_it_reads_what_an_application_is_sent(portal: SandboxPortal) -> None:
    forms: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        forms.append({**request.query, **parse_form(await request.text())})
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await install(portal, url)
    await open_install_page(portal, url)
    await runner.cleanup()
    event = OAuthEventData.from_dict(forms[0])
    assert (event.event, event.auth.domain) == ("ONAPPINSTALL", portal.domain)
    page = OAuthPlacementData.from_dict(forms[1])
    assert page.member_id == portal.member_id
    token = BitrixToken.from_oauth_placement_data(page, SandboxApp(portal))
    assert (await asyncio.to_thread(token.call_method, "profile"))["result"]["ID"] == "1"

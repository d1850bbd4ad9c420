"""A token that the portal calls expired is renewed once, and the call made again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from adapters.bitrix24.client import Bitrix24Portal
from bridge.errors import PortalOnHold
from tests.fakes.portal_server import PortalServer, refused, returned

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

EXPIRED = refused("expired_token", 401)


class Tokens:
    """A credential with numbered tokens; keeps those that were replaced."""

    def __init__(self, server: PortalServer) -> None:
        self._address = server.webhook.rpartition("/rest/")[0]
        self.key = "acme.example"
        self.replaced: list[str] = []
        self.can_renew = True

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token,)

    @property
    def token(self) -> str:
        return f"token-{len(self.replaced)}"

    async def address_of(self, method: str) -> str:
        return f"{self._address}/rest/{method}.json"

    async def parameters(self) -> Mapping[str, str]:
        return {"auth": self.token}

    async def renew(self, failed_token: str) -> bool:
        if self.can_renew and failed_token == self.token:
            self.replaced.append(failed_token)
        return self.can_renew


@pytest.fixture
def tokens(server: PortalServer) -> Tokens:
    return Tokens(server)


@pytest.fixture
async def portal(tokens: Tokens) -> AsyncIterator[Bitrix24Portal]:
    async with Bitrix24Portal(tokens, timeout_seconds=5) as portal:
        yield portal


async def test_the_call_is_made_again_with_the_new_token(
    server: PortalServer, portal: Bitrix24Portal, tokens: Tokens
) -> None:
    server.script(EXPIRED, returned({}))
    await portal.asking.ask("profile", {})
    assert tokens.replaced == ["token-0"]
    assert [request.parameters["auth"] for request in server.received] == ["token-0", "token-1"]


async def test_a_new_token_that_is_refused_too_is_not_renewed_again(
    server: PortalServer, portal: Bitrix24Portal, tokens: Tokens
) -> None:
    server.script(EXPIRED, EXPIRED)
    with pytest.raises(PortalOnHold, match="EXPIRED_TOKEN"):
        await portal.check()
    assert (tokens.replaced, len(server.received)) == (["token-0"], 2)


async def test_what_cannot_be_renewed_waits_for_an_administrator(
    server: PortalServer, portal: Bitrix24Portal, tokens: Tokens
) -> None:
    tokens.can_renew = False
    server.script(EXPIRED)
    with pytest.raises(PortalOnHold, match="EXPIRED_TOKEN"):
        await portal.check()
    assert len(server.received) == 1


async def test_another_refusal_renews_nothing(
    server: PortalServer, portal: Bitrix24Portal, tokens: Tokens
) -> None:
    server.script(refused("INVALID_CREDENTIALS", 401))
    with pytest.raises(PortalOnHold, match="INVALID_CREDENTIALS"):
        await portal.check()
    assert tokens.replaced == []


async def test_calls_that_fail_together_name_the_same_token(
    server: PortalServer, portal: Bitrix24Portal, tokens: Tokens
) -> None:
    server.script(EXPIRED, EXPIRED, EXPIRED, returned({}), returned({}), returned({}))
    await asyncio.gather(*(portal.asking.ask("profile", {}) for _ in range(3)))
    assert tokens.replaced == ["token-0"]

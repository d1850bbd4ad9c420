"""A token that the portal calls expired is renewed once, and the call made again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from adapters.bitrix24.client import Bitrix24Portal
from bridge.delivery.notification import Delivered, Notification, Outcome
from bridge.errors import OutcomeUnknown, PortalOnHold
from bridge.people.identity import BitrixUserId, Recipient
from tests.fakes.portal_server import (
    Drop,
    Failing,
    PortalServer,
    Received,
    refused,
    returned,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

EXPIRED = refused("expired_token", 401)
EXPIRES_AT_THE_SECOND = Failing({1: "expired_token", 2: "expired_token"})


def several() -> list[Notification]:
    return [
        Notification(
            recipient=Recipient(BitrixUserId(number)), message=str(number), message_out="", tag="t"
        )
        for number in (1, 2, 3)
    ]


def messages(request: Received) -> list[str]:
    commands: Mapping[str, str] = request.parameters["cmd"]
    return [command.partition("MESSAGE=")[2].partition("&")[0] for command in commands.values()]


def codes(outcomes: list[Outcome]) -> list[str]:
    return [getattr(outcome, "code", "") for outcome in outcomes]


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


async def test_a_token_that_expires_within_a_batch_is_renewed_for_the_calls_that_it_failed(
    server: PortalServer, portal: Bitrix24Portal, tokens: Tokens
) -> None:
    server.script(EXPIRES_AT_THE_SECOND)
    outcomes = await portal.send(several())
    assert {type(outcome) for outcome in outcomes} == {Delivered}
    assert tokens.replaced == ["token-0"]
    assert [messages(request) for request in server.received] == [["1", "2", "3"], ["2", "3"]]
    assert [request.parameters["auth"] for request in server.received] == ["token-0", "token-1"]


async def test_a_new_token_that_expires_within_a_batch_too_waits_for_an_administrator(
    server: PortalServer, portal: Bitrix24Portal, tokens: Tokens
) -> None:
    server.script(EXPIRES_AT_THE_SECOND, Failing({0: "expired_token", 1: "expired_token"}))
    outcomes = list(await portal.send(several()))
    assert codes(outcomes) == ["", "EXPIRED_TOKEN", "EXPIRED_TOKEN"]
    assert {type(outcome) for outcome in outcomes[1:]} == {PortalOnHold}
    assert (tokens.replaced, len(server.received)) == (["token-0"], 2)


async def test_within_a_batch_what_cannot_be_renewed_waits_for_an_administrator(
    server: PortalServer, portal: Bitrix24Portal, tokens: Tokens
) -> None:
    tokens.can_renew = False
    server.script(EXPIRES_AT_THE_SECOND)
    assert codes(list(await portal.send(several()))) == ["", "EXPIRED_TOKEN", "EXPIRED_TOKEN"]
    assert len(server.received) == 1


async def test_what_goes_wrong_behind_the_renewal_takes_nothing_back(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(EXPIRES_AT_THE_SECOND, Drop())
    outcomes = list(await portal.send(several()))
    assert isinstance(outcomes[0], Delivered)
    assert [type(outcome) for outcome in outcomes[1:]] == [OutcomeUnknown, OutcomeUnknown]

"""Many people are found with few requests, over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from adapters.sandbox.people import Person
from adapters.sandbox.php_form import parse_form
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from bridge.errors import PortalOnHold, TryLater
from bridge.people.identity import BitrixUserId, Recipient
from tests.fakes.portal_server import Each, Failing, PortalServer, refused, returned

if TYPE_CHECKING:
    from collections.abc import Collection

ANNA = {"ID": "5", "ACTIVE": True, "NAME": "Anna", "EMAIL": "Anna@corp.example"}
BORIS = {"ID": "2", "ACTIVE": False, "NAME": "Boris", "EMAIL": "boris@corp.example"}
EVE = {"ID": "9", "ACTIVE": True, "NAME": "Eve", "EMAIL": "eve@corp.example"}
NOBODY: list[object] = []


def person(number: int) -> Person:
    email = f"n{number}@corp.example"
    return Person(
        id=number, name=f"N{number}", last_name="", email=email, work_position="", handle=""
    )


async def names(
    portal: Bitrix24Portal, numbers: Collection[int] = (), emails: Collection[str] = ()
) -> set[str]:
    found = await portal.find_people([BitrixUserId(number) for number in numbers], emails)
    return {person.name for person in found}


async def test_numbers_and_addresses_travel_in_one_request(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Each([[BORIS], NOBODY, [ANNA]]))
    found = await portal.find_people([BitrixUserId(7), BitrixUserId(2)], ["anna@CORP.example"])
    assert set(found) == {
        Recipient(BitrixUserId(2), "Boris", "boris@corp.example", is_active=False),
        Recipient(BitrixUserId(5), "Anna", "Anna@corp.example"),
    }
    (request,) = server.received
    commands = [command.partition("?") for command in request.parameters["cmd"].values()]
    assert [(method, parse_form(query)) for method, _, query in commands] == [
        ("user.get", {"FILTER": {"ID": "2"}, "start": "0"}),
        ("user.get", {"FILTER": {"ID": "7"}, "start": "0"}),
        ("user.get", {"FILTER": {"EMAIL": "anna@CORP.example"}, "start": "0"}),
    ]


async def test_a_hundred_people_take_two_requests_of_a_portal_like_the_real_one() -> None:
    sandbox = SandboxPortal([person(number) for number in range(1, 121)])
    async with serve("127.0.0.1:0", sandbox) as url:
        webhook = Webhook.parse(f"{url}/rest/1/sandbox-secret/")
        async with Bitrix24Portal(webhook) as portal:
            emails = [f"N{number}@Corp.example" for number in range(51, 101)]
            found = await names(portal, range(1, 51), emails)
    assert found == {f"N{number}" for number in range(1, 101)}
    assert sandbox.counters.requests == 2


async def test_one_person_is_asked_for_without_a_batch(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned([ANNA]), returned([ANNA]))
    assert await names(portal, [5]) == {"Anna"}
    assert await names(portal, [], ["anna@corp.example"]) == {"Anna"}
    assert [request.method for request in server.received] == ["user.get", "user.get"]


async def test_for_nobody_nothing_is_asked(server: PortalServer, portal: Bitrix24Portal) -> None:
    assert await names(portal, [0], [" "]) == set()
    assert not server.received


async def test_a_portal_that_ignores_the_filter_is_leafed_through_once_for_all(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    everybody = [BORIS, *({"ID": 10 + n, "EMAIL": f"{n}@corp.example"} for n in range(49))]
    first = returned(everybody, next=50)
    server.script(Each([everybody] * 2), first, returned([ANNA, EVE]))
    assert await names(portal, [], ["eve@corp.example", "anna@corp.example"]) == {"Anna", "Eve"}
    assert [request.method for request in server.received] == ["batch", "user.get", "user.get"]


async def test_who_was_not_asked_for_is_not_found(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Each([[ANNA, EVE], [ANNA, EVE]]))
    assert await names(portal, [9, 77]) == {"Eve"}


async def test_an_address_that_a_batch_would_change_travels_by_itself(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Each([[ANNA], [BORIS]]), returned(NOBODY))
    emails = ["anna@corp.example", "boris@corp.example", "$result[b0]@corp.example"]
    assert await names(portal, [], emails) == {"Anna", "Boris"}
    assert server.received[1].parameters["FILTER"] == {"EMAIL": "$result[b0]@corp.example"}


@pytest.mark.parametrize("code", ["OPERATION_TIME_LIMIT", "EXPIRED_TOKEN", "INTERNAL_SERVER_ERROR"])
async def test_a_call_that_fails_within_the_request_is_to_be_asked_again(
    server: PortalServer, portal: Bitrix24Portal, code: str
) -> None:
    server.script(Failing({1: code, 0: code}))
    with pytest.raises(TryLater):
        await names(portal, [2, 5])


async def test_a_portal_that_shows_nobody_needs_an_administrator(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Failing({0: "insufficient_scope", 1: "insufficient_scope"}))
    with pytest.raises(PortalOnHold):
        await names(portal, [2, 5])


async def test_a_request_that_is_refused_is_an_error_as_a_whole(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(refused("QUERY_LIMIT_EXCEEDED", 503))
    with pytest.raises(TryLater):
        await names(portal, [2, 5])


async def test_what_is_no_list_is_to_be_asked_again(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Each([[ANNA], "x"]))
    with pytest.raises(TryLater):
        await names(portal, [2, 5])

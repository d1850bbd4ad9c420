"""Finding people and checking the credential, over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.bitrix24.asking import EMAIL_PAGES, Application
from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from bridge.errors import PortalError, PortalOnHold, Rejected, TryLater
from bridge.people.identity import BitrixUserId, Recipient
from tests.fakes.portal_server import (
    Drop,
    Each,
    Failing,
    Half,
    PortalServer,
    Stall,
    Step,
    html,
    moved,
    refused,
    returned,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ANNA = {
    "ID": "5",
    "ACTIVE": True,
    "NAME": "Anna",
    "LAST_NAME": "Ivanova",
    "EMAIL": "Anna@Corp.example",
}
BORIS = {"ID": 6, "ACTIVE": False, "NAME": " Boris ", "LAST_NAME": None, "EMAIL": "b@corp.example "}


async def test_a_person_is_found_by_number(server: PortalServer, portal: Bitrix24Portal) -> None:
    server.script(returned([ANNA], total=1))
    found = await portal.find_by_id(BitrixUserId(5))
    assert found == Recipient(BitrixUserId(5), "Anna Ivanova", "Anna@Corp.example")
    (request,) = server.received
    assert request.method == "user.get"
    assert request.parameters == {"FILTER": {"ID": 5}, "start": 0}


async def test_a_dismissed_person_is_found_and_said_to_be_dismissed(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned([BORIS]))
    found = await portal.find_by_id(BitrixUserId(6))
    assert found == Recipient(BitrixUserId(6), "Boris", "b@corp.example", is_active=False)


async def test_a_name_is_one_line_without_what_nobody_sees(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(
        returned([ANNA | {"NAME": "\u202eAn\x1bna\u2069\n", "LAST_NAME": "\tde  \x07 la\x85Cruz"}])
    )
    found = await portal.find_by_id(BitrixUserId(5))
    assert found is not None
    assert found.name == "Anna de la Cruz"


@pytest.mark.parametrize("people", [[], [BORIS], [{"NAME": "x"}, None, 5, {"ID": "five"}]])
async def test_nobody_with_that_number_is_nobody(
    server: PortalServer, portal: Bitrix24Portal, people: list[object]
) -> None:
    server.script(returned(people))
    assert await portal.find_by_id(BitrixUserId(5)) is None


@pytest.mark.parametrize("active", [False, "N", 0])
async def test_every_way_to_say_dismissed_is_understood(
    server: PortalServer, portal: Bitrix24Portal, active: object
) -> None:
    server.script(returned([ANNA | {"ACTIVE": active}]))
    found = await portal.find_by_id(BitrixUserId(5))
    assert found is not None
    assert not found.is_active


async def test_an_impossible_number_or_an_empty_address_asks_nothing(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    assert await portal.find_by_id(BitrixUserId(0)) is None
    assert await portal.find_by_email(" ") == []
    assert server.received == []


async def test_people_are_found_by_address_whatever_its_case(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    twin = ANNA | {"ID": "9", "ACTIVE": False, "EMAIL": "ANNA@CORP.EXAMPLE"}
    server.script(returned([ANNA, twin], total=2))
    found = await portal.find_by_email(" anna@corp.EXAMPLE ")
    assert [(person.user_id, person.is_active) for person in found] == [(5, True), (9, False)]
    assert server.received[0].parameters["FILTER"] == {"EMAIL": "anna@corp.EXAMPLE"}


async def test_a_portal_that_ignores_the_filter_does_not_pass_strangers_off(
    server: PortalServer, portal: Bitrix24Portal, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(returned([BORIS], next=50), returned([ANNA, BORIS]))
    found = await portal.find_by_email("anna@corp.example")
    assert [person.user_id for person in found] == [5]
    assert [request.parameters["start"] for request in server.received] == [0, 50]
    assert caplog.text.count("ignores the e-mail filter") == 1
    assert "corp.example" not in caplog.text


async def test_the_search_through_everyone_has_an_end(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(*(returned([BORIS], next=0) for _ in range(EMAIL_PAGES + 5)))
    assert await portal.find_by_email("anna@corp.example") == []
    assert len(server.received) == EMAIL_PAGES


async def test_a_portal_that_shows_no_addresses_is_not_searched_through(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned([{"ID": "5", "NAME": "Anna"}], next=50))
    assert await portal.find_by_email("anna@corp.example") == []
    assert len(server.received) == 1


async def test_an_address_with_half_characters_does_no_harm(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned([]))
    assert await portal.find_by_email("a\ud800@corp.example") == []


async def test_a_credential_that_works_passes_the_check(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned({"ID": "1", "ADMIN": False, "NAME": "Bridge"}))
    await portal.check()
    assert [request.method for request in server.received] == ["profile", "scope"]


@pytest.mark.parametrize(
    "step",
    [returned(["im", "user"]), returned(None), refused("ERROR_METHOD_NOT_FOUND", 404)],
)
async def test_a_credential_that_may_notify_or_does_not_say_passes_the_check(
    server: PortalServer, portal: Bitrix24Portal, caplog: pytest.LogCaptureFixture, step: Step
) -> None:
    server.script(returned({}), step)
    await portal.check()
    assert caplog.text == ""


async def test_a_credential_that_may_not_notify_waits_for_an_administrator(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned({}), returned(["user", "crm"]))
    with pytest.raises(PortalOnHold, match="INSUFFICIENT_SCOPE: the permission im"):
        await portal.check()


async def test_a_credential_that_may_find_nobody_is_told_to_the_log(
    server: PortalServer, portal: Bitrix24Portal, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(returned({}), returned(["im"]))
    await portal.check()
    assert "The permission user is missing" in caplog.text


async def test_people_are_searched_by_their_names(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned([ANNA, BORIS]))
    assert [person.user_id for person in await portal.asking.search(" an iv ")] == [5, 6]
    assert await portal.asking.search("  ") == []
    (request,) = server.received
    assert (request.method, request.parameters) == ("user.search", {"FIND": "an iv"})


async def test_it_is_told_in_whose_name_everything_is_sent(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned(ANNA), returned([]))
    assert (await portal.asking.current_user()).name == "Anna Ivanova"
    with pytest.raises(TryLater, match=r"user\.current returned no person"):
        await portal.asking.current_user()


async def test_an_application_tells_its_code_and_the_portals_tariff(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned({"CODE": "local.1", "LICENSE_FAMILY": "ent"}), returned({}), returned(1))
    assert await portal.asking.application() == Application("local.1", "ent")
    assert await portal.asking.application() == Application("", "")
    with pytest.raises(TryLater, match="UNEXPECTED_ANSWER"):
        await portal.asking.application()


async def test_notifications_are_taken_back_by_their_tag(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(returned(True), Drop())
    await portal.delete_by_tags(["t-1"])
    (request,) = server.received
    assert request.method == "im.notify.delete"
    assert request.parameters == {"TAG": "t-1", "CLIENT_ID": "b24bridge"}
    with pytest.raises(TryLater, match="CONNECTION_BROKEN"):
        await portal.delete_by_tags(["t-1"])
    with pytest.raises(Rejected, match="PARAMS_ERROR"):
        await portal.delete_by_tags(["t-1", ""])
    assert len(server.received) == 2


async def test_many_notifications_are_taken_back_with_one_request(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Each([True, False]), returned(True))
    await portal.delete_by_tags(["t-1", "$result[a]", "t&2"])
    together, alone = server.received
    assert together.method == "batch"
    assert list(together.parameters["cmd"].values()) == [
        "im.notify.delete?TAG=t-1&CLIENT_ID=b24bridge",
        "im.notify.delete?TAG=t%262&CLIENT_ID=b24bridge",
    ]
    assert alone.parameters["TAG"] == "$result[a]", "a batch would put something else in its place"


async def test_what_could_not_all_be_taken_back_can_be_tried_again(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Failing({1: "INTERNAL_SERVER_ERROR"}))
    with pytest.raises(TryLater, match="INTERNAL_SERVER_ERROR"):
        await portal.delete_by_tags(["t-1", "t-2"])


ASKED: list[Callable[[Bitrix24Portal], Awaitable[object]]] = [
    lambda portal: portal.find_by_id(BitrixUserId(5)),
    lambda portal: portal.find_by_email("anna@corp.example"),
    lambda portal: portal.check(),
]


@pytest.mark.parametrize("ask", ASKED)
@pytest.mark.parametrize(
    ("step", "kind", "code"),
    [
        (refused("NO_AUTH_FOUND", 401), PortalOnHold, "NO_AUTH_FOUND"),
        (refused("insufficient_scope", 403), PortalOnHold, "INSUFFICIENT_SCOPE"),
        (refused("QUERY_LIMIT_EXCEEDED", 503), TryLater, "QUERY_LIMIT_EXCEEDED"),
        (refused("ERROR_METHOD_NOT_FOUND", 404), Rejected, "ERROR_METHOD_NOT_FOUND"),
        (moved("https://new.example/"), PortalOnHold, "PORTAL_MOVED"),
        (refused("INTERNAL_SERVER_ERROR", 500), TryLater, "INTERNAL_SERVER_ERROR"),
        (html(502), TryLater, "UNEXPECTED_ANSWER"),
        (returned("text"), TryLater, "UNEXPECTED_ANSWER"),
        (Drop(), TryLater, "CONNECTION_BROKEN"),
        (Half(b'{"result": ['), TryLater, "CONNECTION_BROKEN"),
    ],
)
async def test_a_question_without_a_clear_answer_can_be_asked_again(
    server: PortalServer,
    portal: Bitrix24Portal,
    ask: Callable[[Bitrix24Portal], Awaitable[object]],
    *,
    step: Step,
    kind: type[PortalError],
    code: str,
) -> None:
    server.script(step)
    with pytest.raises(PortalError) as raised:
        await ask(portal)
    assert (type(raised.value), raised.value.code) == (kind, code)


async def test_a_question_that_times_out_can_be_asked_again(server: PortalServer) -> None:
    server.script(Stall())
    async with Bitrix24Portal(Webhook.parse(server.webhook), timeout_seconds=2) as portal:
        with pytest.raises(TryLater, match="TIMEOUT"):
            await portal.check()

"""What Slack tells of its people, through slack_sdk."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from adapters.slack.clients import build_web_client
from adapters.slack.members import SlackMembers
from adapters.slack.notices import Notices
from bridge.errors import ChatError
from bridge.people.identity import Identity, Platform
from bridge.people.member import Member
from tests.fakes.clock import FakeClock
from tests.fakes.slack_server import TEAM, SlackServer, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.slack.chat import SlackChat


def _who(user: str) -> Identity:
    return Identity(Platform.SLACK, TEAM, user)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def members(server: SlackServer, clock: FakeClock) -> SlackMembers:
    return SlackMembers(build_web_client(server.bot_token, server.api_url), clock, Notices())


async def test_a_member_is_told_with_address_language_and_rights(
    server: SlackServer, members: SlackMembers
) -> None:
    server.people.add(
        "U42",
        name="anna",
        real_name="Anna Petrova",
        email="anna@corp.example",
        locale="ru-RU",
        is_owner=True,
    )

    member = await members.find(_who("U42"))

    assert member == Member(
        identity=_who("U42"),
        handle="anna",
        display_name="Anna Petrova",
        email="anna@corp.example",
        is_administrator=True,
        language="ru-RU",
    )
    assert member.is_full


@pytest.mark.parametrize(
    "fields",
    [
        {"deleted": True},
        {"is_bot": True},
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_stranger": True},
        {"team_id": "T0OTHER"},
        {"team_id": None},
    ],
)
async def test_only_an_active_person_of_the_own_workspace_is_a_full_member(
    server: SlackServer, members: SlackMembers, fields: dict[str, object]
) -> None:
    server.people.add("U42", **fields)

    member = await members.find(_who("U42"))

    assert member is not None
    assert not member.is_full


async def test_slacks_own_helper_is_a_bot(server: SlackServer, members: SlackMembers) -> None:
    server.people.add("USLACKBOT")

    member = await members.find(_who("USLACKBOT"))

    assert member is not None
    assert member.is_bot


async def test_all_teams_of_an_enterprise_are_one_organisation(
    server: SlackServer, members: SlackMembers
) -> None:
    server.people.add("U42", team_id="T0OTHER", enterprise_user={"teams": ["T0OTHER", TEAM]})

    member = await members.find(_who("U42"))

    assert member is not None
    assert member.is_full


@pytest.mark.parametrize("enterprise", [{}, {"enterprise_user": {"enterprise_id": "E0OTHER"}}])
async def test_who_is_of_another_organisation_is_foreign_in_their_own_workspace_too(
    server: SlackServer, members: SlackMembers, enterprise: dict[str, object]
) -> None:
    server.people.add("U0ALIEN", team_id="T0OTHER", email="anna@corp.example", **enterprise)

    member = await members.find(Identity(Platform.SLACK, "T0OTHER", "U0ALIEN"))

    assert member is not None
    assert member.is_foreign


async def test_nobody_is_told_of_somebody_unknown(members: SlackMembers) -> None:
    assert await members.find(_who("UNOBODY")) is None


async def test_a_member_is_asked_for_once_in_five_minutes(
    server: SlackServer, members: SlackMembers, clock: FakeClock
) -> None:
    for _ in range(3):
        await members.find(_who("U1"))
    assert server.calls["users.info"] == 1

    server.people.add("U1", deleted=True)
    clock.advance(5 * 60)
    member = await members.find(_who("U1"))

    assert member is not None
    assert not member.is_active


async def test_no_more_than_two_thousand_people_are_remembered(
    server: SlackServer, members: SlackMembers
) -> None:
    await members.find(_who("U1"))
    for number in range(2_000):
        await members.find(_who(f"UNOBODY{number}"))
    await members.find(_who("UNOBODY1999"))
    assert server.calls["users.info"] == 2_001

    await members.find(_who("U1"))
    assert server.calls["users.info"] == 2_002


async def test_a_failure_is_told_and_not_remembered(
    server: SlackServer, members: SlackMembers
) -> None:
    server.script("users.info", Trouble(status=503))

    with pytest.raises(ChatError, match="503") as caught:
        await members.find(_who("U1"))
    assert caught.value.retry_after_seconds == 5
    assert await members.find(_who("U1")) is not None


async def test_slack_is_asked_again_when_it_says_so(
    server: SlackServer, members: SlackMembers
) -> None:
    server.script("users.info", Trouble("ratelimited", 429, retry_after=0))

    assert await members.find(_who("U1")) is not None
    assert server.calls["users.info"] == 2


async def test_a_group_lists_its_people(server: SlackServer, members: SlackMembers) -> None:
    server.people.groups["S1"] = ["U1", "U2"]

    assert await members.list_group(TEAM, "S1") == [_who("U1"), _who("U2")]
    assert await members.list_group(TEAM, "SNONE") is None


async def test_everybody_is_listed_over_all_pages(
    server: SlackServer, members: SlackMembers
) -> None:
    for number in range(450):
        server.people.add(f"U{number}", deleted=number % 2 == 0)

    listed = [member async for member in members.list_all(TEAM)]

    assert len({member.identity for member in listed}) == 450
    assert sum(member.is_active for member in listed) == 225
    assert all(member.language for member in listed)
    assert server.calls["users.list"] == 3


async def test_a_scope_that_is_missing_is_named_in_the_log_once(
    server: SlackServer, members: SlackMembers, caplog: pytest.LogCaptureFixture
) -> None:
    server.people.scopes.clear()

    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            with pytest.raises(ChatError, match="missing_scope"):
                await members.find(_who("U1"))
        with pytest.raises(ChatError):
            await members.list_group(TEAM, "S1")
        with pytest.raises(ChatError):
            [member async for member in members.list_all(TEAM)]

    assert [record.message.count("users:read") for record in caplog.records] == [1, 0]
    assert "usergroups:read" in caplog.text


async def test_the_chat_tells_of_its_members(make_chat: Callable[[], SlackChat]) -> None:
    members = make_chat().members
    assert members is not None
    assert await members.find(_who("U1")) is not None


async def test_the_bots_own_workspace_is_told(members: SlackMembers) -> None:
    assert await members.list_workspaces() == [TEAM]


@pytest.mark.parametrize("is_confirmed", [False, None, "yes"])
async def test_an_address_that_is_not_confirmed_is_not_told(
    server: SlackServer, members: SlackMembers, is_confirmed: object
) -> None:
    fields = {"email": "anna@corp.example", "is_email_confirmed": is_confirmed}
    server.people.add("U42", name="anna", **fields)
    member = await members.find(_who("U42"))
    assert member is not None
    assert member.email == ""

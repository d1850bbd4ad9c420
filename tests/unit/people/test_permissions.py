"""Nobody may do anything, unless something says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bridge.people.identity import Identity, Link, Platform, PortalId
from bridge.people.member import Member
from bridge.people.permissions import Access, Act, Person, Refusal
from tests.fakes.portal import ANNA

if TYPE_CHECKING:
    from bridge.people.permissions import Workspace

MARIA = Person(Identity(Platform.TELEGRAM, "", "1"))
OLGA = Person(Identity(Platform.SLACK, "T1", "U1"))
ROOT = Person(Identity(Platform.CONSOLE, "", "root"))

CHAT, OTHER_CHAT = (Platform.TELEGRAM, "-100"), (Platform.TELEGRAM, "-101")
TEAM, OTHER_TEAM = (Platform.SLACK, "T1"), (Platform.SLACK, "T2")
SHELL = (Platform.CONSOLE, "")

NOTHING = Access()
WORKSPACES = Access(workspaces=frozenset({CHAT, TEAM}))
PEOPLE = Access(senders=frozenset({MARIA.identity}), administrators=frozenset({OLGA.identity}))
TRUSTING = Access(trusts_workspace_administrators=True, admits_guests=True)


def linked(person: Person) -> Person:
    return replace(person, link=Link(person.identity, PortalId(1), ANNA))


def described(person: Person, **facts: bool) -> Person:
    return replace(person, member=replace(Member(identity=person.identity), **facts))


@pytest.mark.parametrize(
    ("access", "who", "where", "refusals"),
    # For each: what prevents linking oneself, giving commands, and administering.
    [
        (NOTHING, MARIA, CHAT, (None, Refusal.STRANGER, Refusal.STRANGER)),
        (NOTHING, OLGA, TEAM, (None, Refusal.STRANGER, Refusal.STRANGER)),
        (NOTHING, linked(MARIA), CHAT, (None, None, Refusal.NO_ADMINISTRATOR)),
        (NOTHING, linked(OLGA), TEAM, (None, None, Refusal.NO_ADMINISTRATOR)),
        (NOTHING, ROOT, SHELL, (None, None, None)),
        (WORKSPACES, MARIA, CHAT, (None, None, Refusal.NO_ADMINISTRATOR)),
        (WORKSPACES, MARIA, OTHER_CHAT, (None, Refusal.STRANGER, Refusal.STRANGER)),
        (WORKSPACES, MARIA, (Platform.TELEGRAM, "T1"), (None, *2 * [Refusal.STRANGER])),
        (WORKSPACES, OLGA, TEAM, (None, None, Refusal.NO_ADMINISTRATOR)),
        (WORKSPACES, OLGA, OTHER_TEAM, (None, Refusal.STRANGER, Refusal.STRANGER)),
        (WORKSPACES, OLGA, (Platform.SLACK, "-100"), (None, *2 * [Refusal.STRANGER])),
        (PEOPLE, MARIA, OTHER_CHAT, (None, None, Refusal.NO_ADMINISTRATOR)),
        (PEOPLE, OLGA, TEAM, (None, None, None)),
        (PEOPLE, linked(OLGA), OTHER_TEAM, (None, None, None)),
    ],
)
def test_what_is_not_allowed_is_refused(
    access: Access, who: Person, where: Workspace, refusals: tuple[Refusal | None, ...]
) -> None:
    assert tuple(access.decide(who, where, act) for act in Act) == refusals


@pytest.mark.parametrize("access", [NOTHING, WORKSPACES, PEOPLE])
@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"is_bot": True}, Refusal.BOT),
        ({"is_active": False}, Refusal.CLOSED),
        ({"is_foreign": True}, Refusal.FOREIGN),
        ({"is_guest": True}, Refusal.GUEST),
        ({"is_foreign": True, "is_administrator": True}, Refusal.FOREIGN),
    ],
)
def test_who_is_no_full_member_may_do_nothing_whatever_else_would_allow_it(
    access: Access, facts: dict[str, bool], refusal: Refusal
) -> None:
    who = described(linked(OLGA), **facts)
    assert {access.decide(who, TEAM, act) for act in Act} == {refusal}


@pytest.mark.parametrize("facts", [{"is_bot": True}, {"is_active": False}, {"is_foreign": True}])
def test_only_guests_can_be_admitted(facts: dict[str, bool]) -> None:
    assert TRUSTING.decide(described(linked(OLGA), is_guest=True), TEAM, Act.SEND) is None
    assert TRUSTING.decide(described(linked(OLGA), is_guest=True, **facts), TEAM, Act.SEND)


def test_a_guest_who_is_admitted_is_still_a_stranger_until_something_allows_them() -> None:
    assert TRUSTING.decide(described(OLGA, is_guest=True), TEAM, Act.SEND) is Refusal.STRANGER


def test_who_administers_a_workspace_administers_here_only_if_that_is_switched_on() -> None:
    administrator = described(OLGA, is_administrator=True)
    assert TRUSTING.decide(administrator, TEAM, Act.ADMINISTER) is None
    assert NOTHING.decide(administrator, TEAM, Act.ADMINISTER) is Refusal.STRANGER
    assert TRUSTING.decide(described(linked(OLGA)), TEAM, Act.ADMINISTER)

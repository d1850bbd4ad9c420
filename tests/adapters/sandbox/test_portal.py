from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Literal

import pytest

from adapters.sandbox.notifications import Added, Draft, Missed, Removed
from adapters.sandbox.people import PEOPLE
from adapters.sandbox.portal import SandboxPortal


def draft(user_id: int = 5, message: str = "hi", tag: str = "", application: str = "app") -> Draft:
    return Draft(user_id=user_id, message=message, tag=tag, application=application)


def messages(portal: SandboxPortal) -> list[tuple[int, str]]:
    return [(n.user_id, n.message) for n in portal.notifications]


def test_four_people_have_a_bell_and_one_is_dismissed() -> None:
    assert [p.full_name for p in PEOPLE if p.active] == [
        "Maria Weber",
        "Boris Ivanov",
        "Clara Novak",
        "Anna Petrova",
    ]
    assert [(p.id, p.full_name) for p in PEOPLE if not p.active] == [(4, "Dmitri Orlov")]
    assert {p.email for p in PEOPLE} == {f"{p.handle}@corp.example" for p in PEOPLE}


def test_a_notification_is_kept_as_it_is_read(portal: SandboxPortal) -> None:
    assert portal.add(draft(message="[b]api[/b] <is> down")) == 1
    [stored] = portal.notifications
    assert (stored.id, stored.html) == (1, "<b>api</b> &lt;is&gt; down")


def test_the_time_is_that_of_the_clock() -> None:
    class Noon:
        def now(self) -> datetime:
            return datetime(2026, 3, 2, 12, tzinfo=UTC)

    portal = SandboxPortal(clock=Noon())
    portal.add(draft())
    assert portal.notifications[0].created_at == Noon().now()


@pytest.mark.parametrize(
    ("tags", "left"),
    [("documented", [(5, "new")]), ("coded", [(2, "other"), (5, "new")])],
)
def test_a_tag_replaces_all_others_or_those_of_the_same_recipient(
    tags: Literal["documented", "coded"], left: list[tuple[int, str]]
) -> None:
    portal = SandboxPortal(tags=tags)
    for user_id, message in ((5, "old"), (2, "other"), (5, "new")):
        portal.add(draft(user_id, message, tag="T"))
    assert messages(portal) == left
    assert [portal.bells.fate(one) for one in portal.ledger].count("replaced") == 3 - len(left)


def test_whoever_has_switched_notifications_off_gets_none_and_the_id_is_the_time() -> None:
    class Noon:
        def now(self) -> datetime:
            return datetime(2026, 3, 2, 12, tzinfo=UTC)

    portal = SandboxPortal(clock=Noon())
    portal.switched_off.add(5)
    assert portal.add(draft()) == int(Noon().now().timestamp())
    assert portal.ledger == []
    assert portal.add(draft(2)) == 1


def test_a_tag_belongs_to_its_application(portal: SandboxPortal) -> None:
    for application in ("one", "two", "one"):
        portal.add(draft(tag="T", application=application))
    assert [n.application for n in portal.notifications] == ["two", "one"]


def test_another_tag_replaces_nothing(portal: SandboxPortal) -> None:
    for tag in ("a", "A", "b", "", ""):
        portal.add(draft(tag=tag))
    assert len(portal.notifications) == 5


def test_a_sub_tag_replaces_nothing(portal: SandboxPortal) -> None:
    for _ in range(2):
        portal.add(Draft(user_id=5, message="hi", application="app", sub_tag="S"))
    assert [n.sub_tag for n in portal.notifications] == ["S", "S"]


def test_without_a_client_id_a_tag_is_ignored(portal: SandboxPortal) -> None:
    for _ in range(2):
        portal.add(draft(tag="T" * 300, application=""))
    assert [n.tag for n in portal.notifications] == ["", ""]


def test_a_tag_of_zero_is_empty(portal: SandboxPortal) -> None:
    for _ in range(2):
        portal.add(draft(tag="0"))
    assert [n.tag for n in portal.notifications] == ["", ""]


@pytest.mark.parametrize("user_id", [4, 99, 0])
def test_nobody_dismissed_or_missing_is_notified(portal: SandboxPortal, user_id: int) -> None:
    assert portal.add(draft(user_id)) is None
    assert portal.ledger == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("x" * 20_006, "x" * 20_006),
        ("x" * 20_007, "x" * 20_000 + " (...)"),
        ("😀" * 20_007, "😀" * 20_000 + " (...)"),
        ("x" * 19_998 + "[b]bold[/b]", "x" * 19_998 + "[b (...)"),
        ("\n " + "x" * 20_006 + " \0", "x" * 20_006),
    ],
    ids=["fits", "one too long", "emoji", "through a tag", "trimmed first"],
)
def test_a_long_message_is_cut(portal: SandboxPortal, sent: str, kept: str) -> None:
    portal.add(draft(message=sent))
    assert portal.notifications[0].message == kept


def test_the_ledger_keeps_what_was_replaced_and_counts_it(portal: SandboxPortal) -> None:
    for message in ("once", "twice", "twice"):
        portal.add(draft(message=message, tag="T"))
    assert messages(portal) == [(5, "twice")]
    assert [n.message for n in portal.ledger] == ["once", "twice", "twice"]
    assert portal.times_accepted(5, "once") == 1
    assert portal.times_accepted(5, "twice") == 2
    assert portal.times_accepted(2, "once") == 0


async def test_a_listener_hears_what_is_added_and_removed(portal: SandboxPortal) -> None:
    portal.add(draft(tag="T"))
    with portal.subscribe() as events:
        portal.add(draft(tag="T"))
        assert [events.get_nowait() for _ in range(events.qsize())] == [
            Removed(1, 5),
            Added(portal.ledger[1]),
        ]
    portal.add(draft())
    assert events.empty()


async def test_a_listener_waits_for_the_next_event(portal: SandboxPortal) -> None:
    with portal.subscribe() as events:
        waiting = asyncio.create_task(events.get())
        await asyncio.sleep(0)
        portal.add(draft())
        assert await waiting == Added(portal.ledger[0])


async def test_a_slow_listener_learns_that_it_missed_something(portal: SandboxPortal) -> None:
    with portal.subscribe() as slow, portal.subscribe() as quick:
        for _ in range(1_001):
            portal.add(draft())
            assert quick.get_nowait() == Added(portal.ledger[-1])
        assert slow.get_nowait() == Missed()
        assert slow.get_nowait() == Added(portal.ledger[-1])
        assert slow.empty()

"""People who are named within a message."""

from __future__ import annotations

import pytest

from bridge.markup import bbcode
from bridge.markup.markdown import parse
from bridge.markup.nodes import Mention, Text, Typed
from bridge.people.identity import BitrixUserId, Identity, Platform, PortalId, Recipient, Sender
from bridge.people.mentions import resolve_mentions
from tests.fakes.clock import FakeClock
from tests.fakes.desk import make_directory
from tests.fakes.portal import FakePortal, serving
from tests.fakes.stores import MemoryStores

SENDER = Sender(Identity(Platform.SLACK, "T1", "U9"), "clara")


async def read(typed: str | Typed) -> str:
    stores = MemoryStores(FakeClock())
    portal, other = PortalId(1), PortalId(2)
    people = stores.people
    anna, boris = Recipient(BitrixUserId(5), "Anna Petrova"), Recipient(BitrixUserId(7), "Boris")
    await people.link(Identity(Platform.SLACK, "T1", "U5"), portal, anna, handle="Anna.P")
    await people.link(Identity(Platform.SLACK, "T1", "U6"), other, boris, handle="elsewhere")
    await people.link(Identity(Platform.SLACK, "T1", "U8"), portal, Recipient(BitrixUserId(8)))
    await people.note_seen(Sender(Identity(Platform.SLACK, "T1", "U7"), "unlinked"))
    directory = make_directory(stores, serving((portal, FakePortal()), (other, FakePortal())))
    return bbcode.render(await resolve_mentions(parse(typed), SENDER, directory, portal))


@pytest.mark.parametrize(
    ("markdown", "sent"),
    [
        ("ask @anna.p!", "ask [user=5]Anna Petrova[/user]!"),
        ("@ANNA.P, hi", "[user=5]Anna Petrova[/user], hi"),
        ("**@anna.p** is on call", "[b][user=5]Anna Petrova[/user][/b] is on call"),
        ("# @anna.p", "[size=22][b][user=5]Anna Petrova[/user][/b][/size]"),
        ("> @anna.p said", ">>[user=5]Anna Petrova[/user] said"),
        ("- (@anna.p)", "• ([user=5]Anna Petrova[/user])"),
        ("|a|\n|-|\n|@anna.p|", "[b]a[/b]\n[user=5]Anna Petrova[/user]"),
        ("@anna.p.", "[user=5]Anna Petrova[/user]."),
        ("@anna.p @anna.p", "[user=5]Anna Petrova[/user] [user=5]Anna Petrova[/user]"),
    ],
)
async def test_a_handle_in_a_text_is_the_person_behind_it(markdown: str, sent: str) -> None:
    assert await read(markdown) == sent


@pytest.mark.parametrize(
    "text",
    [
        "@unlinked is",
        "@nobody is",
        "@elsewhere is",
        "@anna.pet is",
        "a@anna.p",
        "x/@anna.p is",
        "@ is",
    ],
)
async def test_who_is_not_linked_to_this_portal_stays_text(text: str) -> None:
    assert "[user=" not in await read(text)


@pytest.mark.parametrize(
    ("markdown", "sent"),
    [
        ("`@anna.p` x", "`@anna.p` x"),
        ("```\n@anna.p\n```", "[code]\n@anna.p[/code]"),
        ("[@anna.p](https://e.example/)", "[url=https://e.example/]@anna.p[/url]"),
        (
            "https://e.example/@anna.p",
            "[url=https://e.example/@anna.p]https\u2060://e.example/@anna.p[/url]",
        ),
    ],
)
async def test_code_and_links_name_nobody(markdown: str, sent: str) -> None:
    assert await read(markdown) == sent


async def test_what_the_platform_marked_is_known_by_its_id_wherever_it_stands() -> None:
    typed = (Text("**hi "), Mention("somebody", "U5"), Text("** and "), Mention("eve", "U7"))
    assert await read(typed) == "[b]hi [user=5]Anna Petrova[/user][/b] and @eve"


async def test_a_person_without_a_name_keeps_the_one_that_was_typed() -> None:
    assert await read((Text("hi "), Mention("dan", "U8"))) == "hi [user=8]dan[/user]"

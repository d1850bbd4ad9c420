"""Groups: several recipients with one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.commands.desk import Desk, make_handlers
from bridge.markup import plain
from bridge.markup.nodes import Mention, Node
from bridge.people.identity import (
    BitrixUserId,
    Identity,
    Located,
    Platform,
    PortalId,
    Recipient,
    Sender,
)
from bridge.people.member import Member
from bridge.people.permissions import Access
from tests.fakes.clock import FakeClock
from tests.fakes.desk import make_directory, make_reception
from tests.fakes.incoming import MARIA, STRANGER, make_incoming
from tests.fakes.members import FakeMembers
from tests.fakes.portal import ANNA, BORIS, DMITRI, FakePortal, serving
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from bridge.delivery.notification import Notification

PORTAL, OTHER_PORTAL = PortalId(1), PortalId(2)
CLARA = Recipient(BORIS.user_id, "Clara Stone")
ANNA_HERE = Sender(Identity(Platform.TELEGRAM, "", "5"), "anna")
BORIS_HERE = Sender(Identity(Platform.TELEGRAM, "", "2"), "boris")
CLARA_ELSEWHERE = Sender(Identity(Platform.TELEGRAM, "", "3"), "clara")
MARIA_IN_SLACK = Sender(Identity(Platform.SLACK, "T1", "U1"), "maria.w")
ANNA_IN_SLACK = Sender(Identity(Platform.SLACK, "T1", "U5"), "anna.p")
ROOT = Sender(Identity(Platform.TELEGRAM, "", "9"), "root")
TEAM = Mention("backend", "S1", is_group=True)


class Scene:
    """Maria, Anna and Boris share a portal, Clara has her own, and Root administers."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.portal = FakePortal()
        self.team = FakeMembers(
            *(Member(identity=sender.identity) for sender in (MARIA_IN_SLACK, ANNA_IN_SLACK))
        )
        self.served = serving((PORTAL, self.portal), (OTHER_PORTAL, FakePortal()))
        members = {Platform.SLACK: self.team}
        directory = make_directory(self.stores, self.served, members=members, most_recipients=5)
        access = Access(administrators=frozenset({ROOT.identity}))
        self.desk = Desk(
            inbox=self.stores.inbox,
            reception=make_reception(self.stores, directory, access, members=members),
            handlers=make_handlers(directory, self.stores.groups),
            clock=self.clock,
        )

    async def link_everybody(self) -> Scene:
        maria = Recipient(BitrixUserId(1), "Maria Weber")
        for sender, portal, recipient in (
            (MARIA, PORTAL, maria),
            (MARIA_IN_SLACK, PORTAL, maria),
            (ANNA_HERE, PORTAL, ANNA),
            (ANNA_IN_SLACK, PORTAL, ANNA),
            (BORIS_HERE, PORTAL, BORIS),
            (CLARA_ELSEWHERE, OTHER_PORTAL, CLARA),
        ):
            await self.stores.people.link(sender.identity, portal, recipient, handle=sender.handle)
        return self

    async def reply(self, *typed: str | Node, sender: Sender = MARIA) -> str:
        await self.stores.inbox.store(make_incoming(*typed, sender=sender, workspace="T1"))
        for stored in await self.desk.list_open(10):
            await self.desk.carry_out(stored)
        reply = self.stores.commands[len(self.stores.commands)].reply
        return plain.render(reply) if reply else ""

    async def notified(self, *typed: str | Node, sender: Sender = MARIA) -> list[str]:
        await self.reply(*typed, sender=sender)
        rows = self.stores.deliveries_of(len(self.stores.commands))
        return [row.notification.recipient.name for row in rows]

    async def sent(self, *typed: str | Node) -> Notification:
        await self.reply(*typed)
        return self.stores.deliveries_of(len(self.stores.commands))[0].notification


@pytest.fixture
async def scene() -> Scene:
    return await Scene().link_everybody()


async def test_a_group_is_made_and_notified(scene: Scene) -> None:
    assert await scene.reply("/b24group create oncall @anna @boris") == (
        "`@oncall` is now Anna Petrova and Boris Ivanov. "
        "Use it as a recipient: `/b24notify @oncall …`"
    )
    assert await scene.notified("/b24notify @oncall hi") == ["Anna Petrova", "Boris Ivanov"]


async def test_a_group_is_found_before_a_person_whatever_its_case(scene: Scene) -> None:
    await scene.reply("/b24group create OnCall @anna")
    await scene.stores.people.link(CLARA_ELSEWHERE.identity, PORTAL, CLARA, handle="oncall")
    assert await scene.notified("/b24notify @ONCALL hi") == ["Anna Petrova"]


async def test_a_group_is_known_on_every_platform(scene: Scene) -> None:
    await scene.reply("/b24group create oncall @anna #2 boris@corp.example")
    assert await scene.notified("/b24notify @oncall hi", sender=MARIA_IN_SLACK) == [
        "Anna Petrova",
        "Boris Ivanov",
    ]


async def test_nobody_is_notified_twice_by_overlapping_recipients(scene: Scene) -> None:
    await scene.reply("/b24group create oncall @anna @boris")
    await scene.reply("/b24group create backend @anna @maria")
    names = await scene.notified("/b24notify @oncall @anna #5 @backend boris@corp.example hi")
    assert names == ["Anna Petrova", "Boris Ivanov", "Maria Weber"]


async def test_a_group_in_a_text_stays_text(scene: Scene) -> None:
    await scene.reply("/b24group create oncall @anna")
    sent = await scene.sent("/b24notify @boris ask @oncall and ", TEAM)
    assert sent.message == "ask @oncall and @backend"


async def test_a_group_may_hold_people_of_several_portals(scene: Scene) -> None:
    await scene.reply("/b24group create all-of-us @anna @clara")
    await scene.reply("/b24notify @all-of-us hi")
    rows = scene.stores.deliveries_of(2)
    assert [(row.portal, row.notification.recipient.name) for row in rows] == [
        (PORTAL, "Anna Petrova"),
        (OTHER_PORTAL, "Clara Stone"),
    ]


async def test_who_is_out_of_reach_is_named_while_the_others_are_notified(scene: Scene) -> None:
    await scene.reply("/b24group create all-of-us @anna @clara")
    await scene.reply("/b24group create others @clara")
    scene.served.drop(OTHER_PORTAL)
    left_out = "because their Bitrix24 is not connected at the moment: Clara Stone."
    assert left_out in await scene.reply("/b24notify @all-of-us hi")
    assert left_out in await scene.reply("/b24notify @others hi")
    assert [row.portal for row in scene.stores.deliveries.values()] == [PORTAL]


async def test_another_portal_does_not_see_it(scene: Scene) -> None:
    await scene.reply("/b24group create oncall @anna")
    assert "do not know `@oncall`" in await scene.reply(
        "/b24notify @oncall hi", sender=CLARA_ELSEWHERE
    )
    assert "no groups yet" in await scene.reply("/b24group list", sender=CLARA_ELSEWHERE)


async def test_people_are_added_and_removed(scene: Scene) -> None:
    await scene.reply("/b24group create oncall @anna")
    assert await scene.reply("/b24group add @oncall @boris @anna") == (
        "`@oncall` is now Anna Petrova and Boris Ivanov."
    )
    assert await scene.reply("/b24group add oncall @boris") == (
        "Nothing to change: `@oncall` is Anna Petrova and Boris Ivanov."
    )
    assert await scene.reply("/b24group remove oncall @anna") == "`@oncall` is now Boris Ivanov."
    assert await scene.reply("/b24group remove oncall @anna") == (
        "Nothing to change: `@oncall` is Boris Ivanov."
    )
    assert await scene.reply("/b24group remove oncall #2") == (
        "Nobody is in the group `@oncall` any more."
    )
    assert await scene.reply("/b24notify @oncall hi") == "Nobody is in the group `@oncall`."


async def test_who_is_gone_from_the_portal_can_be_removed(scene: Scene) -> None:
    await scene.reply("/b24group create oncall #2 @anna")
    scene.portal.people[:] = [ANNA]
    assert await scene.reply("/b24group remove oncall #2") == "`@oncall` is now Anna Petrova."
    dmitri = Located(PORTAL, DMITRI)
    await scene.stores.groups.change(PORTAL, "oncall", add=[dmitri])
    scene.portal.people.append(DMITRI)
    assert await scene.reply("/b24group remove oncall dmitri@corp.example") == (
        "`@oncall` is now Anna Petrova."
    )


async def test_groups_are_shown_to_everybody_who_may_send(scene: Scene) -> None:
    assert "There are no groups yet." in await scene.reply("/b24group")
    await scene.reply("/b24group create oncall @anna @boris")
    await scene.reply("/b24group create backend @anna")
    assert await scene.reply("/b24group list", sender=BORIS_HERE) == (
        "`@backend` – Anna Petrova\n`@oncall` – Anna Petrova and Boris Ivanov"
    )
    assert await scene.reply("/b24group show oncall", sender=BORIS_HERE) == (
        "`@oncall` is Anna Petrova (#5) and Boris Ivanov (#2). Maria Weber made it."
    )
    assert await scene.reply("/b24who @oncall", sender=BORIS_HERE) == (
        "`@oncall` is Anna Petrova and Boris Ivanov."
    )
    assert "do not know you" in await scene.reply("/b24group list", sender=STRANGER)


@pytest.mark.parametrize("order", ["add oncall @boris", "remove oncall @anna", "delete oncall"])
async def test_only_the_maker_and_administrators_change_a_group(scene: Scene, order: str) -> None:
    await scene.reply("/b24group create oncall @anna")
    assert await scene.reply(f"/b24group {order}", sender=ANNA_HERE) == (
        "Only Maria Weber, who made `@oncall`, and administrators can change it."
    )
    assert "`@oncall`" in await scene.reply(f"/b24group {order}", sender=ROOT)
    assert await scene.notified("/b24notify @oncall hi") != ["Anna Petrova"]


async def test_the_maker_may_change_it_from_another_platform(scene: Scene) -> None:
    await scene.reply("/b24group create oncall @anna")
    assert "is gone" in await scene.reply("/b24group delete oncall", sender=MARIA_IN_SLACK)


async def test_a_deleted_group_is_gone(scene: Scene) -> None:
    await scene.reply("/b24group create oncall @anna")
    assert await scene.reply("/b24group delete oncall") == (
        "The group `@oncall` is gone. It was Anna Petrova."
    )
    assert "do not know `@oncall`" in await scene.reply("/b24notify @oncall hi")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("x", "cannot be the name of a group. Take 2 to 32 letters"),
        ("5xx", "cannot be the name of a group. Take 2 to 32 letters"),
        ("a" * 33, "cannot be the name of a group. Take 2 to 32 letters"),
        ("a[b]", "cannot be the name of a group. Take 2 to 32 letters"),
        ("Create", "it means something else already"),
        ("b24notify", "it means something else already"),
        ("here", "it means something else already"),
        ("Boris", "somebody is called that"),
        ("anna.p", "cannot be the name of a group"),
    ],
)
async def test_a_name_that_would_mislead_is_refused(scene: Scene, name: str, answer: str) -> None:
    assert answer in await scene.reply(f"/b24group create {name} @anna")
    assert "no groups yet" in await scene.reply("/b24group list")


@pytest.mark.parametrize("name", ["oncall", "On-Call_2", "дежурные", "öl"])
async def test_letters_of_every_language_make_a_name(scene: Scene, name: str) -> None:
    await scene.reply(f"/b24group create {name} @anna")
    assert await scene.notified(f"/b24notify @{name} hi") == ["Anna Petrova"]


async def test_a_name_that_is_taken_is_refused(scene: Scene) -> None:
    await scene.reply("/b24group create oncall @anna")
    assert await scene.reply("/b24group create ONCALL @boris", sender=BORIS_HERE) == (
        "There is a group `@oncall` already: Anna Petrova."
    )


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("create oncall", "Whom do you mean? Type it like this: `/b24group create oncall @anna"),
        ("remove oncall", "Whom do you mean?"),
        ("add nobody @anna", "There is no group `@nobody`. `/b24group create nobody @anna @boris`"),
        ("show oncal", "There is no group `@oncal`. Did you mean `@oncall`?"),
        ("show", "Which group do you mean? Type it like this: `/b24group show oncall`"),
        ("delet oncall", "Did you mean `/b24group delete`?"),
        ("frobnicate", "Type it like this: `/b24group create|add|remove"),
        ("@oncall", "Type it like this: `/b24group create|add|remove"),
        ("add oncall boris", "`boris` is not a recipient."),
        ("add oncall @nobody", "I do not know `@nobody`."),
        ("add oncall #4", "Dmitri Orlov no longer works here"),
        ("add oncall #1 #2 #3 #4 #5 #6", "at most 5"),
    ],
)
async def test_what_cannot_be_done_is_told(scene: Scene, typed: str, answer: str) -> None:
    await scene.reply("/b24group create oncall @anna")
    assert answer in await scene.reply(f"/b24group {typed}")
    assert await scene.notified("/b24notify @oncall hi") == ["Anna Petrova"]


async def test_a_group_never_grows_beyond_what_may_be_notified_at_once(scene: Scene) -> None:
    scene.portal.people += [Recipient(BitrixUserId(n), f"N{n}") for n in range(20, 27)]
    await scene.reply("/b24group create oncall #20 #21 #22 #23")
    assert "at most 5" in await scene.reply("/b24group add oncall #24 #25")
    await scene.reply("/b24group create other #24 #25")
    assert "at most 5" in await scene.reply("/b24notify @oncall @other hi")
    assert not scene.stores.deliveries


async def test_a_name_that_nobody_has_is_compared_with_those_of_groups(scene: Scene) -> None:
    await scene.reply("/b24group create oncall @anna")
    assert await scene.reply("/b24notify @oncal hi") == (
        "I do not know `@oncal`. Did you mean `@oncall`?"
    )


# The platform's own groups


async def test_a_group_of_the_platforms_own_is_notified(scene: Scene) -> None:
    scene.team.groups["S1"] = [MARIA_IN_SLACK.identity, ANNA_IN_SLACK.identity]
    names = await scene.notified("/b24notify ", TEAM, " hi", sender=MARIA_IN_SLACK)
    assert sorted(names) == ["Anna Petrova", "Maria Weber"]


async def test_who_is_not_linked_is_named_while_the_others_are_notified(scene: Scene) -> None:
    others = [Identity(Platform.SLACK, "T1", f"U{number}") for number in range(20, 32)]
    scene.team.people += [
        Member(identity=others[0], handle="eve"),
        Member(identity=others[1], display_name="Frank"),
    ]
    scene.team.groups["S1"] = [ANNA_IN_SLACK.identity, *others]
    reply = await scene.reply("/b24notify ", TEAM, " hi", sender=MARIA_IN_SLACK)
    assert reply.startswith(
        "Not linked to Bitrix24, and so left out of `@backend`: @eve, Frank, slack:T1/U22,"
    )
    assert reply.endswith("slack:T1/U29 and +2.")
    assert len(scene.stores.deliveries) == 1
    scene.team.groups["S1"] = others[:2]
    assert await scene.reply("/b24notify ", TEAM, " hi", sender=MARIA_IN_SLACK) == (
        "Nobody in `@backend` is linked to a Bitrix24 account."
    )


async def test_a_group_that_cannot_be_seen_is_told_with_the_way_to_mend_it(scene: Scene) -> None:
    for sender in (MARIA, MARIA_IN_SLACK):
        reply = await scene.reply("/b24notify ", TEAM, " hi", sender=sender)
        assert reply.startswith("I cannot see who is in `@backend`.")
        assert "/b24group create" in reply


async def test_a_group_of_ours_is_made_of_one_of_the_platforms_own(scene: Scene) -> None:
    scene.team.groups["S1"] = [ANNA_IN_SLACK.identity, Identity(Platform.SLACK, "T1", "U77")]
    reply = await scene.reply("/b24group create oncall ", TEAM, sender=MARIA_IN_SLACK)
    assert reply.startswith("`@oncall` is now Anna Petrova.")
    assert reply.endswith("left out of `@backend`: slack:T1/U77.")

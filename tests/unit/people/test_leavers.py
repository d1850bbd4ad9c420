"""Whoever has left the company neither sends nor is sent anything, and is told of by name."""

from __future__ import annotations

from msgspec.structs import replace

from bridge.commands.desk import Desk, make_handlers
from bridge.errors import TryLater
from bridge.markup import plain
from bridge.people.directory import Directory
from bridge.people.groups import Group
from bridge.people.identity import Identity, Located, Platform, PortalId, Sender
from bridge.people.leavers import Leavers
from bridge.people.linking import Proof
from bridge.people.lookups import Lookups
from bridge.people.permissions import Access
from tests.fakes.clock import FakeClock
from tests.fakes.desk import make_reception
from tests.fakes.incoming import MARIA, make_incoming
from tests.fakes.portal import ANNA, BORIS, FakePortal, serving
from tests.fakes.stores import MemoryStores

PORTAL = PortalId(1)
ANNA_HERE = Sender(Identity(Platform.TELEGRAM, "", "5"), "anna")


class Scene:
    """A desk; Maria is linked to Boris, Anna to Anna, and both are on call."""

    def __init__(self) -> None:
        self.stores = MemoryStores(FakeClock())
        self.portal = FakePortal(ANNA, BORIS)
        served = serving((PORTAL, self.portal))
        self.leavers = Leavers(self.stores.linking, served)
        lookups = Lookups(served, self.stores.clock)
        stores = self.stores
        directory = Directory(stores.people, stores.groups, lookups, {}, leavers=self.leavers)
        self.desk = Desk(
            inbox=stores.inbox,
            reception=make_reception(stores, directory, Access()),
            handlers=make_handlers(directory, stores.groups),
            clock=stores.clock,
        )

    async def begin(self) -> Scene:
        for sender, person in ((MARIA, BORIS), (ANNA_HERE, ANNA)):
            located = Located(PORTAL, person)
            await self.stores.linking.link(
                sender.identity, located, proof=Proof.CODE, changed_by="", handle=sender.handle
            )
        members = (Located(PORTAL, ANNA), Located(PORTAL, BORIS))
        oncall = Group(portal=PORTAL, name="oncall", members=members, created_by="")
        await self.stores.groups.create(oncall)
        return self

    async def dismiss_anna(self) -> None:
        self.portal.people = [replace(ANNA, is_active=False), BORIS]
        await self.leavers.look()

    async def type(self, text: str, sender: Sender = MARIA) -> tuple[str, list[str]]:
        """Type a command; returns the reply, and the names of those who are to be notified."""
        await self.stores.inbox.store(make_incoming(text, sender=sender))
        (stored,) = await self.desk.list_open(10)
        await self.desk.carry_out(stored)
        row = self.stores.commands[stored.id]
        said = plain.render(row.reply) if row.reply else ""
        notified = self.stores.deliveries_of(stored.id)
        return said, [delivery.notification.recipient.name for delivery in notified]


async def test_a_linked_colleague_who_was_dismissed_is_refused_by_name() -> None:
    scene = await Scene().begin()
    assert await scene.type("/b24notify @anna hi") == ("", [ANNA.name])
    await scene.dismiss_anna()
    said, notified = await scene.type("/b24notify @anna hi")
    assert said == "Anna Petrova no longer works here: the Bitrix24 account is closed."
    assert notified == []


async def test_the_others_of_a_group_are_notified_and_who_left_is_named() -> None:
    scene = await Scene().begin()
    await scene.dismiss_anna()
    said, notified = await scene.type("/b24notify @oncall hi")
    assert said == "Left out of `@oncall`, because they no longer work here: Anna Petrova."
    assert notified == [BORIS.name]


async def test_whoever_was_dismissed_gives_no_commands_any_more() -> None:
    scene = await Scene().begin()
    await scene.dismiss_anna()
    said, notified = await scene.type("/b24notify #2 hi", ANNA_HERE)
    assert said.startswith("Sorry, your Bitrix24 account is closed")
    assert notified == []


async def test_whoever_comes_back_is_let_in_again() -> None:
    scene = await Scene().begin()
    await scene.dismiss_anna()
    scene.portal.people = [ANNA, BORIS]
    await scene.leavers.look()
    assert await scene.type("/b24notify @anna hi") == ("", [ANNA.name])


async def test_a_portal_that_does_not_answer_changes_nothing() -> None:
    scene = await Scene().begin()
    await scene.dismiss_anna()
    scene.portal.error = TryLater("TIMEOUT")
    await scene.leavers.look()
    assert Located(PORTAL, ANNA) in scene.leavers
    assert Located(PORTAL, BORIS) not in scene.leavers
    assert Located(PortalId(2), ANNA) not in scene.leavers


async def test_everybody_is_asked_about_with_one_question() -> None:
    scene = await Scene().begin()
    before = scene.portal.look_ups
    await scene.leavers.look()
    assert scene.portal.look_ups == before + 1

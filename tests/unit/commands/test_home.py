"""People see their own link, notifications and groups, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.commands.decided import Decided
from bridge.commands.home import ShowOwnPage
from bridge.delivery.notification import Notification
from bridge.markup import plain
from bridge.people.groups import Group
from bridge.people.identity import (
    BitrixUserId,
    Identity,
    Located,
    Platform,
    PortalId,
    Recipient,
    Sender,
)
from bridge.replies.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.desk import make_directory
from tests.fakes.incoming import make_incoming
from tests.fakes.portal import ANNA, FakePortal, serving
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from collections.abc import Sequence

PORTAL = PortalId(1)
MARIA = Identity(Platform.SLACK, "T1", "U1")
ANNA_HERE = Identity(Platform.SLACK, "T1", "U2")
STRANGER = Identity(Platform.SLACK, "T1", "U9")


class Scene:
    """Maria and Anna are linked; ``ops`` is Anna's doing, and ``mine`` Maria's."""

    def __init__(self, *portals: tuple[PortalId, FakePortal]) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.page = ShowOwnPage(
            make_directory(self.stores, serving(*portals)),
            self.stores.overview,
            self.stores.groups,
            self.clock,
        )

    async def link_everybody(self) -> Scene:
        people, groups = self.stores.people, self.stores.groups
        maria = Recipient(BitrixUserId(1), "Maria Weber")
        await people.link(MARIA, PORTAL, maria)
        await people.link(ANNA_HERE, PORTAL, ANNA)
        for name, maker, members in (
            ("ops", ANNA_HERE, [ANNA]),
            ("both", ANNA_HERE, [ANNA, maria]),
            ("mine", MARIA, [ANNA]),
        ):
            await groups.create(_group(name, maker, members))
        return self

    async def show(self, identity: Identity, language: str = "en") -> tuple[str, str]:
        shown = await self.page.show(identity, Words(language))
        (button,) = shown.buttons
        return plain.render(shown.document), button.command


def _group(name: str, maker: Identity, members: Sequence[Recipient]) -> Group:
    return Group(
        portal=PORTAL,
        name=name,
        members=tuple(Located(PORTAL, member) for member in members),
        created_by=str(maker),
    )


@pytest.fixture
async def scene() -> Scene:
    return await Scene((PORTAL, FakePortal())).link_everybody()


async def test_who_is_linked_sees_to_whom_and_may_end_it(scene: Scene) -> None:
    text, command = await scene.show(MARIA)
    assert "You are Maria Weber in Bitrix24, number `#1`." in text
    assert command == "/b24unlink"


async def test_who_is_not_linked_sees_how_to_be_and_nothing_of_others(scene: Scene) -> None:
    text, command = await scene.show(STRANGER)
    assert "You are not linked to a Bitrix24 account yet." in text
    assert "Anna" not in text
    assert "@ops" not in text
    assert command == "/b24link"


async def test_the_groups_that_one_has_made_or_is_in_are_shown(scene: Scene) -> None:
    text, _ = await scene.show(MARIA)
    assert "`@both`" in text
    assert "`@mine`" in text
    assert "`@ops`" not in text


async def test_what_one_has_sent_is_shown_with_its_state(scene: Scene) -> None:
    assert "You have sent nothing yet." in (await scene.show(MARIA))[0]

    inbox = scene.stores.inbox
    await inbox.store(make_incoming("/b24notify …", sender=Sender(MARIA)))
    (stored,) = await inbox.list_open(scene.clock.now(), 1)
    secret = Notification(recipient=ANNA, message="secret", message_out="secret", tag="t")
    await inbox.close(stored.id, Decided(notifications={PORTAL: [secret]}))
    text, _ = await scene.show(MARIA)

    assert "Anna Petrova: waiting" in text
    assert "secret" not in text
    assert "You have sent nothing yet." in (await scene.show(ANNA_HERE))[0]


async def test_without_any_portal_there_is_a_page_all_the_same() -> None:
    text, _ = await Scene().show(STRANGER)
    assert "You are not linked" in text

"""What ``bridge.ports.Links`` promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.people.identity import Identity, Located, Platform, Recipient, Sender
from bridge.people.linking import LinkChange, Proof
from tests.contract.stores import ANNA, BORIS

if TYPE_CHECKING:
    from tests.contract.stores import Stores

ANNA_CHAT = Identity(Platform.TELEGRAM, "", "4242")
BORIS_CHAT = Identity(Platform.TELEGRAM, "", "4343")


async def link(stores: Stores, recipient: Recipient = ANNA, by: str = "console:root") -> None:
    person = Located(stores.portal, recipient)
    await stores.links.link(ANNA_CHAT, person, proof=Proof.ADMINISTRATOR, changed_by=by)


def change(stores: Stores, recipient: Recipient, by: str, *, is_end: bool = False) -> LinkChange:
    return LinkChange(
        identity=ANNA_CHAT,
        person=Located(stores.portal, recipient),
        is_end=is_end,
        proof=Proof.ADMINISTRATOR,
        changed_by=by,
        changed_at=stores.now,
    )


async def test_a_link_can_be_ended_once(stores: Stores) -> None:
    await stores.people.note_seen(Sender(ANNA_CHAT, "anna"))
    await link(stores)
    assert await stores.links.unlink(ANNA_CHAT, changed_by="telegram:4242")
    assert not await stores.links.unlink(ANNA_CHAT, changed_by="telegram:4242")
    assert not await stores.links.unlink(BORIS_CHAT, changed_by="telegram:4343")
    assert await stores.people.find_by_handle(Platform.TELEGRAM, "", "anna") == ANNA_CHAT
    assert len(await stores.links.list_changes(10)) == 2


async def test_every_change_of_a_link_is_kept_with_who_made_it_and_when(stores: Stores) -> None:
    await link(stores)
    made = change(stores, ANNA, "console:root")
    stores.clock.advance(60)
    await stores.links.unlink(ANNA_CHAT, changed_by="telegram:4242")
    ended = change(stores, ANNA, "telegram:4242", is_end=True)
    assert await stores.links.list_changes(10) == [ended, made]


async def test_a_new_link_ends_the_old_one_in_the_history_too(stores: Stores) -> None:
    await link(stores, ANNA)
    await link(stores, BORIS, by="slack:T1/U1")
    assert await stores.links.list_changes(2) == [
        change(stores, BORIS, "slack:T1/U1"),
        change(stores, ANNA, "slack:T1/U1", is_end=True),
    ]


async def test_a_link_that_stands_already_is_no_change(stores: Stores) -> None:
    await link(stores, ANNA)
    made = change(stores, ANNA, "console:root")
    stores.clock.advance(60)
    await stores.links.link(
        ANNA_CHAT,
        Located(stores.portal, Recipient(ANNA.user_id, "Anna Orlova")),
        proof=Proof.CODE,
        changed_by="telegram:4242",
        handle="anna",
    )
    assert await stores.links.list_changes(10) == [made]
    found = await stores.people.find_link(ANNA_CHAT)
    assert found is not None
    assert (found.recipient.name, found.handle) == ("Anna Orlova", "anna")
    await stores.links.link(
        ANNA_CHAT,
        Located(stores.other_portal, ANNA),
        proof=Proof.CODE,
        changed_by="telegram:4242",
    )
    assert len(await stores.links.list_changes(10)) == 3


async def test_the_history_can_be_of_one_identity_or_of_one_bitrix24_person(
    stores: Stores,
) -> None:
    await link(stores, ANNA)
    person = Located(stores.other_portal, BORIS)
    await stores.links.link(BORIS_CHAT, person, proof=Proof.EMAIL, changed_by="telegram:4343")
    (of_boris,) = await stores.links.list_changes(10, identity=BORIS_CHAT)
    assert (of_boris.proof, of_boris.person) == (Proof.EMAIL, person)
    assert [one.identity for one in await stores.links.list_changes(10, user_id=ANNA.user_id)] == [
        ANNA_CHAT
    ]


async def test_who_was_linked_once_is_known_for_good(stores: Stores) -> None:
    await stores.people.note_seen(Sender(ANNA_CHAT, "anna"))
    assert not await stores.links.was_ever_linked(ANNA_CHAT)
    assert not await stores.links.was_ever_linked(BORIS_CHAT)
    await link(stores)
    assert await stores.links.was_ever_linked(ANNA_CHAT)
    await stores.links.unlink(ANNA_CHAT, changed_by="telegram:4242")
    assert await stores.links.was_ever_linked(ANNA_CHAT)

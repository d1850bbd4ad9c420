"""What ``bridge.ports.People`` promises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge.people.identity import Identity, Link, Located, Platform, Sender
from bridge.people.linking import Proof
from tests.contract.stores import ANNA, BORIS

if TYPE_CHECKING:
    from bridge.people.identity import Recipient
    from tests.contract.stores import Stores

ANNA_CHAT = Identity(Platform.TELEGRAM, "", "4242")
BORIS_CHAT = Identity(Platform.TELEGRAM, "", "4343")


async def link(
    stores: Stores, identity: Identity, recipient: Recipient = ANNA, handle: str = ""
) -> None:
    await stores.links.link(
        identity,
        Located(stores.portal, recipient),
        proof=Proof.ADMINISTRATOR,
        changed_by="console:root",
        handle=handle,
    )


async def list_handles(stores: Stores) -> list[str]:
    return list(await stores.people.list_handles(Platform.TELEGRAM, "", stores.portal))


async def find(stores: Stores, handle: str, workspace: str = "") -> Link | Identity | None:
    return await stores.people.find_by_handle(Platform.TELEGRAM, workspace, handle)


async def test_a_stranger_has_no_link(stores: Stores) -> None:
    assert await stores.people.find_link(ANNA_CHAT) is None
    assert await find(stores, "anna") is None


async def test_somebody_seen_is_known_by_handle_but_has_no_link(stores: Stores) -> None:
    await stores.people.note_seen(Sender(ANNA_CHAT, "anna", "Anna"))
    assert await find(stores, "anna") == ANNA_CHAT
    assert await stores.people.find_link(ANNA_CHAT) is None


async def test_somebody_linked_is_found_by_identity_and_by_handle(stores: Stores) -> None:
    await link(stores, ANNA_CHAT, handle="anna")
    expected = Link(ANNA_CHAT, stores.portal, ANNA, "anna")
    assert await stores.people.find_link(ANNA_CHAT) == expected
    assert await find(stores, "anna") == expected


async def test_the_link_of_whoever_is_seen_comes_along_with_the_handle_they_have_now(
    stores: Stores,
) -> None:
    assert await stores.people.note_seen(Sender(ANNA_CHAT, "anna")) is None
    await link(stores, ANNA_CHAT, handle="anna")
    for handle in ("anna", "anna_p", "anna_p"):
        expected = Link(ANNA_CHAT, stores.portal, ANNA, handle)
        assert await stores.people.note_seen(Sender(ANNA_CHAT, handle)) == expected


async def test_case_does_not_matter_in_any_script(stores: Stores) -> None:
    await link(stores, ANNA_CHAT, handle="Straße_Анна")
    assert await find(stores, "STRASSE_АННА") is not None


async def test_nobody_is_found_by_an_empty_handle(stores: Stores) -> None:
    await stores.people.note_seen(Sender(ANNA_CHAT))
    assert await find(stores, "") is None


async def test_a_handle_is_found_in_its_own_platform_and_workspace_alone(stores: Stores) -> None:
    await link(stores, ANNA_CHAT, handle="anna")
    assert await find(stores, "anna", workspace="T1") is None
    assert await stores.people.find_by_handle(Platform.SLACK, "", "anna") is None


async def test_the_same_handle_may_live_in_two_workspaces(stores: Stores) -> None:
    first, second = (Identity(Platform.SLACK, team, "U1") for team in ("T1", "T2"))
    await stores.people.note_seen(Sender(first, "anna"))
    await stores.people.note_seen(Sender(second, "anna"))
    assert await stores.people.find_by_handle(Platform.SLACK, "T1", "anna") == first
    assert await stores.people.find_by_handle(Platform.SLACK, "T2", "anna") == second


async def test_a_handle_that_changes_hands_moves(stores: Stores) -> None:
    await link(stores, ANNA_CHAT, handle="duty")
    await link(stores, BORIS_CHAT, BORIS)
    await stores.people.note_seen(Sender(BORIS_CHAT, "Duty"))
    assert await find(stores, "duty") == Link(BORIS_CHAT, stores.portal, BORIS, "Duty")
    old_owner = await stores.people.find_link(ANNA_CHAT)
    assert old_owner is not None
    assert old_owner.handle == ""
    assert await list_handles(stores) == ["Duty"]


async def test_a_stranger_takes_no_handle_away_from_somebody_linked(stores: Stores) -> None:
    await link(stores, ANNA_CHAT, handle="duty")
    await stores.people.note_seen(Sender(BORIS_CHAT, "boris"))
    await stores.people.note_seen(Sender(BORIS_CHAT, "Duty"))
    assert await find(stores, "duty") == Link(ANNA_CHAT, stores.portal, ANNA, "duty")
    assert await find(stores, "boris") is None


async def test_a_stranger_who_is_linked_has_their_handle_from_the_next_time_they_are_seen(
    stores: Stores,
) -> None:
    await link(stores, ANNA_CHAT, handle="duty")
    await stores.people.note_seen(Sender(BORIS_CHAT, "duty"))
    await link(stores, BORIS_CHAT, BORIS)
    await stores.people.note_seen(Sender(BORIS_CHAT, "duty"))
    assert await find(stores, "duty") == Link(BORIS_CHAT, stores.portal, BORIS, "duty")


async def test_a_handle_moves_from_stranger_to_stranger(stores: Stores) -> None:
    await stores.people.note_seen(Sender(ANNA_CHAT, "duty"))
    await stores.people.note_seen(Sender(BORIS_CHAT, "duty"))
    assert await find(stores, "duty") == BORIS_CHAT


async def test_a_handle_given_with_a_link_moves_too(stores: Stores) -> None:
    await stores.people.note_seen(Sender(BORIS_CHAT, "duty"))
    await link(stores, ANNA_CHAT, handle="DUTY")
    found = await find(stores, "duty")
    assert isinstance(found, Link)
    assert found.identity == ANNA_CHAT


async def test_a_new_handle_replaces_the_old_one(stores: Stores) -> None:
    await link(stores, ANNA_CHAT, handle="anna")
    await stores.people.note_seen(Sender(ANNA_CHAT, "anna_p"))
    assert await find(stores, "anna") is None
    assert isinstance(await find(stores, "anna_p"), Link)


async def test_who_has_no_handle_on_the_platform_keeps_the_one_an_administrator_gave(
    stores: Stores,
) -> None:
    await link(stores, ANNA_CHAT, handle="anna")
    await stores.people.note_seen(Sender(ANNA_CHAT, display_name="Anna"))
    assert isinstance(await find(stores, "anna"), Link)


async def test_a_link_without_a_handle_leaves_the_one_there_is(stores: Stores) -> None:
    await stores.people.note_seen(Sender(ANNA_CHAT, "anna"))
    await link(stores, ANNA_CHAT)
    assert isinstance(await find(stores, "anna"), Link)


async def test_a_new_link_replaces_the_old_one(stores: Stores) -> None:
    await link(stores, ANNA_CHAT, ANNA)
    await link(stores, ANNA_CHAT, BORIS)
    found = await stores.people.find_link(ANNA_CHAT)
    assert found is not None
    assert found.recipient == BORIS


async def test_the_handles_of_those_linked_to_a_portal_are_listed(stores: Stores) -> None:
    await link(stores, BORIS_CHAT, BORIS, handle="boris")
    await link(stores, ANNA_CHAT, ANNA, handle="anna")
    await link(stores, Identity(Platform.TELEGRAM, "", "1"), ANNA)
    await link(stores, Identity(Platform.SLACK, "T1", "U1"), ANNA, handle="elsewhere")
    await stores.people.note_seen(Sender(Identity(Platform.TELEGRAM, "", "2"), "stranger"))
    in_other_portal = Located(stores.other_portal, ANNA)
    await stores.links.link(
        Identity(Platform.TELEGRAM, "", "3"),
        in_other_portal,
        proof=Proof.ADMINISTRATOR,
        changed_by="a test",
        handle="eve",
    )
    assert await list_handles(stores) == ["anna", "boris"]


async def test_one_person_seen_many_times_at_once_is_one_person(stores: Stores) -> None:
    senders = [Sender(ANNA_CHAT, f"anna{number}") for number in range(10)]
    await asyncio.gather(*(stores.people.note_seen(sender) for sender in senders))
    found = [await find(stores, sender.handle) for sender in senders]
    assert found.count(ANNA_CHAT) == 1


async def test_names_that_no_database_can_hold_are_kept_all_the_same(stores: Stores) -> None:
    await stores.people.note_seen(Sender(ANNA_CHAT, "an\ud83dna\0", "Anna \udc00"))
    assert await find(stores, "AN\ud83dNA\0") == ANNA_CHAT


async def test_links_are_found_by_many_handles_and_ids_at_once(stores: Stores) -> None:
    await link(stores, ANNA_CHAT, ANNA, handle="Anna")
    await link(stores, BORIS_CHAT, BORIS, handle="boris")
    await stores.people.note_seen(Sender(Identity(Platform.TELEGRAM, "", "4444"), "clara"))
    nobodies = [f"nobody{number}" for number in range(1_500)]
    found = await stores.people.find_links(
        Platform.TELEGRAM, "", handles=["ANNA", "clara", "", *nobodies], external_ids=["4343"]
    )
    assert {(link.identity, link.recipient) for link in found} == {
        (ANNA_CHAT, ANNA),
        (BORIS_CHAT, BORIS),
    }


async def test_who_is_named_twice_is_found_once(stores: Stores) -> None:
    await link(stores, ANNA_CHAT, handle="anna")
    found = await stores.people.find_links(
        Platform.TELEGRAM, "", handles=["anna", "Anna"], external_ids=["4242"]
    )
    assert found == [Link(ANNA_CHAT, stores.portal, ANNA, "anna")]


async def test_nobody_is_found_in_another_workspace_or_by_no_name(stores: Stores) -> None:
    await link(stores, ANNA_CHAT)
    people = stores.people
    assert not await people.find_links(Platform.SLACK, "", handles=["anna"], external_ids=["4242"])
    assert not await people.find_links(
        Platform.TELEGRAM, "T1", handles=["anna"], external_ids=["4242"]
    )
    assert not await people.find_links(Platform.TELEGRAM, "", handles=["", "x"], external_ids=[])

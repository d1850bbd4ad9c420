"""What ``bridge.ports.Groups`` promises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge.people.groups import Group
from bridge.people.identity import Identity, Located, Platform
from bridge.people.linking import Proof
from tests.contract.stores import ANNA, BORIS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.people.identity import PortalId, Recipient
    from tests.contract.stores import Stores


async def create(stores: Stores, name: str, *people: Recipient) -> bool:
    members = tuple(Located(stores.portal, person) for person in people)
    group = Group(portal=stores.portal, name=name, members=members, created_by="telegram:1")
    return await stores.groups.create(group)


async def names(stores: Stores, name: str, portal: PortalId | None = None) -> list[str]:
    (group,) = await stores.groups.find(portal or stores.portal, [name])
    return [member.recipient.name for member in group.members]


async def listed(stores: Stores, portal: PortalId) -> Sequence[str]:
    return [group.name for group in await stores.groups.list_all(portal)]


async def test_a_group_is_found_whatever_the_case_of_its_name(stores: Stores) -> None:
    assert await create(stores, "OnCall", BORIS, ANNA)
    (group,) = await stores.groups.find(stores.portal, ["oncall", "other"])
    assert group == Group(
        portal=stores.portal,
        name="OnCall",
        members=(Located(stores.portal, BORIS), Located(stores.portal, ANNA)),
        created_by="telegram:1",
    )


async def test_two_groups_of_a_portal_never_have_one_name(stores: Stores) -> None:
    assert await create(stores, "oncall", ANNA)
    assert not await create(stores, "ONCALL", BORIS)
    assert await names(stores, "oncall") == [ANNA.name]
    made = await asyncio.gather(*(create(stores, "backend", ANNA) for _ in range(5)))
    assert sorted(made) == [False] * 4 + [True]


async def test_another_portal_has_groups_of_its_own(stores: Stores) -> None:
    await create(stores, "oncall", ANNA)
    assert not await stores.groups.find(stores.other_portal, ["oncall"])
    group = Group(
        portal=stores.other_portal,
        name="oncall",
        members=(Located(stores.portal, ANNA), Located(stores.other_portal, ANNA)),
        created_by="telegram:1",
    )
    assert await stores.groups.create(group)
    assert await stores.groups.find(stores.other_portal, ["oncall"]) == [group]


async def test_groups_are_listed_in_the_order_of_the_alphabet(stores: Stores) -> None:
    for name in ("beta", "Alpha", "gamma"):
        await create(stores, name, ANNA)
    assert await listed(stores, stores.portal) == ["Alpha", "beta", "gamma"]
    assert await listed(stores, stores.other_portal) == []


async def test_people_come_and_go_and_nobody_is_in_a_group_twice(stores: Stores) -> None:
    await create(stores, "oncall", ANNA)
    anna, boris = Located(stores.portal, ANNA), Located(stores.portal, BORIS)
    changed = await stores.groups.change(stores.portal, "ONCALL", add=[anna, boris])
    assert changed
    assert changed.members == (anna, boris)
    changed = await stores.groups.change(stores.portal, "oncall", remove=[anna])
    assert changed
    assert changed.members == (boris,)
    assert await names(stores, "oncall") == [BORIS.name]
    await stores.groups.change(stores.portal, "oncall", add=[anna], remove=[boris])
    assert await names(stores, "oncall") == [ANNA.name]


async def test_the_last_one_may_go(stores: Stores) -> None:
    await create(stores, "oncall", ANNA)
    anna = Located(stores.portal, ANNA)
    changed = await stores.groups.change(stores.portal, "oncall", remove=[anna])
    assert changed
    assert changed.members == ()


async def test_all_who_are_added_at_once_are_in(stores: Stores) -> None:
    await create(stores, "oncall")
    await asyncio.gather(
        *(
            stores.groups.change(stores.portal, "oncall", add=[Located(stores.portal, person)])
            for person in (ANNA, BORIS, ANNA)
        )
    )
    assert sorted(await names(stores, "oncall")) == [ANNA.name, BORIS.name]


async def test_a_deleted_group_is_gone_with_its_people(stores: Stores) -> None:
    await create(stores, "oncall", ANNA)
    assert await stores.groups.delete(stores.portal, "OnCall")
    assert not await stores.groups.delete(stores.portal, "oncall")
    assert not await stores.groups.find(stores.portal, ["oncall"])
    assert await stores.groups.change(stores.portal, "oncall", add=[]) is None
    assert await create(stores, "oncall")
    assert await names(stores, "oncall") == []


async def test_the_handles_of_linked_people_are_known_on_every_platform(stores: Stores) -> None:
    here = Located(stores.portal, ANNA)
    for number, platform in enumerate((Platform.SLACK, Platform.TELEGRAM)):
        identity = Identity(platform, "T1", f"U{number}")
        handle = f"Anna{number}"
        await stores.links.link(
            identity, here, proof=Proof.EMAIL, changed_by="a test", handle=handle
        )
    assert await stores.groups.is_handle(stores.portal, "anna0")
    assert await stores.groups.is_handle(stores.portal, "ANNA1")
    assert not await stores.groups.is_handle(stores.portal, "anna")
    assert not await stores.groups.is_handle(stores.portal, "")
    assert not await stores.groups.is_handle(stores.other_portal, "anna0")


async def test_those_we_know_in_a_portal_are_who_is_linked_or_in_a_group(stores: Stores) -> None:
    identity = Identity(Platform.TELEGRAM, "", "1")
    located = Located(stores.portal, ANNA)
    await stores.links.link(identity, located, proof=Proof.CODE, changed_by="telegram:1")
    assert await create(stores, "oncall", BORIS, ANNA)
    assert await stores.links.list_user_ids(stores.portal) == [ANNA.user_id, BORIS.user_id]
    assert await stores.links.list_user_ids(stores.other_portal) == []

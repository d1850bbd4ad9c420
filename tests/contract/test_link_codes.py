"""What ``bridge.ports.LinkCodes`` promises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge.people.identity import BitrixUserId, Identity, Located, Platform, Recipient
from bridge.people.linking import MOST_CODES, MOST_TRIES, OpenedCode, Proof, SentCode, Tried
from tests.contract.stores import ANNA, BORIS

if TYPE_CHECKING:
    from tests.contract.stores import Stores

ANNA_CHAT = Identity(Platform.TELEGRAM, "", "4242")
HASH = "the hash of a code"


def identity(number: int) -> Identity:
    return Identity(Platform.TELEGRAM, "", str(number))


async def ask(stores: Stores, who: Identity = ANNA_CHAT, whom: Recipient = ANNA) -> OpenedCode:
    return await stores.link_codes.open(who, Located(stores.portal, whom), HASH)


async def find(stores: Stores, who: Identity = ANNA_CHAT) -> SentCode:
    sent = await stores.link_codes.find_open(who)
    assert sent is not None
    return sent


async def test_the_right_code_links_the_identity_that_asked(stores: Stores) -> None:
    opened = await ask(stores)
    assert opened == OpenedCode(id=opened.id, may_be_sent=True)
    assert await find(stores) == SentCode(opened.id, HASH)
    tried = await stores.link_codes.use(opened.id, is_right=True)
    assert tried == Tried(Located(stores.portal, ANNA))
    link = await stores.people.find_link(ANNA_CHAT)
    assert link is not None
    assert link.recipient == ANNA
    (change,) = await stores.links.list_changes(10)
    assert (change.proof, change.changed_by) == (Proof.CODE, "telegram:4242")


async def test_a_code_can_be_used_once(stores: Stores) -> None:
    opened = await ask(stores)
    await stores.link_codes.use(opened.id, is_right=True)
    assert await stores.link_codes.find_open(ANNA_CHAT) is None
    await stores.links.unlink(ANNA_CHAT, changed_by="telegram:4242")
    assert await stores.link_codes.use(opened.id, is_right=True) == Tried()
    assert await stores.people.find_link(ANNA_CHAT) is None


async def test_nobody_else_finds_a_code(stores: Stores) -> None:
    await ask(stores)
    assert await stores.link_codes.find_open(identity(1)) is None
    await stores.link_codes.open(identity(1), None, HASH)
    assert (await find(stores, identity(1))).code_hash == ""


async def test_wrong_tries_are_counted_and_the_last_one_ends_the_code(stores: Stores) -> None:
    opened = await ask(stores)
    left = [
        (await stores.link_codes.use(opened.id, is_right=False)).tries_left
        for _ in range(MOST_TRIES)
    ]
    assert left == [4, 3, 2, 1, 0]
    assert await stores.link_codes.find_open(ANNA_CHAT) is None
    assert await stores.link_codes.use(opened.id, is_right=True) == Tried()


async def test_tries_at_the_same_moment_are_all_counted(stores: Stores) -> None:
    opened = await ask(stores)
    tries = [stores.link_codes.use(opened.id, is_right=False) for _ in range(20)]
    tries.append(stores.link_codes.use(opened.id, is_right=True))
    await asyncio.gather(*tries)
    assert await stores.people.find_link(ANNA_CHAT) is None


async def test_a_code_lives_for_ten_minutes(stores: Stores) -> None:
    opened = await ask(stores)
    stores.clock.advance(599)
    assert (await find(stores)).code_hash == HASH
    stores.clock.advance(1)
    assert await stores.link_codes.find_open(ANNA_CHAT) is None
    assert await stores.link_codes.use(opened.id, is_right=True) == Tried()
    assert await stores.people.find_link(ANNA_CHAT) is None


async def test_a_new_code_ends_the_one_before(stores: Stores) -> None:
    first, second = await ask(stores), await ask(stores, whom=BORIS)
    assert (await find(stores)).id == second.id
    assert await stores.link_codes.use(first.id, is_right=True) == Tried()
    assert await stores.link_codes.use(second.id, is_right=True) == Tried(
        Located(stores.portal, BORIS)
    )


async def test_one_gets_five_codes_an_hour_whoever_is_meant(stores: Stores) -> None:
    first_at = stores.now
    for number in range(MOST_CODES):
        whom = Recipient(BitrixUserId(number + 1)) if number % 2 else None
        person = Located(stores.portal, whom) if whom else None
        assert (await stores.link_codes.open(ANNA_CHAT, person, HASH)).id
        stores.clock.advance(60)
        assert bool(await stores.link_codes.next_at(ANNA_CHAT)) == (number == MOST_CODES - 1)
    refused = await ask(stores)
    assert await stores.link_codes.next_at(ANNA_CHAT) == refused.again_at
    assert await stores.link_codes.next_at(identity(1)) is None
    assert (refused.id, refused.may_be_sent) == (0, False)
    assert refused.again_at is not None
    assert (refused.again_at - first_at).total_seconds() == 3600
    stores.clock.advance(3600 - MOST_CODES * 60)
    assert await stores.link_codes.next_at(ANNA_CHAT) is None
    assert (await ask(stores)).may_be_sent


async def test_one_who_has_had_too_many_can_still_use_the_last(stores: Stores) -> None:
    opened = [await ask(stores) for _ in range(MOST_CODES)][-1]
    await ask(stores)
    assert (await stores.link_codes.use(opened.id, is_right=True)).person


async def test_an_account_gets_five_codes_an_hour_and_those_who_ask_cannot_tell(
    stores: Stores,
) -> None:
    for number in range(MOST_CODES):
        assert (await ask(stores, identity(number))).may_be_sent
    opened = await ask(stores, identity(99))
    assert opened == OpenedCode(id=opened.id)
    assert await find(stores, identity(99)) == SentCode(opened.id, "")
    assert (await ask(stores, identity(98), BORIS)).may_be_sent
    stores.clock.advance(3600)
    assert (await ask(stores, identity(97))).may_be_sent


async def test_one_gets_five_codes_an_hour_and_has_one_open_if_they_ask_at_once(
    stores: Stores,
) -> None:
    await stores.link_codes.withdraw((await ask(stores)).id)
    opened = await asyncio.gather(*(ask(stores) for _ in range(20)))
    assert sum(one.id > 0 for one in opened) == MOST_CODES
    await find(stores)


async def test_an_account_gets_five_codes_an_hour_if_all_ask_at_once(stores: Stores) -> None:
    opened = await asyncio.gather(*(ask(stores, identity(number)) for number in range(20)))
    assert sum(one.may_be_sent for one in opened) == MOST_CODES


async def test_what_was_not_sent_can_only_be_mistyped(stores: Stores) -> None:
    opened = await stores.link_codes.open(ANNA_CHAT, None, HASH)
    assert opened == OpenedCode(id=opened.id)
    assert await stores.link_codes.use(opened.id, is_right=True) == Tried(None, MOST_TRIES - 1)
    assert await stores.link_codes.use(opened.id, is_right=False) == Tried(None, MOST_TRIES - 2)
    assert await stores.people.find_link(ANNA_CHAT) is None


async def test_a_code_that_could_not_be_sent_does_not_count(stores: Stores) -> None:
    for _ in range(2 * MOST_CODES):
        opened = await ask(stores)
        assert opened.may_be_sent
        await stores.link_codes.withdraw(opened.id)
    assert await stores.link_codes.find_open(ANNA_CHAT) is None

"""What ``AccessRules`` and ``Times`` promise, and what is noted of who was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.people.identity import Identity, Platform, Sender
from bridge.people.permissions import Role, Rule
from tests.contract.stores import make_sender
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from tests.contract.stores import Stores

PERSON = Rule(Role.SENDER, Platform.SLACK, "T1", "U1")
WORKSPACE = Rule(Role.SENDER, Platform.SLACK, "T1")
HOUR = timedelta(hours=1)


async def test_what_is_allowed_is_listed_until_it_is_denied(stores: Stores) -> None:
    administrator = replace(PERSON, role=Role.ADMINISTRATOR)
    assert await stores.access.list_rules() == []
    for rule in (PERSON, WORKSPACE, administrator):
        assert await stores.access.allow(rule, "console:root")
        assert not await stores.access.allow(rule, "console:root")
    assert set(await stores.access.list_rules()) == {PERSON, WORKSPACE, administrator}
    assert await stores.access.deny(PERSON)
    assert not await stores.access.deny(PERSON)
    assert set(await stores.access.list_rules()) == {WORKSPACE, administrator}


async def test_the_times_of_a_senders_commands_are_told_newest_first(stores: Stores) -> None:
    who, other = make_sender(), make_sender()
    times = [stores.now + timedelta(seconds=second) for second in range(5)]
    for time in times:
        for sender in (who, other):
            incoming = replace(make_incoming("x", sender=sender), received_at=time)
            assert await stores.inbox.store(incoming)
    last = 2 * len(times)
    listed = stores.times.list_times
    assert list(await listed(who.identity, last, 3)) == [times[4], times[3], times[2]]
    assert list(await listed(who.identity, last - 2, 3)) == [times[3], times[2], times[1]]
    assert list(await listed(who.identity, last, 9)) == times[::-1]
    assert list(await listed(make_sender().identity, last, 9)) == []


async def test_a_refusal_is_noted_once_within_a_while(stores: Stores) -> None:
    stranger = Sender(Identity(Platform.TELEGRAM, "", "666"), "mallory")
    await stores.people.note_seen(stranger)

    async def note() -> bool:
        return await stores.people.note_refusal(
            stranger.identity, stores.now, unless_since=stores.now - HOUR
        )

    assert await note()
    stores.clock.advance(HOUR.total_seconds() - 1)
    assert not await note()
    stores.clock.advance(1)
    assert await note()
    assert not await note()


async def test_nothing_is_noted_of_who_was_never_seen(stores: Stores) -> None:
    stranger = Identity(Platform.TELEGRAM, "", "666")
    now = stores.now
    assert not await stores.people.note_refusal(stranger, now, unless_since=now - HOUR)

"""People who are named by their ids alone get names, if Slack tells them in time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from adapters.slack.naming import Namer
from bridge.markup.nodes import Mention, Paragraph, Quote, Shared, Strong, Text
from bridge.people.identity import Identity, Platform, Sender
from bridge.people.member import Member
from tests.fakes.incoming import make_incoming
from tests.fakes.members import FakeMembers

if TYPE_CHECKING:
    from bridge.incoming import Incoming
    from bridge.markup.nodes import Node

ANNA = Identity(Platform.SLACK, "T1", "U2")
MARIA = Sender(Identity(Platform.SLACK, "T1", "U1"))


def _members() -> FakeMembers:
    return FakeMembers(
        Member(identity=ANNA, handle="anna", display_name="Anna Petrova"),
        Member(identity=MARIA.identity, handle="maria", display_name="Maria Weber"),
    )


def _typed(*typed: str | Node) -> Incoming:
    return make_incoming(*typed, sender=MARIA, workspace="T1")


class SlowMembers(FakeMembers):
    """Members who are told of some other day."""

    async def find(self, identity: Identity) -> Member | None:
        """Wait for ever."""
        await asyncio.Future()
        return None


async def test_names_are_found_wherever_people_are_mentioned() -> None:
    nameless = Mention("U2", "U2")
    shared = Shared("Boris", (Quote((Paragraph((nameless,)),)),))
    incoming = _typed("/b24notify ", nameless, " hi ", Strong((nameless,)))

    named = await Namer(_members()).complete(replace(incoming, shared=shared))

    anna = Mention("anna", "U2")
    assert named.typed == (Text("/b24notify "), anna, Text(" hi "), Strong((anna,)))
    assert named.shared == Shared("Boris", (Quote((Paragraph((anna,)),)),))
    assert named.sender == Sender(MARIA.identity, "maria", "Maria Weber")


async def test_whoever_has_a_name_and_groups_keep_theirs() -> None:
    anna, group = Mention("my Anna", "U2"), Mention("U2", "U2", is_group=True)
    named = await Namer(_members()).complete(_typed("/b24notify ", anna, group, " hi"))
    assert named.typed == (Text("/b24notify "), anna, group, Text(" hi"))


async def test_a_slack_that_takes_its_time_holds_nothing_up() -> None:
    incoming = _typed("/b24notify ", Mention("U2", "U2"), " hi")
    async with asyncio.timeout(5):
        assert await Namer(SlowMembers(), patience_seconds=0.01).complete(incoming) == incoming


async def test_whom_slack_does_not_know_stays_an_id() -> None:
    incoming = _typed("/b24notify ", Mention("U7", "U7"), Mention("U2", "U2"))
    named = await Namer(_members()).complete(incoming)
    assert named.typed[1:] == (Mention("U7", "U7"), Mention("anna", "U2"))

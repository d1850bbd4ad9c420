"""What the command line reads beyond the ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.commands.decided import Decided
from bridge.delivery.notification import Verdict
from bridge.delivery.state import State
from bridge.markup.nodes import Document, Paragraph, Text
from bridge.people.identity import Identity, Located, Platform, Sender
from bridge.people.linking import Proof
from storage.database import Database
from storage.deliveries import Filter, SqlDeliveries
from storage.inbox import SqlInbox
from storage.links import SqlLinks
from storage.outbox import SqlOutbox
from storage.people import KnownPerson, SqlPeople
from storage.portals import SqlPortals
from tests.contract.stores import ANNA, BORIS, notify
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import MARIA, make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.incoming import Incoming
    from bridge.replies.untold import Untold

ANNA_CHAT = Identity(Platform.SLACK, "T1", "U1")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def database(database_url: str, clock: FakeClock) -> AsyncIterator[Database]:
    database = Database(database_url, now=clock.now)
    await database.open()
    yield database
    await database.close()


async def find_outcome(database: Database, incoming: Incoming) -> Untold | None:
    return await SqlInbox(database).find_outcome(
        incoming.platform, incoming.workspace, incoming.event_id
    )


async def test_a_command_has_no_outcome_before_it_is_carried_out(database: Database) -> None:
    incoming = make_incoming("hello")
    assert await find_outcome(database, incoming) is None
    await SqlInbox(database).store(incoming)
    assert await find_outcome(database, incoming) is None


async def test_an_outcome_is_seen_by_another_process_as_it_comes(
    database: Database, clock: FakeClock
) -> None:
    inbox, outbox, incoming = SqlInbox(database), SqlOutbox(database), make_incoming("hello")
    portal = await SqlPortals(database).ensure("one.example", "One")
    await inbox.store(incoming)
    (stored,) = await inbox.list_open(clock.now(), 1)
    reply = Document((Paragraph((Text("One was left out."),)),))
    await inbox.close(
        stored.id, Decided(reply=reply, notifications={portal: [notify("a"), notify("b", BORIS)]})
    )
    outcome = await find_outcome(database, incoming)
    assert outcome is not None
    assert (outcome.incoming, outcome.reply) == (incoming, reply)
    assert [entry.state for entry in outcome.progress] == [State.QUEUED, State.QUEUED]
    first, _ = await outbox.take_due(portal, clock.now(), 50)
    await outbox.record(
        [Verdict(delivery_id=first.id, attempt=first.attempt, state=State.DELIVERED)]
    )
    outcome = await find_outcome(database, incoming)
    assert outcome is not None
    assert [entry.state for entry in outcome.progress] == [State.DELIVERED, State.SENDING]


async def test_deliveries_are_listed_latest_first_and_by_state(
    database: Database, clock: FakeClock
) -> None:
    inbox, outbox, incoming = SqlInbox(database), SqlOutbox(database), make_incoming("hello")
    portal = await SqlPortals(database).ensure("one.example", "One")
    await inbox.store(incoming)
    (stored,) = await inbox.list_open(clock.now(), 1)
    queued_at = clock.now()
    await inbox.close(
        stored.id, Decided(reply=None, notifications={portal: [notify("a"), notify("b", BORIS)]})
    )
    (first,) = await outbox.take_due(portal, clock.advance(1), 1)
    clock.advance(1)
    await outbox.record(
        [Verdict(delivery_id=first.id, attempt=first.attempt, state=State.DEAD, code="TIMEOUT")]
    )
    deliveries = SqlDeliveries(database)
    latest, dead = await deliveries.list_latest(10)
    assert [record.recipient for record in await deliveries.list_latest(1)] == [BORIS.name]
    assert await deliveries.list_latest(10, Filter(state=State.DEAD)) == [dead]
    assert (latest.state, latest.next_try_at, latest.finished_at) == (State.QUEUED, queued_at, None)
    assert (dead.recipient, dead.user_id, dead.tag) == (ANNA.name, ANNA.user_id, "a")
    assert (dead.attempts, dead.code, dead.next_try_at) == (1, "TIMEOUT", None)
    assert (dead.queued_at, dead.finished_at) == (queued_at, clock.now())
    assert dead.sender == str(MARIA.identity)


async def test_everybody_known_is_listed_with_their_link(
    database: Database, clock: FakeClock
) -> None:
    people = SqlPeople(database)
    portal = await SqlPortals(database).ensure("one.example", "One")
    await people.note_seen(MARIA)
    seen_at = clock.now()
    clock.advance(60)
    await people.note_seen(MARIA)
    await SqlLinks(database).link(
        ANNA_CHAT,
        Located(portal, ANNA),
        proof=Proof.ADMINISTRATOR,
        changed_by="console:root",
        handle="anna",
    )
    assert await people.list_known() == [
        KnownPerson(identity="telegram:1", handle="maria", name="Maria", seen_at=seen_at),
        KnownPerson(
            identity="slack:T1/U1",
            handle="anna",
            name="",
            portal="One",
            recipient="Anna Petrova",
            user_id=5,
            proved_by="administrator",
            linked_by="console:root",
            linked_at=clock.now(),
        ),
    ]


async def test_when_somebody_was_seen_is_known_to_the_hour(
    database: Database, clock: FakeClock
) -> None:
    people = SqlPeople(database)
    await people.note_seen(MARIA)
    await people.note_seen(Sender(MARIA.identity, "maria", "Maria"))
    clock.advance(3600)
    await people.note_seen(MARIA)
    (known,) = await people.list_known()
    assert known.seen_at == clock.now()

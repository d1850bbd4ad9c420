"""What is over is removed in time; what waits or was given up is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from bridge.commands.decided import Decided
from bridge.delivery.notification import Verdict
from bridge.delivery.state import State
from bridge.markup.nodes import Document, Paragraph, Text
from storage.answers import SqlAnswers
from storage.database import Database
from storage.deliveries import SqlDeliveries
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.portals import SqlPortals
from storage.retention import SqlRetention
from tests.contract.stores import notify
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlmodel import Session

    from bridge.people.identity import PortalId

REPLY = Document((Paragraph((Text("a secret reply"),)),))


class Scene:
    """A database that grows old."""

    def __init__(self, database: Database, clock: FakeClock, portal: PortalId) -> None:
        self._database = database
        self.clock = clock
        self.portal = portal
        self.inbox = SqlInbox(database)
        self.outbox = SqlOutbox(database)
        self.answers = SqlAnswers(database)
        self.deliveries = SqlDeliveries(database)
        self.retention = SqlRetention(database, portion=2)

    async def send(self, state: State | None, *, is_told: bool = True) -> None:
        """Carry out a command whose notification ends so; None leaves it waiting."""
        incoming = replace(make_incoming("a secret text"), received_at=self.clock.now())
        await self.inbox.store(incoming)
        (stored,) = await self.inbox.list_open(self.clock.now(), 1)
        decided = Decided(reply=REPLY, notifications={self.portal: [notify("a secret message")]})
        await self.inbox.close(stored.id, decided)
        if state:
            (taken,) = await self.outbox.take_due(self.portal, self.clock.now(), 1)
            await self.outbox.record(
                [Verdict(delivery_id=taken.id, attempt=taken.attempt, state=state, code="X")]
            )
        if is_told:
            await self.answers.mark_told(stored.id, is_final=True)

    async def ask(self) -> None:
        """Carry out a command that notifies nobody."""
        incoming = replace(make_incoming("/b24help"), received_at=self.clock.now())
        await self.inbox.store(incoming)
        (stored,) = await self.inbox.list_open(self.clock.now(), 1)
        await self.inbox.close(stored.id, Decided(reply=REPLY))
        await self.answers.mark_told(stored.id, is_final=True)

    async def remove(self, *, days: float = 30, texts_days: float = 30) -> int:
        now = self.clock.now()
        return await self.retention.remove(
            before=now - timedelta(days=days), texts_before=now - timedelta(days=texts_days)
        )

    async def read(self, query: str) -> list[Any]:
        def read(session: Session) -> list[Any]:
            return [tuple(row) for row in session.connection().execute(text(query))]

        return await self._database.read(read)

    async def states(self) -> list[str]:
        return [state for (state,) in await self.read("SELECT state FROM outbox ORDER BY id")]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    clock = FakeClock()
    database = Database(database_url, now=clock.now)
    await database.open()
    portal = await SqlPortals(database).ensure("one.example", "One")
    yield Scene(database, clock, portal)
    await database.close()


async def test_what_was_over_long_ago_is_removed_and_the_rest_stays(scene: Scene) -> None:
    for state in (State.DELIVERED, State.FAILED, State.DEAD, State.CANCELLED):
        await scene.send(state)
    scene.clock.advance(31 * 86_400)
    await scene.send(State.DELIVERED)
    await scene.send(None)
    assert await scene.remove() == 6
    assert await scene.states() == ["dead", "delivered", "queued"]
    assert len(await scene.read("SELECT id FROM inbox")) == 3
    assert len(await scene.read("SELECT id FROM delivery_events WHERE delivery_id = 2")) == 0
    assert await scene.remove() == 0


async def test_an_event_that_comes_again_a_day_later_is_dropped_however_little_is_kept(
    scene: Scene,
) -> None:
    """Telegram keeps what nobody has confirmed for 24 hours; Slack repeats for minutes."""
    incoming = make_incoming("/b24help")
    await scene.inbox.store(incoming)
    (stored,) = await scene.inbox.list_open(scene.clock.now(), 1)
    await scene.inbox.close(stored.id, Decided(reply=REPLY))
    await scene.answers.mark_told(stored.id, is_final=True)
    await scene.ask()  # the last command of all is kept anyway
    shortest_days = 1
    scene.clock.advance(shortest_days * 86_400)
    assert await scene.remove(days=shortest_days, texts_days=0) == 0
    assert not await scene.inbox.store(incoming)
    scene.clock.advance(1)
    assert await scene.remove(days=shortest_days, texts_days=0) == 1


async def test_what_waits_stays_with_its_text_however_old_it_is(scene: Scene) -> None:
    await scene.send(None, is_told=False)
    await scene.send(None, is_told=False)
    scene.clock.advance(365 * 86_400)
    assert await scene.remove(texts_days=0) == 0
    (delivery,) = await scene.outbox.take_due(scene.portal, scene.clock.now(), 1)
    assert delivery.notification.message == "a secret message"


async def test_texts_can_go_before_the_rest(scene: Scene) -> None:
    await scene.send(State.DELIVERED)
    await scene.send(State.DEAD)
    scene.clock.advance(2 * 86_400)
    await scene.send(State.DELIVERED)
    assert await scene.remove(texts_days=1) == 0
    texts = await scene.read("SELECT message || message_out FROM outbox ORDER BY id")
    assert [bool(one) for (one,) in texts] == [False, True, True]
    rows = await scene.read("SELECT incoming || coalesce(reply, '') FROM inbox ORDER BY id")
    assert ["secret" in row for (row,) in rows] == [False, False, True]


async def test_what_was_given_up_can_be_retried_with_its_text(scene: Scene) -> None:
    await scene.send(State.DELIVERED)
    await scene.send(State.DEAD)
    scene.clock.advance(365 * 86_400)
    await scene.remove(texts_days=0)
    assert len((await scene.deliveries.retry_dead()).queued) == 1
    (delivery,) = await scene.outbox.take_due(scene.portal, scene.clock.now(), 1)
    assert delivery.notification.message == "a secret message"


async def test_what_is_still_to_be_told_keeps_its_words(scene: Scene) -> None:
    await scene.send(State.DELIVERED, is_told=False)
    await scene.send(State.DELIVERED)
    scene.clock.advance(2 * 86_400)
    await scene.remove(texts_days=1)
    rows = await scene.read("SELECT reply IS NULL FROM inbox ORDER BY id")
    assert [bool(is_gone) for (is_gone,) in rows] == [False, True]


async def test_no_number_is_given_twice_though_everything_is_over(scene: Scene) -> None:
    await scene.send(State.DELIVERED)
    await scene.send(State.DELIVERED)
    await scene.ask()
    scene.clock.advance(31 * 86_400)
    await scene.remove()
    await scene.send(State.DELIVERED)
    assert await scene.read("SELECT max(id) FROM inbox") == [(4,)]
    assert await scene.read("SELECT max(id) FROM outbox") == [(3,)]

"""What administrators see of deliveries and do about them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from bridge.commands.decided import Decided
from bridge.credential import PortalKind
from bridge.delivery.history import Happening
from bridge.delivery.lane import Lane
from bridge.delivery.notification import FOR_GOOD, Verdict
from bridge.delivery.queue import Queue
from bridge.delivery.state import State
from bridge.incoming import Backlog
from bridge.people.identity import Platform, PortalId
from storage.answers import SqlAnswers
from storage.credentials import SqlCredentials
from storage.database import Database
from storage.deliveries import Filter, Retried, SqlDeliveries
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.portals import SqlPortals
from storage.vault import Vault, make_key
from tests.contract.stores import ANNA, BORIS, notify
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import MARIA, make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.replies.untold import Untold


class Scene:
    """A database with two portals, and what is done to it."""

    def __init__(self, database: Database, clock: FakeClock, one: PortalId, two: PortalId) -> None:
        self.clock = clock
        self.one = one
        self.two = two
        self.deliveries = SqlDeliveries(database)
        self.inbox = SqlInbox(database)
        self.outbox = SqlOutbox(database)
        self.answers = SqlAnswers(database)
        self.portals = SqlPortals(database)

    async def queue(self, *messages: str, portal: PortalId | None = None) -> None:
        """Queue notifications to Anna and Boris by turns, all of one command."""
        await self.inbox.store(make_incoming("/b24notify"))
        (stored,) = await self.inbox.list_open(self.clock.now(), 1)
        people = (ANNA, BORIS)
        notifications = [notify(text, people[n % 2]) for n, text in enumerate(messages)]
        decided = Decided(reply=None, notifications={portal or self.one: notifications})
        await self.inbox.close(stored.id, decided)

    async def end(self, state: State, code: str = "") -> None:
        """Try what is due, and have all attempts end alike."""
        taken = await self.outbox.take_due(self.one, self.clock.now(), 50)
        due_at = None if state.is_final else self.clock.now() + timedelta(seconds=60)
        await self.outbox.record(
            [
                Verdict(
                    delivery_id=one.id,
                    attempt=one.attempt,
                    state=state,
                    code=code,
                    due_at=due_at,
                    portal_notification_id=7,
                )
                for one in taken
            ]
        )

    async def tell_all(self) -> None:
        for one in await self.untold():
            await self.answers.mark_told(one.id, is_final=True)

    async def untold(self) -> Sequence[Untold]:
        now = self.clock.now()
        ids = await self.answers.list_untold(
            [Platform.TELEGRAM], now, waiting_since=now - timedelta(seconds=3), limit=50
        )
        found = [await self.answers.read(command_id) for command_id in ids]
        return [untold for untold in found if untold]

    async def states(self) -> list[State]:
        return [one.state for one in reversed(await self.deliveries.list_latest(100))]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    clock = FakeClock()
    database = Database(database_url, now=clock.now)
    await database.open()
    portals = SqlPortals(database)
    one, two = (
        await portals.ensure("one.example", "One"),
        await portals.ensure("two.example", "Two"),
    )
    yield Scene(database, clock, one, two)
    await database.close()


async def test_deliveries_are_found_by_portal_and_by_time(scene: Scene) -> None:
    await scene.queue("old")
    later = scene.clock.advance(3600)
    await scene.queue("new", portal=scene.two)
    everything = await scene.deliveries.list_latest(10)
    assert [one.tag for one in everything] == ["new", "old"]
    there = await scene.deliveries.list_latest(10, Filter(portal=scene.one))
    assert [one.tag for one in there] == ["old"]
    recent = await scene.deliveries.list_latest(10, Filter(since=later))
    assert [one.tag for one in recent] == ["new"]


async def test_deliveries_are_found_by_what_their_sender_quotes(scene: Scene) -> None:
    await scene.queue("a")
    await scene.queue("b", "c")
    newest = (await scene.deliveries.list_latest(1))[0]
    found = await scene.deliveries.list_latest(10, Filter(trace=newest.trace))
    assert [one.tag for one in found] == ["c", "b"]


async def test_the_next_try_is_not_before_the_portals_pause_ends(scene: Scene) -> None:
    await scene.queue("a")
    until = scene.clock.now() + timedelta(minutes=5)
    await scene.portals.pause(scene.one, until, "OVERLOAD_LIMIT")
    (held,) = await scene.deliveries.list_latest(10)
    assert (held.next_try_at, held.hold) == (until, "OVERLOAD_LIMIT")


async def test_the_next_try_is_not_before_that_of_an_older_one_to_the_same_person(
    scene: Scene,
) -> None:
    await scene.queue("to anna")
    await scene.end(State.QUEUED, "TIMEOUT")
    await scene.queue("to anna, too", "to boris")
    to_boris, too, first = await scene.deliveries.list_latest(10)
    assert too.next_try_at == first.next_try_at == scene.clock.now() + timedelta(seconds=60)
    assert to_boris.next_try_at == scene.clock.now()
    details = await scene.deliveries.find(too.id)
    assert details is not None
    assert details.record == too


async def test_nothing_is_tried_at_a_portal_that_is_held_for_good(scene: Scene) -> None:
    await scene.queue("a")
    await scene.portals.pause(scene.one, FOR_GOOD, "HELD")
    (held,) = await scene.deliveries.list_latest(10)
    assert (held.next_try_at, held.hold) == (None, "HELD")


async def test_a_delivery_is_shown_with_its_history_and_without_its_text(scene: Scene) -> None:
    await scene.queue("confidential")
    await scene.end(State.QUEUED, "TIMEOUT")
    failed_at = scene.clock.now()
    scene.clock.advance(60)
    await scene.outbox.take_due(scene.one, scene.clock.now(), 1)
    await scene.outbox.recover(scene.one)
    interrupted_at = scene.clock.now()
    await scene.end(State.DELIVERED)
    details = await scene.deliveries.find(1)
    assert details is not None
    assert [(one.at, one.what, one.attempt, one.code) for one in details.events] == [
        (failed_at, Happening.FAILED, 1, "TIMEOUT"),
        (interrupted_at, Happening.INTERRUPTED, 2, ""),
    ]
    assert (details.record.sender, details.command_id) == (str(MARIA.identity), 1)
    assert details.record.is_possibly_doubled
    assert b'"message":' not in msgspec.json.encode(details)
    asked = await scene.deliveries.find(1, with_message=True)
    assert asked is not None
    assert asked.message == "confidential"


async def test_a_repeat_is_no_double_where_an_applications_tags_replace(scene: Scene) -> None:
    credentials = SqlCredentials(scene.portals._database, Vault([make_key()]))
    installed = await credentials.connect("member1", "One", PortalKind.OAUTH, "tokens")
    for portal in (scene.one, installed):
        await scene.queue("a", portal=portal)
        await scene.outbox.take_due(portal, scene.clock.now(), 1)
        await scene.outbox.recover(portal)
    by_application, by_webhook = await scene.deliveries.list_latest(10)
    assert (by_application.is_possibly_doubled, by_webhook.is_possibly_doubled) == (False, True)


async def test_what_does_not_exist_is_not_found(scene: Scene) -> None:
    assert await scene.deliveries.find(1) is None


async def test_a_success_at_the_first_attempt_has_no_history(scene: Scene) -> None:
    await scene.queue("a")
    await scene.end(State.DELIVERED)
    details = await scene.deliveries.find(1)
    assert details is not None
    assert details.events == []


@pytest.mark.parametrize("state", [State.DEAD, State.FAILED])
async def test_what_was_given_up_is_retried_as_if_it_were_new_and_its_person_told(
    scene: Scene, state: State
) -> None:
    await scene.queue("a")
    await scene.end(state, "TIMEOUT")
    await scene.tell_all()
    scene.clock.advance(86_400)
    assert await scene.deliveries.retry(1)
    assert await scene.untold() == []
    (delivery,) = await scene.outbox.take_due(scene.one, scene.clock.now(), 50)
    assert (delivery.attempt, delivery.queued_at) == (1, scene.clock.now())
    await scene.outbox.record([Verdict(delivery_id=1, attempt=1, state=State.DELIVERED)])
    (told,) = await scene.untold()
    assert [entry.state for entry in told.progress] == [State.DELIVERED]


async def test_all_dead_ones_are_retried_and_nothing_else(scene: Scene) -> None:
    await scene.queue(*map(str, range(2)))
    await scene.end(State.DEAD, "TIMEOUT")
    await scene.queue("failed")
    await scene.end(State.FAILED, "NOT_CREATED")
    assert await scene.deliveries.retry_dead() == Retried(queued=[1, 2], replaced=[])
    assert await scene.states() == [State.QUEUED, State.QUEUED, State.FAILED]
    assert not await scene.deliveries.retry_dead()


async def test_what_a_later_one_with_its_tag_has_replaced_is_not_retried(scene: Scene) -> None:
    for tag, state in (
        ("deploy", State.DEAD),
        ("deploy", State.DELIVERED),
        ("other", State.DEAD),
        ("other", State.FAILED),
    ):
        await scene.queue(tag)
        await scene.end(state, "TIMEOUT")
    assert await scene.deliveries.retry(1) == Retried(queued=[], replaced=[1])
    assert await scene.deliveries.retry_dead() == Retried(queued=[3], replaced=[1])
    assert await scene.deliveries.retry(4) == Retried(queued=[4], replaced=[])
    assert (await scene.states())[0] == State.DEAD


@pytest.mark.parametrize("state", [State.QUEUED, State.DELIVERED, State.CANCELLED])
async def test_what_was_not_given_up_is_not_retried(scene: Scene, state: State) -> None:
    await scene.queue("a")
    if state is State.CANCELLED:
        await scene.deliveries.cancel(1)
    else:
        await scene.end(state)
    assert not await scene.deliveries.retry(1)
    assert await scene.states() == [state]


async def test_a_cancelled_one_is_not_sent_and_its_person_is_told(scene: Scene) -> None:
    await scene.queue("a", "b")
    assert await scene.deliveries.cancel(1)
    await scene.end(State.DELIVERED)
    assert await scene.states() == [State.CANCELLED, State.DELIVERED]
    (told,) = await scene.untold()
    assert [entry.state for entry in told.progress] == [State.CANCELLED, State.DELIVERED]


@pytest.mark.parametrize("state", [State.DELIVERED, State.FAILED])
async def test_what_has_ended_is_not_cancelled(scene: Scene, state: State) -> None:
    await scene.queue("a")
    await scene.end(state)
    assert not await scene.deliveries.cancel(1)
    assert await scene.states() == [state]


async def test_a_dead_one_can_be_cancelled_and_its_person_is_not_told_again(scene: Scene) -> None:
    await scene.queue("a")
    await scene.end(State.DEAD, "TIMEOUT")
    await scene.tell_all()
    assert await scene.deliveries.cancel(1)
    assert await scene.untold() == []
    assert not await scene.deliveries.retry_dead()


async def test_queues_are_measured_by_portal_and_lane(scene: Scene) -> None:
    assert await scene.portals.list_queues() == []
    oldest_at = scene.clock.now()
    await scene.queue("a", "b")
    later = scene.clock.advance(60)
    await scene.queue("c", portal=scene.two)
    await scene.outbox.take_due(scene.one, scene.clock.now(), 1)
    assert await scene.portals.list_queues() == [
        Queue(portal="One", lane=Lane.NORMAL, depth=2, oldest_at=oldest_at),
        Queue(portal="Two", lane=Lane.NORMAL, depth=1, oldest_at=later),
    ]


async def test_commands_that_nobody_carries_out_are_measured(scene: Scene) -> None:
    assert await scene.inbox.measure_open() == Backlog()
    oldest_at = scene.clock.now()
    for _ in range(2):
        incoming = replace(make_incoming("/b24notify"), received_at=scene.clock.now())
        await scene.inbox.store(incoming)
        scene.clock.advance(9)
    assert await scene.inbox.measure_open() == Backlog(2, oldest_at)
    late, soon = (scene.clock.now() + timedelta(seconds=seconds) for seconds in (60, 5))
    for command_id, until in ((1, late), (2, soon)):
        await scene.inbox.postpone(command_id, until)
    assert await scene.inbox.measure_open() == Backlog(2, oldest_at, soon)


async def test_it_is_known_when_something_is_due_at_a_portal(scene: Scene) -> None:
    await scene.queue("a")
    assert [one.next_due_at for one in await scene.portals.list_known()] == [
        scene.clock.now(),
        None,
    ]
    await scene.end(State.DELIVERED)
    assert [one.next_due_at for one in await scene.portals.list_known()] == [None, None]

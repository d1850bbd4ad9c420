"""What ``bridge.ports.Outbox`` promises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.delivery.lane import Lane
from bridge.delivery.notification import Notification, Verdict
from bridge.delivery.state import State
from bridge.people.identity import BitrixUserId, Recipient
from tests.contract.stores import ANNA, BORIS, make_sender, notify

if TYPE_CHECKING:
    from bridge.delivery.notification import Delivery
    from tests.contract.stores import Stores


async def take_one(stores: Stores) -> Delivery:
    (delivery,) = await stores.outbox.take_due(stores.portal, stores.now, 1)
    return delivery


async def retry(stores: Stores, delivery: Delivery, seconds: float) -> None:
    due_at = stores.clock.advance(seconds)
    stores.clock.advance(-seconds)
    await stores.outbox.record(
        [
            Verdict(
                delivery_id=delivery.id,
                attempt=delivery.attempt,
                state=State.QUEUED,
                due_at=due_at,
                code="TIMEOUT",
            )
        ]
    )


async def test_a_notification_comes_out_as_it_went_in(stores: Stores) -> None:
    notification = Notification(
        recipient=ANNA,
        message="[b]жирный[/b] 👩‍🚀\n" * 500,
        message_out="жирный",
        tag="t" * 246,
        sub_tag="s",
        attach='{"BLOCKS": []}',
        lane=Lane.BULK,
        is_system=True,
    )
    await stores.queue(notification)
    queued_at = stores.now
    stores.clock.advance(5)
    delivery = await take_one(stores)
    assert delivery.notification == notification
    assert (delivery.attempt, delivery.queued_at) == (1, queued_at)


async def test_what_is_taken_is_not_taken_again(stores: Stores) -> None:
    await stores.queue(notify("a"))
    assert await stores.take() == ["a"]
    assert await stores.take() == []


async def test_nothing_is_taken_twice_however_many_take_at_once(stores: Stores) -> None:
    people = [Recipient(BitrixUserId(number), "") for number in range(1, 41)]
    await stores.queue(*(notify(str(person.user_id), person) for person in people))
    messages: list[str] = []

    async def take_all() -> None:
        while taken := await stores.take(limit=7):
            messages.extend(taken)

    await asyncio.gather(*(take_all() for _ in range(8)))
    assert sorted(messages, key=int) == [str(person.user_id) for person in people]


async def test_the_oldest_is_taken_first_up_to_the_limit(stores: Stores) -> None:
    for number in range(3):
        await stores.queue(notify(str(number), Recipient(BitrixUserId(30 - number), "")))
        stores.clock.advance(1)
    assert await stores.take(limit=2) == ["0", "1"]
    assert await stores.take(limit=2) == ["2"]


async def test_a_repeat_goes_before_what_was_queued_after_it(stores: Stores) -> None:
    await stores.queue(notify("old"))
    await retry(stores, await take_one(stores), 10)
    stores.clock.advance(5)
    await stores.queue(notify("new", BORIS))
    stores.clock.advance(5)
    assert await stores.take() == ["old", "new"]


async def test_a_recipient_has_at_most_one_delivery_under_way(stores: Stores) -> None:
    await stores.queue(notify("a1"), notify("b1", BORIS), notify("a2"))
    await stores.queue(notify("a3"))
    assert await stores.take() == ["a1", "b1"]
    assert await stores.take() == []


async def test_the_next_of_a_recipient_follows_when_the_first_is_final(stores: Stores) -> None:
    await stores.queue(notify("a1"), notify("a2"))
    await stores.finish(State.FAILED, "USER_ID_EMPTY")
    assert await stores.take() == ["a2"]


async def test_nothing_overtakes_an_older_one_that_waits_for_its_repeat(stores: Stores) -> None:
    await stores.queue(notify("a1"), notify("a2"))
    await retry(stores, await take_one(stores), 10)
    assert await stores.take() == []
    stores.clock.advance(10)
    assert await stores.take() == ["a1"]


async def test_the_same_number_in_another_portal_is_another_recipient(stores: Stores) -> None:
    await stores.queue(notify("elsewhere"), portal=stores.other_portal)
    await stores.queue(notify("here"))
    assert await stores.take() == ["here"]


async def test_attempts_are_counted(stores: Stores) -> None:
    await stores.queue(notify("a"))
    for attempt in (1, 2, 3):
        delivery = await take_one(stores)
        assert delivery.attempt == attempt
        await retry(stores, delivery, 1)
        stores.clock.advance(1)


async def test_nothing_is_taken_before_it_is_due(stores: Stores) -> None:
    await stores.queue(notify("a"))
    await retry(stores, await take_one(stores), 10)
    stores.clock.advance(9.9)
    assert await stores.take() == []
    stores.clock.advance(0.1)
    assert await stores.take() == ["a"]


async def test_a_repeat_without_a_time_is_due_now(stores: Stores) -> None:
    await stores.queue(notify("a"))
    delivery = await take_one(stores)
    await stores.outbox.record(
        [Verdict(delivery_id=delivery.id, attempt=delivery.attempt, state=State.QUEUED, code="X")]
    )
    assert await stores.take() == ["a"]


async def test_final_states_stay(stores: Stores) -> None:
    people = [Recipient(BitrixUserId(number), "") for number in (1, 2, 3)]
    await stores.queue(*(notify("a", person) for person in people))
    taken = await stores.outbox.take_due(stores.portal, stores.now, 50)
    states = (State.DELIVERED, State.FAILED, State.DEAD)
    await stores.outbox.record(
        [
            Verdict(
                delivery_id=delivery.id,
                attempt=delivery.attempt,
                state=state,
                portal_notification_id=2**40,
            )
            for delivery, state in zip(taken, states, strict=True)
        ]
    )
    assert await stores.outbox.recover(stores.portal) == 0
    assert await stores.take() == []
    assert (await stores.outbox.look(stores.portal)).due_at is None


async def test_no_verdicts_change_nothing(stores: Stores) -> None:
    await stores.queue(notify("a"))
    await stores.outbox.record([])
    assert await stores.take() == ["a"]


async def test_what_is_put_back_is_as_if_it_had_not_been_taken(stores: Stores) -> None:
    await stores.queue(notify("a1"), notify("b", BORIS), notify("a2"))
    taken = await stores.outbox.take_due(stores.portal, stores.now, 50)
    await stores.outbox.put_back([taken[0]])
    assert await stores.list_doubled() == []
    again = await take_one(stores)
    assert (again.id, again.attempt) == (taken[0].id, 1)
    assert await stores.take() == []


async def test_what_has_been_settled_is_not_put_back(stores: Stores) -> None:
    await stores.queue(notify("a"))
    delivery = await take_one(stores)
    await stores.outbox.record(
        [Verdict(delivery_id=delivery.id, attempt=delivery.attempt, state=State.DELIVERED)]
    )
    await stores.outbox.put_back([delivery])
    await stores.outbox.put_back([])
    assert await stores.take() == []


async def test_what_was_interrupted_is_due_again_and_possibly_doubled(stores: Stores) -> None:
    await stores.queue(notify("a"), notify("b", BORIS))
    delivery = await take_one(stores)
    stores.clock.advance(60)
    assert await stores.list_doubled() == []
    assert await stores.outbox.recover(stores.portal) == 1
    assert await stores.list_doubled() == [delivery.id]
    again = await take_one(stores)
    assert (again.id, again.attempt) == (delivery.id, 2)


async def test_recovering_leaves_other_portals_alone(stores: Stores) -> None:
    await stores.queue(notify("a"))
    await take_one(stores)
    assert await stores.outbox.recover(stores.other_portal) == 0
    assert await stores.take() == []


async def test_an_unknown_outcome_marks_a_delivery_as_possibly_doubled_for_good(
    stores: Stores,
) -> None:
    await stores.queue(notify("a"))
    delivery = await take_one(stores)
    await stores.outbox.record(
        [
            Verdict(
                delivery_id=delivery.id,
                attempt=delivery.attempt,
                state=State.QUEUED,
                due_at=stores.now,
                code="TIMEOUT",
                is_outcome_unknown=True,
            )
        ]
    )
    await stores.finish()
    assert await stores.list_doubled() == [delivery.id]


async def test_a_verdict_that_comes_after_the_recovery_changes_nothing(stores: Stores) -> None:
    await stores.queue(notify("a"))
    delivery = await take_one(stores)
    await stores.outbox.recover(stores.portal)
    await stores.outbox.record(
        [Verdict(delivery_id=delivery.id, attempt=delivery.attempt, state=State.DEAD, code="X")]
    )
    assert await stores.take() == ["a"]


async def test_the_next_due_is_the_earliest_that_can_be_taken(stores: Stores) -> None:
    assert (await stores.outbox.look(stores.portal)).due_at is None
    await stores.queue(notify("a1"), notify("a2"), notify("b1", BORIS))
    assert (await stores.outbox.look(stores.portal)).due_at == stores.now
    anna, boris = await stores.outbox.take_due(stores.portal, stores.now, 50)
    assert (await stores.outbox.look(stores.portal)).due_at is None
    await retry(stores, anna, 20)
    await retry(stores, boris, 10)
    start = stores.now
    assert (await stores.outbox.look(stores.portal)).due_at == stores.clock.advance(10)
    assert await stores.take() == ["b1"]
    stores.clock.advance(10)
    assert (await stores.outbox.look(stores.portal)).due_at == stores.now > start


async def test_the_urgent_goes_first_and_the_crowd_last_each_by_age(stores: Stores) -> None:
    people = [Recipient(BitrixUserId(number), "") for number in range(1, 7)]
    lanes = [Lane.BULK, Lane.NORMAL, Lane.BULK, Lane.URGENT, Lane.NORMAL, Lane.URGENT]
    for number, (person, lane) in enumerate(zip(people, lanes, strict=True)):
        await stores.queue(replace(notify(str(number), person), lane=lane))
    assert await stores.take(limit=4) == ["3", "5", "1", "4"]
    assert await stores.take() == ["0", "2"]


async def test_a_recipient_is_sent_one_thing_at_a_time_the_urgent_first(stores: Stores) -> None:
    await stores.queue(replace(notify("crowd"), lane=Lane.BULK))
    assert await stores.take() == ["crowd"]
    await stores.queue(notify("typed"))
    await stores.queue(replace(notify("urgent"), lane=Lane.URGENT))
    assert await stores.take() == []
    assert (await stores.outbox.look(stores.portal)).due_at is None
    await stores.outbox.record([Verdict(delivery_id=1, attempt=1, state=State.DELIVERED)])
    assert await stores.take() == ["urgent"]


async def test_nobody_overtakes_themselves_on_the_way_to_a_recipient(stores: Stores) -> None:
    maria, boris = make_sender(), make_sender()
    crowd = [replace(notify(f"to all, {who.name}", who), lane=Lane.BULK) for who in (ANNA, BORIS)]
    await stores.queue(*crowd, sender=maria)
    await stores.queue(notify("and to you"), sender=maria)
    await stores.queue(notify("from somebody else"), sender=boris)
    told = []
    while taken := await stores.outbox.take_due(stores.portal, stores.now, 1):
        told.append(taken[0].notification.message)
        await stores.outbox.record(
            [Verdict(delivery_id=taken[0].id, attempt=taken[0].attempt, state=State.DELIVERED)]
        )
    assert told == [
        "from somebody else",
        "to all, Anna Petrova",
        "to all, Boris Orlov",
        "and to you",
    ]


async def test_nothing_is_taken_while_the_portal_wants_a_pause(stores: Stores) -> None:
    await stores.queue(notify("one"))
    await stores.portals.pause(stores.portal, stores.now)
    assert await stores.take() == []
    await stores.portals.release(stores.portal)
    assert await stores.take() == ["one"]

"""What ``bridge.ports.Overview`` promises."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.delivery.notification import FOR_GOOD, Verdict
from bridge.delivery.overview import Sent
from bridge.delivery.state import State
from tests.contract.stores import ANNA, BORIS, make_sender, notify

if TYPE_CHECKING:
    from tests.contract.stores import Stores


MARIA = make_sender()


async def list_names(stores: Stores, limit: int = 10) -> list[str]:
    return [one.recipient.name for one in await stores.overview.list_sent(MARIA.identity, limit)]


async def test_a_person_sees_the_latest_command_first_and_its_recipients_in_order(
    stores: Stores,
) -> None:
    await stores.queue(notify("one", ANNA), sender=MARIA)
    await stores.queue(notify("two", BORIS), notify("two", ANNA), sender=MARIA)
    assert await list_names(stores) == ["Boris Orlov", "Anna Petrova", "Anna Petrova"]
    assert await list_names(stores, limit=2) == ["Boris Orlov", "Anna Petrova"]


async def test_what_waits_comes_before_whatever_was_sent_later(stores: Stores) -> None:
    await stores.queue(notify("waits", ANNA), sender=MARIA)
    (anna,) = await stores.outbox.take_due(stores.portal, stores.now, 1)
    for _ in range(3):
        await stores.queue(notify("arrives", BORIS), sender=MARIA)
        await stores.finish()
    await stores.outbox.put_back([anna])
    assert await list_names(stores, limit=2) == ["Anna Petrova", "Boris Orlov"]
    assert await stores.overview.count_waiting(MARIA.identity) == 1


async def test_nobody_sees_what_others_have_sent(stores: Stores) -> None:
    await stores.queue(notify("one"))
    assert await stores.overview.count_waiting(MARIA.identity) == 0
    assert await stores.overview.list_sent(MARIA.identity, 10) == []


async def test_what_was_delivered_says_when(stores: Stores) -> None:
    await stores.queue(notify("one"), sender=MARIA)
    await stores.finish()
    (sent,) = await stores.overview.list_sent(MARIA.identity, 10)
    assert sent == Sent(
        recipient=sent.recipient,
        state=State.DELIVERED,
        queued_at=stores.now,
        finished_at=stores.now,
    )


async def test_what_waits_says_when_it_is_tried_next_and_why_the_last_try_failed(
    stores: Stores,
) -> None:
    await stores.queue(notify("one"), sender=MARIA)
    (taken,) = await stores.outbox.take_due(stores.portal, stores.now, 50)
    (sent,) = await stores.overview.list_sent(MARIA.identity, 10)
    assert (sent.state, sent.next_try_at) == (State.SENDING, None)
    again_at = stores.now + timedelta(seconds=30)
    verdict = Verdict(
        delivery_id=taken.id,
        attempt=taken.attempt,
        state=State.QUEUED,
        due_at=again_at,
        code="TIMEOUT",
        is_outcome_unknown=True,
    )
    await stores.outbox.record([verdict])
    (sent,) = await stores.overview.list_sent(MARIA.identity, 10)
    assert (sent.code, sent.next_try_at, sent.is_possibly_doubled) == ("TIMEOUT", again_at, True)


async def test_what_waits_for_its_portal_says_for_how_long_and_for_whom(stores: Stores) -> None:
    await stores.queue(notify("one"), sender=MARIA)
    until = stores.now + timedelta(minutes=5)
    await stores.portals.pause(stores.portal, until, "NO_AUTH_FOUND")
    await stores.portals.pause(stores.other_portal, until + timedelta(hours=1), "ELSEWHERE")
    held_at = stores.now
    stores.clock.advance(60)
    (sent,) = await stores.overview.list_sent(MARIA.identity, 10)
    assert (sent.next_try_at, sent.hold_code, sent.held_at) == (until, "NO_AUTH_FOUND", held_at)
    await stores.portals.pause(stores.portal, FOR_GOOD, "HELD")
    (sent,) = await stores.overview.list_sent(MARIA.identity, 10)
    assert (sent.next_try_at, sent.hold_code, sent.held_at) == (None, "HELD", held_at)


async def test_what_waits_behind_another_to_the_same_recipient_is_tried_no_sooner(
    stores: Stores,
) -> None:
    await stores.queue(notify("first"), notify("to boris", BORIS), sender=MARIA)
    await stores.queue(notify("second"), sender=MARIA)
    taken, *others = await stores.outbox.take_due(stores.portal, stores.now, 50)
    await stores.outbox.put_back(others)
    again_at = stores.now + timedelta(minutes=9)
    again = Verdict(
        delivery_id=taken.id,
        attempt=taken.attempt,
        state=State.QUEUED,
        due_at=again_at,
        code="TIMEOUT",
    )
    await stores.outbox.record([again])
    second, first, to_boris = await stores.overview.list_sent(MARIA.identity, 10)
    assert (second.next_try_at, first.next_try_at) == (again_at, again_at)
    assert to_boris.next_try_at == stores.now

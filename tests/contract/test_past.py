"""What ``bridge.ports.Past`` promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.commands.decided import Decided
from bridge.delivery.notification import Verdict
from bridge.delivery.state import State
from bridge.markup.nodes import Document, Paragraph, Text
from bridge.replies.button import Button
from tests.contract.stores import ANNA, BORIS, make_sender, notify

if TYPE_CHECKING:
    from tests.contract.stores import Stores

REPLY = Document((Paragraph((Text("Whom do you mean?"),)),))
BUTTONS = (Button("Anna", "/b24choose 1 1 #5"),)


async def states(stores: Stores, command_id: int) -> list[State]:
    return [one.state for one in await stores.past.list_deliveries(command_id)]


async def test_a_command_is_found_with_its_buttons_when_it_has_been_carried_out(
    stores: Stores,
) -> None:
    sender = make_sender()
    command_id = await stores.store(sender=sender)
    assert await stores.past.find(command_id) is None
    await stores.inbox.close(command_id, Decided(reply=REPLY, buttons=BUTTONS))
    found = await stores.past.find(command_id)
    assert found
    assert (found.id, found.incoming.sender, found.buttons) == (command_id, sender, BUTTONS)
    assert await stores.past.find(command_id + 1) is None


async def test_the_buttons_of_a_command_go_when_another_settles_it(stores: Stores) -> None:
    first, second = await stores.store(), await stores.store()
    await stores.inbox.close(first, Decided(reply=REPLY, buttons=BUTTONS))
    await stores.inbox.close(second, Decided(reply=REPLY, buttons=BUTTONS, settles=first))
    settled, other = await stores.past.find(first), await stores.past.find(second)
    assert settled
    assert other
    assert (settled.buttons, other.buttons) == ((), BUTTONS)


async def test_what_is_queued_is_cancelled_and_what_is_being_sent_is_not(stores: Stores) -> None:
    command_id = await stores.queue(notify("one", ANNA))
    await stores.take()
    other_id = await stores.queue(notify("two", ANNA), notify("three", BORIS))
    await stores.past.cancel(command_id)
    await stores.past.cancel(other_id)
    assert await states(stores, command_id) == [State.SENDING]
    assert await states(stores, other_id) == [State.CANCELLED, State.CANCELLED]
    await stores.outbox.recover(stores.portal)
    assert await stores.take() == ["one"]


async def test_what_has_ended_stays_as_it_ended(stores: Stores) -> None:
    command_id = await stores.queue(notify("one", ANNA))
    await stores.finish(State.FAILED, "NOT_CREATED")
    await stores.past.cancel(command_id)
    assert await states(stores, command_id) == [State.FAILED]


async def test_whoever_cancelled_all_is_not_told_the_outcome_as_well(stores: Stores) -> None:
    await stores.past.cancel(await stores.queue(notify("one", ANNA)))
    stores.clock.advance(10)
    assert await stores.list_untold() == []


async def test_what_is_still_being_sent_is_told_when_it_ends(stores: Stores) -> None:
    command_id = await stores.queue(notify("one", ANNA))
    (taken,) = await stores.outbox.take_due(stores.portal, stores.now, 50)
    await stores.past.cancel(command_id)
    await stores.outbox.record(
        [Verdict(delivery_id=taken.id, attempt=taken.attempt, state=State.DELIVERED)]
    )
    assert [one.id for one in await stores.list_untold()] == [command_id]


async def test_what_was_deleted_is_cancelled_and_nowhere_any_more(stores: Stores) -> None:
    command_id = await stores.queue(notify("one", ANNA))
    (taken,) = await stores.outbox.take_due(stores.portal, stores.now, 50)
    verdict = Verdict(
        delivery_id=taken.id, attempt=taken.attempt, state=State.QUEUED, is_outcome_unknown=True
    )
    await stores.outbox.record([verdict])
    await stores.past.cancel(command_id)
    (unsure,) = await stores.past.list_deliveries(command_id)
    assert (unsure.state, unsure.is_possibly_doubled) == (State.CANCELLED, True)
    await stores.past.mark_deleted([unsure.id])
    (gone,) = await stores.past.list_deliveries(command_id)
    assert (gone.state, gone.is_possibly_doubled) == (State.CANCELLED, False)


async def test_a_later_notification_with_the_tag_has_taken_the_place(stores: Stores) -> None:
    command_id = await stores.queue(notify("deploy|5"))
    await stores.queue(replace(notify("other"), tag="deploy|6"))
    await stores.queue(notify("deploy|5"), portal=stores.other_portal)
    assert [one.is_replaced for one in await stores.past.list_deliveries(command_id)] == [False]
    later_id = await stores.queue(notify("deploy|5"))
    assert [one.is_replaced for one in await stores.past.list_deliveries(command_id)] == [True]
    await stores.past.cancel(later_id)
    assert [one.is_replaced for one in await stores.past.list_deliveries(command_id)] == [False]


async def test_what_was_given_up_has_replaced_nothing(stores: Stores) -> None:
    command_id = await stores.queue(notify("deploy|5"))
    await stores.finish()
    await stores.queue(notify("deploy|5"))
    await stores.finish(State.DEAD, "TIMEOUT")
    assert [one.is_replaced for one in await stores.past.list_deliveries(command_id)] == [False]

"""What ``bridge.ports.Inbox`` promises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.commands.decided import Decided
from bridge.delivery.notification import Verdict
from bridge.delivery.state import State
from bridge.markup.nodes import Code, Document, Link, Mention, Paragraph, Strong, Text
from bridge.people.identity import Platform
from tests.contract.stores import BORIS, make_sender, notify
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import Collection

    from bridge.incoming import Incoming
    from bridge.people.identity import Identity
    from tests.contract.stores import Stores

DONE = Document((Paragraph((Text("done"),)),))


async def list_open(
    stores: Stores, limit: int = 50, without: Collection[Identity] = ()
) -> list[Incoming]:
    listed = await stores.inbox.list_open(stores.now, limit, without=without)
    return [stored.incoming for stored in listed]


async def test_a_new_event_is_stored(stores: Stores) -> None:
    incoming = make_incoming("hello")
    assert await stores.inbox.store(incoming)
    assert await list_open(stores) == [incoming]


async def test_everything_that_was_typed_comes_back(stores: Stores) -> None:
    incoming = make_incoming(
        "/b24notify ",
        Mention("anna", external_id="U5"),
        Strong((Text("жирный 👩‍🚀"), Code("x\ny"))),
        Link("https://status.example/1", (Text("down"),)),
        sender=make_sender(Platform.SLACK),
        workspace="T012",
    )
    await stores.inbox.store(incoming)
    assert await list_open(stores) == [incoming]


async def test_where_the_whole_command_can_be_read_comes_back(stores: Stores) -> None:
    incoming = replace(make_incoming("hello"), permalink="https://t.me/c/1/2?thread=3")
    await stores.inbox.store(incoming)
    assert await list_open(stores) == [incoming]


async def test_the_same_event_twice_is_one_command(stores: Stores) -> None:
    incoming = make_incoming("first")
    assert await stores.inbox.store(incoming)
    assert not await stores.inbox.store(replace(incoming, typed=(Text("second"),)))
    assert await list_open(stores) == [incoming]


async def test_an_event_is_remembered_after_it_is_closed(stores: Stores) -> None:
    incoming = make_incoming("hello")
    await stores.inbox.store(incoming)
    (stored,) = await stores.inbox.list_open(stores.now, 1)
    await stores.inbox.close(stored.id, Decided(reply=DONE))
    assert not await stores.inbox.store(incoming)


async def test_an_event_id_is_unique_within_its_platform_and_workspace_alone(
    stores: Stores,
) -> None:
    incoming = make_incoming("hello")
    assert await stores.inbox.store(incoming)
    assert await stores.inbox.store(replace(incoming, workspace="elsewhere"))
    assert await stores.inbox.store(replace(incoming, platform=Platform.SLACK))


async def test_of_many_who_store_the_same_event_at_once_one_succeeds(stores: Stores) -> None:
    incoming = make_incoming("hello")
    results = await asyncio.gather(*(stores.inbox.store(incoming) for _ in range(20)))
    assert sorted(results) == [False] * 19 + [True]


async def test_many_events_are_stored_at_once(stores: Stores) -> None:
    events = [make_incoming("hello", sender=make_sender()) for _ in range(50)]
    assert all(await asyncio.gather(*(stores.inbox.store(event) for event in events)))
    assert {event.event_id for event in await list_open(stores)} == {
        event.event_id for event in events
    }


async def test_a_text_that_no_database_can_hold_is_stored_all_the_same(stores: Stores) -> None:
    incoming = make_incoming("before \ud83d \udc00 after", Code("nul \0 end"))
    assert await stores.inbox.store(incoming)
    (listed,) = await list_open(stores)
    text, code = listed.typed
    assert isinstance(text, Text)
    assert text.text.startswith("before ")
    assert text.text.endswith(" after")
    assert code == Code("nul \0 end")


async def test_an_event_whose_id_no_database_can_hold_is_stored_once(stores: Stores) -> None:
    incoming = replace(make_incoming("hello"), event_id="half \ud83d", workspace="nul \0")
    assert await stores.inbox.store(incoming)
    assert not await stores.inbox.store(incoming)


async def test_commands_are_listed_oldest_first_up_to_the_limit(stores: Stores) -> None:
    events = [make_incoming("hello", sender=make_sender()) for _ in range(3)]
    for event in events:
        await stores.inbox.store(event)
    assert await list_open(stores) == events
    assert await list_open(stores, limit=2) == events[:2]


async def test_of_each_sender_only_the_oldest_command_is_listed(stores: Stores) -> None:
    maria, ivan = make_sender(), make_sender()
    events = [make_incoming("hello", sender=sender) for sender in (maria, maria, ivan, maria)]
    for event in events:
        await stores.inbox.store(event)
    assert await list_open(stores) == [events[0], events[2]]


async def test_a_closed_command_makes_way_for_the_next_of_its_sender(stores: Stores) -> None:
    first, second = make_incoming("first"), make_incoming("second")
    await stores.inbox.store(first)
    await stores.inbox.store(second)
    (stored,) = await stores.inbox.list_open(stores.now, 50)
    await stores.inbox.close(stored.id, Decided(reply=DONE))
    assert await list_open(stores) == [second]


async def test_commands_of_busy_senders_are_left_out(stores: Stores) -> None:
    first, second = (make_incoming("hello", sender=make_sender()) for _ in range(2))
    await stores.inbox.store(first)
    await stores.inbox.store(second)
    assert await list_open(stores, without=(first.sender.identity,)) == [second]


async def test_the_limit_counts_only_what_is_listed(stores: Stores) -> None:
    first, second = (make_incoming("hello", sender=make_sender()) for _ in range(2))
    await stores.inbox.store(first)
    await stores.inbox.store(second)
    assert await list_open(stores, limit=1, without=(first.sender.identity,)) == [second]


async def test_a_postponed_command_waits_and_its_attempts_are_counted(stores: Stores) -> None:
    await stores.inbox.store(make_incoming("hello"))
    for attempts in range(3):
        (stored,) = await stores.inbox.list_open(stores.now, 50)
        assert stored.attempts == attempts
        await stores.inbox.postpone(stored.id, stores.clock.advance(0.5))
        stores.clock.advance(-0.1)
        assert await list_open(stores) == []
        stores.clock.advance(0.1)


async def test_a_postponed_command_holds_back_the_later_ones_of_its_sender(stores: Stores) -> None:
    first, second = make_incoming("first"), make_incoming("second")
    await stores.inbox.store(first)
    await stores.inbox.store(second)
    (stored,) = await stores.inbox.list_open(stores.now, 50)
    await stores.inbox.postpone(stored.id, stores.clock.advance(60))
    stores.clock.advance(-60)
    assert await list_open(stores) == []
    stores.clock.advance(60)
    assert await list_open(stores) == [first]


async def test_closing_queues_the_notifications_due_now(stores: Stores) -> None:
    await stores.queue(notify("a"), notify("b", BORIS))
    assert (await stores.outbox.look(stores.portal)).due_at == stores.now
    assert (await stores.outbox.look(stores.other_portal)).due_at is None
    assert await stores.take() == ["a", "b"]


async def test_closing_twice_queues_once(stores: Stores) -> None:
    command_id = await stores.queue(notify("a"))
    await stores.inbox.close(
        command_id, Decided(reply=None, notifications={stores.portal: [notify("b", BORIS)]})
    )
    assert await stores.take() == ["a"]


async def test_a_closed_command_stays_as_it_is(stores: Stores) -> None:
    command_id = await stores.store()
    await stores.inbox.close(command_id, Decided(reply=DONE))
    await stores.inbox.close(command_id, Decided(reply=None, is_refused=True))
    (untold,) = await stores.list_untold()
    assert (untold.reply, untold.is_refused) == (DONE, False)


async def test_one_command_may_notify_in_several_portals(stores: Stores) -> None:
    command_id = await stores.store()
    await stores.inbox.close(
        command_id,
        Decided(
            reply=None,
            notifications={stores.portal: [notify("a")], stores.other_portal: [notify("b")]},
        ),
    )
    assert await stores.take() == ["a"]
    (other,) = await stores.outbox.take_due(stores.other_portal, stores.now, 50)
    assert other.notification.message == "b"
    await stores.outbox.record(
        [Verdict(delivery_id=other.id, attempt=other.attempt, state=State.DELIVERED)]
    )
    assert await stores.list_untold() == []
    await stores.outbox.recover(stores.portal)
    await stores.finish()
    (untold,) = await stores.list_untold()
    assert [one.state for one in untold.progress] == [State.DELIVERED, State.DELIVERED]

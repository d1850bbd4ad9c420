"""What ``bridge.ports.Answers`` promises."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.commands.decided import Decided
from bridge.delivery.notification import Progress, Verdict
from bridge.delivery.state import State
from bridge.markup.nodes import Document, Paragraph, Text
from bridge.people.identity import Platform
from tests.contract.stores import ANNA, BORIS, notify

if TYPE_CHECKING:
    from tests.contract.stores import Stores

REPLY = Document((Paragraph((Text("Nobody is called @bob."),)),))


async def untold_ids(stores: Stores, *platforms: Platform, limit: int = 50) -> list[int]:
    return [untold.id for untold in await stores.list_untold(*platforms, limit=limit)]


async def test_an_open_command_has_nothing_to_tell(stores: Stores) -> None:
    await stores.store()
    assert await untold_ids(stores) == []


async def test_a_reply_without_notifications_can_be_told_at_once(stores: Stores) -> None:
    command_id = await stores.store()
    await stores.inbox.close(command_id, Decided(reply=REPLY, is_refused=True))
    (untold,) = await stores.list_untold()
    assert (untold.id, untold.reply, untold.is_refused) == (command_id, REPLY, True)
    assert untold.progress == ()
    assert (untold.answer_id, untold.attempts) == ("", 0)


async def test_a_command_that_was_closed_without_a_word_is_never_told(stores: Stores) -> None:
    command_id = await stores.store()
    await stores.inbox.close(command_id, Decided(reply=None))
    stores.clock.advance(60)
    assert await untold_ids(stores) == []


async def test_what_was_told_is_not_told_again(stores: Stores) -> None:
    command_id = await stores.store()
    await stores.inbox.close(command_id, Decided(reply=REPLY))
    await stores.answers.mark_told(command_id, is_final=True)
    stores.clock.advance(60)
    assert await untold_ids(stores) == []


async def test_an_outcome_is_told_again_behind_somebody_who_was_frozen(stores: Stores) -> None:
    command_id = await stores.queue(notify("a"))
    await stores.finish()
    await stores.answers.mark_told(command_id, is_final=True, answer_id="7")
    assert await untold_ids(stores) == []
    await stores.answers.mark_told(command_id, is_final=False, answer_id="8")
    (untold,) = await stores.list_untold()
    assert (untold.id, untold.answer_id) == (command_id, "8")


async def test_an_outcome_is_told_when_every_delivery_is_final(stores: Stores) -> None:
    command_id = await stores.store()
    await stores.inbox.close(
        command_id,
        Decided(reply=REPLY, notifications={stores.portal: [notify("a"), notify("b", BORIS)]}),
    )
    first, second = await stores.outbox.take_due(stores.portal, stores.now, 50)
    await stores.outbox.record(
        [Verdict(delivery_id=second.id, attempt=second.attempt, state=State.DELIVERED)]
    )
    assert await untold_ids(stores) == []
    await stores.outbox.record(
        [
            Verdict(
                delivery_id=first.id,
                attempt=first.attempt,
                state=State.FAILED,
                code="USER_ID_EMPTY",
            )
        ]
    )
    (untold,) = await stores.list_untold()
    assert untold.reply == REPLY
    assert untold.progress == (
        Progress(recipient=ANNA, state=State.FAILED, code="USER_ID_EMPTY", portal="One"),
        Progress(recipient=BORIS, state=State.DELIVERED, portal="One"),
    )


async def test_who_has_waited_is_told_once_that_it_takes_time(stores: Stores) -> None:
    command_id = await stores.queue(notify("a"))
    stores.clock.advance(3)
    assert await untold_ids(stores) == []
    stores.clock.advance(0.1)
    (untold,) = await stores.list_untold()
    assert [entry.state for entry in untold.progress] == [State.QUEUED]
    await stores.answers.mark_told(command_id, is_final=False, answer_id="message 7")
    stores.clock.advance(3600)
    assert await untold_ids(stores) == []


async def test_the_outcome_follows_where_it_was_told_that_it_takes_time(stores: Stores) -> None:
    command_id = await stores.queue(notify("a"))
    await stores.answers.mark_told(command_id, is_final=False, answer_id="message 7")
    await stores.finish(State.DEAD, "TIMEOUT")
    (untold,) = await stores.list_untold()
    assert untold.answer_id == "message 7"
    assert [(entry.state, entry.code) for entry in untold.progress] == [(State.DEAD, "TIMEOUT")]


async def test_an_outcome_that_comes_while_the_person_is_told_to_wait_is_not_lost(
    stores: Stores,
) -> None:
    command_id = await stores.queue(notify("a"))
    stores.clock.advance(4)
    assert await untold_ids(stores) == [command_id]
    await stores.finish()
    await stores.answers.mark_told(command_id, is_final=False)
    assert await untold_ids(stores) == [command_id]


async def test_an_attempt_that_failed_is_not_yet_an_outcome(stores: Stores) -> None:
    await stores.queue(notify("a"))
    (delivery,) = await stores.outbox.take_due(stores.portal, stores.now, 50)
    later = stores.clock.advance(1)
    again = Verdict(
        delivery_id=delivery.id,
        attempt=delivery.attempt,
        state=State.QUEUED,
        due_at=later,
        code="TIMEOUT",
    )
    await stores.outbox.record([again])
    assert await untold_ids(stores) == []


async def test_commands_of_other_platforms_are_left_to_others(stores: Stores) -> None:
    on_telegram = await stores.store(Platform.TELEGRAM)
    on_slack = await stores.store(Platform.SLACK)
    for command_id in (on_telegram, on_slack):
        await stores.inbox.close(command_id, Decided(reply=REPLY))
    assert await untold_ids(stores, Platform.SLACK) == [on_slack]
    assert await untold_ids(stores, Platform.SLACK, Platform.TELEGRAM) == [on_telegram, on_slack]


async def test_a_process_without_chats_tells_nobody(stores: Stores) -> None:
    await stores.inbox.close(await stores.store(), Decided(reply=REPLY))
    untold = await stores.answers.list_untold((), stores.now, waiting_since=stores.now, limit=9)
    assert list(untold) == []


async def test_a_postponed_answer_waits_and_its_attempts_are_counted(stores: Stores) -> None:
    command_id = await stores.store()
    await stores.inbox.close(command_id, Decided(reply=REPLY))
    until = stores.clock.advance(10)
    await stores.answers.postpone(command_id, until)
    stores.clock.advance(-1)
    assert await untold_ids(stores) == []
    stores.clock.advance(1)
    (untold,) = await stores.list_untold()
    assert untold.attempts == 1


async def test_a_postponed_answer_is_not_hurried_by_an_outcome(stores: Stores) -> None:
    command_id = await stores.queue(notify("a"))
    until = stores.clock.advance(10)
    await stores.answers.postpone(command_id, until)
    stores.clock.advance(-1)
    await stores.finish()
    assert await untold_ids(stores) == []
    stores.clock.advance(1)
    assert await untold_ids(stores) == [command_id]


async def test_attempts_are_counted_anew_for_each_answer(stores: Stores) -> None:
    command_id = await stores.queue(notify("a"))
    await stores.answers.postpone(command_id, stores.now)
    await stores.answers.mark_told(command_id, is_final=False)
    await stores.finish()
    (untold,) = await stores.list_untold()
    assert untold.attempts == 0


async def test_answers_are_listed_oldest_first_up_to_the_limit(stores: Stores) -> None:
    commands = [await stores.store() for _ in range(3)]
    for command_id in reversed(commands):
        await stores.inbox.close(command_id, Decided(reply=REPLY))
        stores.clock.advance(1)
    assert await untold_ids(stores) == commands
    assert await untold_ids(stores, limit=2) == commands[:2]


async def test_who_waits_is_told_once_more_when_an_attempt_fails_for_the_first_time(
    stores: Stores,
) -> None:
    command_id = await stores.queue(notify("hello"))
    stores.clock.advance(4)
    await stores.answers.mark_told(command_id, is_final=False, answer_id="7")
    for code, told in (("TIMEOUT", [command_id]), ("QUERY_LIMIT_EXCEEDED", [])):
        await stores.finish(State.QUEUED, code)
        assert await untold_ids(stores) == told
        await stores.answers.mark_told(command_id, is_final=False, answer_id="7")


async def test_why_a_portal_takes_nothing_is_told_of_what_was_not_tried(stores: Stores) -> None:
    await stores.queue(notify("hello"))
    until = stores.now + timedelta(seconds=60)
    for hold_code in ("", "NO_AUTH_FOUND"):
        await stores.portals.pause(stores.portal, until, hold_code)
        stores.clock.advance(4)
        (untold,) = await stores.list_untold()
        (entry,) = untold.progress
        assert (entry.is_put_off, entry.code) == (True, hold_code)
    await stores.portals.release(stores.portal)
    (untold,) = await stores.list_untold()
    assert untold.progress == (Progress(recipient=ANNA, state=State.QUEUED, portal="One"),)


async def test_who_waits_for_a_slow_command_is_told_once_and_then_how_it_ends(
    stores: Stores,
) -> None:
    command_id = await stores.store()
    await stores.inbox.note_slow(command_id, "ru")
    (untold,) = await stores.list_untold()
    assert (untold.id, untold.decided_at, untold.language) == (command_id, None, "ru")
    await stores.answers.mark_told(command_id, is_final=False, answer_id="7")
    await stores.inbox.note_slow(command_id, "ru")
    assert await untold_ids(stores) == []
    await stores.inbox.close(command_id, Decided(reply=REPLY))
    (untold,) = await stores.list_untold()
    assert (untold.decided_at, untold.answer_id) == (stores.now, "7")


async def test_a_command_that_is_closed_is_not_slow(stores: Stores) -> None:
    command_id = await stores.store()
    await stores.inbox.close(command_id, Decided())
    await stores.inbox.note_slow(command_id, "ru")
    assert await untold_ids(stores) == []


async def test_a_command_that_ends_while_its_sender_is_told_that_it_is_slow_is_told(
    stores: Stores,
) -> None:
    command_id = await stores.store()
    await stores.inbox.note_slow(command_id, "")
    await stores.inbox.close(command_id, Decided(reply=REPLY))
    await stores.answers.mark_told(command_id, is_final=False, answer_id="7")
    (untold,) = await stores.list_untold()
    assert (untold.decided_at, untold.answer_id) == (stores.now, "7")

"""People are told how their commands ended, once, where they typed them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bridge.commands.decided import Decided
from bridge.delivery.history import CANCELLED
from bridge.delivery.notification import Notification, Verdict
from bridge.delivery.state import State
from bridge.errors import ChatError, StorageError
from bridge.people.identity import Platform, PortalId, Recipient
from bridge.replies.button import Button
from bridge.replies.tell import Teller
from bridge.replies.texts import Say, say
from bridge.replies.words import Words
from tests.fakes.chat import FakeChat
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import make_incoming
from tests.fakes.portal import ANNA, BORIS
from tests.fakes.stores import MemoryStores

PORTAL = PortalId(1)


class Scene:
    """A teller, its chat, and stores to fill."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.chat = FakeChat()
        self.teller = Teller(
            self.stores.answers,
            {Platform.TELEGRAM: self.chat},
            self.clock,
            chance=lambda: 0.0,
        )

    async def close(self, *recipients: Recipient, note: Say | None = None) -> None:
        await self.stores.inbox.store(make_incoming("/b24notify"))
        await self.stores.inbox.close(
            len(self.stores.commands),
            Decided(
                reply=Words().write(say(note)) if note else None,
                notifications={
                    PORTAL: [
                        Notification(
                            recipient=recipient, message="m", message_out="m", tag=recipient.name
                        )
                        for recipient in recipients
                    ]
                },
            ),
        )

    async def press(self, *, is_refused: bool) -> None:
        await self.stores.inbox.store(replace(make_incoming("/b24undo 1"), replaces="message-7"))
        reply = Words().write(say(Say.HELP_INTRO))
        await self.stores.inbox.close(1, Decided(reply=reply, is_refused=is_refused))
        await self.tell()

    async def end(
        self, delivery_id: int, state: State, code: str = "", *, is_unknown: bool = False
    ) -> None:
        await self.stores.outbox.take_due(PORTAL, self.clock.now(), 50)
        verdict = Verdict(
            delivery_id=delivery_id,
            attempt=self.stores.deliveries[delivery_id].attempts,
            state=state,
            code=code,
            due_at=self.clock.advance(0),
            is_outcome_unknown=is_unknown,
        )
        await self.stores.outbox.record([verdict])

    async def tell(self) -> None:
        for untold in await self.teller.list_untold(50):
            await self.teller.tell(untold)


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_the_outcome_is_told_when_it_is_known_and_once(scene: Scene) -> None:
    await scene.close(ANNA)
    await scene.tell()
    assert scene.chat.said == []
    await scene.end(1, State.DELIVERED)
    await scene.tell()
    await scene.tell()
    assert scene.chat.said == ["Notified Anna Petrova."]


async def test_each_recipient_who_was_not_reached_is_named_with_the_reason(scene: Scene) -> None:
    await scene.close(ANNA, BORIS)
    await scene.end(1, State.FAILED, "NOT_CREATED")
    await scene.end(2, State.DEAD, "TIMEOUT")
    await scene.tell()
    (said,) = scene.chat.said
    assert "Not delivered to Anna Petrova: Bitrix24 created no notification." in said
    assert "Not delivered to Boris Ivanov: I kept trying and have given up (`TIMEOUT`)." in said


async def test_what_may_be_shown_twice_or_may_not_have_arrived_is_told_so(scene: Scene) -> None:
    await scene.close(ANNA, BORIS)
    for state in (State.QUEUED, State.DELIVERED):
        await scene.end(1, state, is_unknown=True)
    await scene.end(2, State.DEAD, "TIMEOUT", is_unknown=True)
    await scene.tell()
    (said,) = scene.chat.said
    assert said.startswith("Notified Anna Petrova.\nIt may be shown twice to Anna Petrova")
    assert "not tell whether it took the message (`TIMEOUT`)" in said


async def test_what_failed_is_told_with_what_an_administrator_finds_it_by(scene: Scene) -> None:
    await scene.close(ANNA)
    await scene.end(1, State.FAILED, "NOT_CREATED")
    await scene.tell()
    trace = scene.stores.deliveries[1].trace
    assert scene.chat.said[0].endswith(f"\nYour administrator finds more about it under `{trace}`.")


async def test_what_an_administrator_has_cancelled_is_not_called_taken_back(scene: Scene) -> None:
    await scene.close(ANNA)
    await scene.end(1, State.CANCELLED, CANCELLED)
    await scene.tell()
    said = "Not delivered to Anna Petrova: an administrator has cancelled it."
    assert scene.chat.said == [said]


async def test_a_note_of_the_command_comes_with_the_outcome(scene: Scene) -> None:
    await scene.close(ANNA, note=Say.SHORTENED)
    await scene.tell()
    assert scene.chat.said == []
    await scene.end(1, State.DELIVERED)
    await scene.tell()
    (said,) = scene.chat.said
    assert said.startswith("The text was longer")
    assert said.endswith("Notified Anna Petrova.")


async def test_after_a_second_and_a_half_the_person_is_told_that_it_is_on_its_way(
    scene: Scene,
) -> None:
    await scene.close(ANNA)
    scene.clock.advance(1.4)
    await scene.tell()
    assert scene.chat.said == []
    scene.clock.advance(0.2)
    await scene.tell()
    await scene.tell()
    assert scene.chat.said == ["On its way to Anna Petrova. I will tell you how it ends."]
    await scene.end(1, State.DELIVERED)
    await scene.tell()
    assert scene.chat.said[1:] == ["Notified Anna Petrova."]
    assert scene.chat.replaced == ["", "message-1"]


async def test_who_waits_for_a_slow_look_up_is_told_and_then_reads_the_outcome_there(
    scene: Scene,
) -> None:
    await scene.stores.inbox.store(make_incoming("/b24who #5"))
    await scene.stores.inbox.note_slow(1, "ru")
    await scene.tell()
    await scene.tell()
    assert scene.chat.said == ["Спрашиваю Битрикс24. В этот раз это немного дольше."]
    await scene.stores.inbox.close(1, Decided(reply=Words().write(say(Say.HELP_EXAMPLES))))
    await scene.tell()
    assert scene.chat.said[1:] == ["For example:"]
    assert scene.chat.replaced == ["", "message-1"]


async def test_who_was_told_that_it_is_on_its_way_is_told_when_it_is_held_up(
    scene: Scene,
) -> None:
    await scene.close(ANNA)
    scene.clock.advance(2)
    await scene.tell()
    await scene.end(1, State.QUEUED, "TIMEOUT")
    await scene.tell()
    await scene.end(1, State.QUEUED, "TIMEOUT")
    await scene.tell()
    assert len(scene.chat.said) == 2
    assert scene.chat.said[1].startswith("I do not know yet whether it has reached Anna Petrova")
    assert scene.chat.replaced == ["", "message-1"]


async def test_who_sends_to_a_portal_that_takes_nothing_is_told_so_at_once(scene: Scene) -> None:
    await scene.stores.portals.pause(PORTAL, scene.clock.now() + timedelta(minutes=5))
    await scene.close(ANNA)
    scene.clock.advance(2)
    await scene.tell()
    assert scene.chat.said[0].startswith("Not delivered to Anna Petrova yet")


UNDO = (Button("Undo", "/b24undo 1"),)


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (State.DELIVERED, UNDO),
        (State.FAILED, ()),
        (State.DEAD, ()),
    ],
)
async def test_what_was_delivered_can_be_undone_by_a_button(
    scene: Scene, state: State, buttons: tuple[Button, ...]
) -> None:
    await scene.close(ANNA)
    await scene.end(1, state)
    await scene.tell()
    assert scene.chat.buttons == [buttons]


async def test_what_waits_can_be_undone_and_what_is_being_sent_cannot(scene: Scene) -> None:
    await scene.close(ANNA)
    scene.clock.advance(2)
    await scene.stores.outbox.take_due(PORTAL, scene.clock.now(), 50)
    await scene.tell()
    await scene.end(1, State.QUEUED, "TIMEOUT")
    await scene.tell()
    assert scene.chat.buttons == [(), UNDO]


async def test_an_answer_to_a_press_takes_the_place_of_what_was_pressed(scene: Scene) -> None:
    await scene.press(is_refused=False)
    assert scene.chat.replaced == ["message-7"]


async def test_a_refused_press_leaves_what_was_pressed_to_others(scene: Scene) -> None:
    await scene.press(is_refused=True)
    assert scene.chat.replaced == [""]


async def test_an_answer_that_the_chat_does_not_take_now_is_given_later(scene: Scene) -> None:
    await scene.close(note=Say.HELP_INTRO)
    scene.chat.errors.append(ChatError("busy", retry_after_seconds=30))
    await scene.tell()
    await scene.tell()
    assert scene.chat.said == []
    scene.clock.advance(30)
    await scene.tell()
    assert len(scene.chat.said) == 1


async def test_a_chat_that_is_away_for_hours_gives_the_answer_in_the_end(scene: Scene) -> None:
    await scene.close(note=Say.HELP_INTRO)
    scene.chat.errors.extend(ChatError("away", retry_after_seconds=600) for _ in range(30))
    for _ in range(40):
        await scene.tell()
        scene.clock.advance(700)
    assert len(scene.chat.said) == 1


async def test_an_answer_that_could_not_be_noted_is_not_given_twice(scene: Scene) -> None:
    await scene.close(note=Say.HELP_INTRO)
    mark_told = scene.stores.answers.mark_told
    failures = iter([StorageError("disk full")])

    async def fail_at_first(command_id: int, *, is_final: bool, answer_id: str = "") -> None:
        for failure in failures:
            raise failure
        await mark_told(command_id, is_final=is_final, answer_id=answer_id)

    scene.stores.answers.mark_told = fail_at_first  # type: ignore[method-assign]
    with pytest.raises(StorageError):
        await scene.tell()
    await scene.tell()
    await scene.tell()
    assert len(scene.chat.said) == 1


async def test_an_answer_that_can_never_be_given_is_let_go(scene: Scene) -> None:
    await scene.close(note=Say.HELP_INTRO)
    scene.chat.errors.append(ChatError("the bot was blocked"))
    await scene.tell()
    await scene.tell()
    assert scene.chat.said == []


async def test_commands_of_chats_that_are_not_here_are_left_alone(scene: Scene) -> None:
    await scene.close(note=Say.HELP_INTRO)
    nowhere = Teller(scene.stores.answers, {}, scene.clock)
    assert await nowhere.list_untold(50) == []

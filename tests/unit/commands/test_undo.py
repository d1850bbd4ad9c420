"""What was sent can be taken back by who sent it, for five minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bridge.commands.decided import Decided
from bridge.commands.undo import Undo
from bridge.delivery.notification import Notification, Verdict
from bridge.delivery.state import State
from bridge.errors import CommandError, PortalOnHold, TryLater
from bridge.markup import plain
from bridge.people.identity import BitrixUserId, PortalId, Recipient, Sender
from bridge.replies.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import MARIA, STRANGER, make_incoming
from tests.fakes.portal import ANNA, BORIS, FakePortal, serving
from tests.fakes.stores import MemoryStores
from tests.unit.commands.requests import make_request

PORTAL = PortalId(1)


class Scene:
    """Maria's commands, each with a notification to some people."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.portal = FakePortal()
        self.served = serving((PORTAL, self.portal))
        self.undo = Undo(self.stores.past, self.served, self.clock)

    async def send(self, *recipients: Recipient, tag: str = "tag") -> int:
        await self.stores.inbox.store(make_incoming("/b24notify"))
        command_id = len(self.stores.commands)
        notifications = [
            Notification(
                recipient=recipient, message="m", message_out="m", tag=f"{tag}|{recipient.user_id}"
            )
            for recipient in recipients
        ]
        await self.stores.inbox.close(command_id, Decided(notifications={PORTAL: notifications}))
        return command_id

    async def end(self, state: State = State.DELIVERED, *, is_unknown: bool = False) -> None:
        taken = await self.stores.outbox.take_due(PORTAL, self.clock.now(), 50)
        due_at = self.clock.now() + timedelta(hours=1)
        await self.stores.outbox.record(
            [
                Verdict(
                    delivery_id=one.id,
                    attempt=one.attempt,
                    state=state,
                    due_at=due_at,
                    is_outcome_unknown=is_unknown,
                )
                for one in taken
            ]
        )

    async def press(self, number: int | str, sender: Sender = MARIA) -> str:
        decided = await self.undo(make_request(f"/b24undo {number}", sender=sender))
        assert decided.reply
        return plain.render(decided.reply)

    async def refusal(self, number: int | str, sender: Sender = MARIA) -> str:
        with pytest.raises(CommandError) as caught:
            await self.press(number, sender)
        return plain.render(Words().write(*caught.value.replies))

    def states(self, command_id: int) -> list[State]:
        return [row.state for row in self.stores.deliveries_of(command_id)]


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_what_was_delivered_is_deleted_in_the_portal_by_its_tag(scene: Scene) -> None:
    command_id = await scene.send(ANNA, BORIS)
    await scene.end()
    assert (await scene.press(command_id)).startswith("Taken back: Anna Petrova and Boris Ivanov.")
    assert scene.portal.deleted == [["tag|5", "tag|2"]]
    assert scene.states(command_id) == [State.CANCELLED, State.CANCELLED]


async def test_what_waits_is_cancelled_and_never_sent(scene: Scene) -> None:
    command_id = await scene.send(ANNA)
    scene.clock.advance(3600)
    assert await scene.press(command_id) == "Taken back: Anna Petrova."
    assert scene.portal.deleted == []
    assert not await scene.stores.outbox.take_due(PORTAL, scene.clock.now(), 50)


async def test_what_waits_but_may_have_arrived_is_deleted_as_well(scene: Scene) -> None:
    command_id = await scene.send(ANNA)
    await scene.end(State.QUEUED, is_unknown=True)
    await scene.press(command_id)
    assert scene.portal.deleted == [["tag|5"]]


async def test_what_is_being_sent_is_left_alone_and_told(scene: Scene) -> None:
    command_id = await scene.send(ANNA)
    await scene.stores.outbox.take_due(PORTAL, scene.clock.now(), 50)
    assert (await scene.press(command_id)).startswith("It is being sent to Anna Petrova")
    assert scene.states(command_id) == [State.SENDING]


async def test_nobody_else_can_take_it_back_nor_learn_whether_there_is_anything(
    scene: Scene,
) -> None:
    command_id = await scene.send(ANNA)
    await scene.end()
    refusal = await scene.refusal(command_id, STRANGER)
    assert refusal == await scene.refusal(command_id + 1, STRANGER)
    assert scene.portal.deleted == []


async def test_it_can_be_taken_back_once(scene: Scene) -> None:
    command_id = await scene.send(ANNA)
    await scene.end()
    await scene.press(command_id)
    assert await scene.refusal(command_id) == "You have taken that back already."
    assert scene.portal.deleted == [["tag|5"]]


async def test_it_can_be_taken_back_for_five_minutes(scene: Scene) -> None:
    command_id, later_id = await scene.send(ANNA), await scene.send(BORIS, tag="other")
    await scene.end()
    scene.clock.advance(300)
    await scene.press(later_id)
    scene.clock.advance(1)
    assert "too late to take it back from Anna Petrova" in await scene.refusal(command_id)
    assert scene.states(command_id) == [State.DELIVERED]


async def test_a_later_notification_with_the_same_tag_stays(scene: Scene) -> None:
    command_id = await scene.send(ANNA)
    await scene.end()
    await scene.send(ANNA)
    assert "has taken its place for Anna Petrova" in await scene.refusal(command_id)
    assert scene.portal.deleted == []


async def test_where_nobody_was_notified_there_is_nothing_to_take_back(scene: Scene) -> None:
    command_id = await scene.send(ANNA)
    await scene.end(State.FAILED)
    assert "nothing to take back" in await scene.refusal(command_id)
    assert "nothing to take back" in await scene.refusal(await scene.send())


@pytest.mark.parametrize("number", ["", "x", "-1", "1" * 30, "²"])
async def test_what_names_no_command_is_refused(scene: Scene, number: str) -> None:
    assert "Which command do you mean?" in await scene.refusal(number)


async def test_a_portal_that_cannot_be_asked_is_asked_again_for_what_is_left(
    scene: Scene,
) -> None:
    command_id = await scene.send(ANNA, BORIS)
    await scene.end()
    scene.portal.request_size, scene.portal.deletes = 1, 1
    with pytest.raises(TryLater):
        await scene.press(command_id)
    scene.portal.deletes = None
    assert (await scene.press(command_id)).startswith("Taken back: Anna Petrova and Boris Ivanov.")
    assert scene.portal.deleted == [["tag|5"], ["tag|2"]]


async def test_what_went_to_many_is_taken_back_with_few_requests(scene: Scene) -> None:
    many = [Recipient(BitrixUserId(number), f"Anna {number}") for number in range(1, 100)]
    command_id = await scene.send(*many)
    while State.QUEUED in scene.states(command_id):
        await scene.end()
    await scene.press(command_id)
    assert [len(tags) for tags in scene.portal.deleted] == [50, 49]


async def test_namesakes_are_told_apart(scene: Scene) -> None:
    command_id = await scene.send(ANNA, Recipient(BitrixUserId(9), ANNA.name))
    told = await scene.press(command_id)
    assert told == "Taken back: Anna Petrova (#5) and Anna Petrova (#9)."


async def test_without_its_portal_nothing_can_be_deleted(scene: Scene) -> None:
    command_id = await scene.send(ANNA)
    await scene.end()
    scene.served.drop(PORTAL)
    with pytest.raises(PortalOnHold):
        await scene.press(command_id)


async def test_an_answer_in_russian_says_the_same(scene: Scene) -> None:
    command_id = await scene.send(ANNA, BORIS)
    request = replace(make_request(f"/b24undo {command_id}"), words=Words("ru"))
    decided = await scene.undo(request)
    assert decided.reply
    assert plain.render(decided.reply) == "Отозвано: Anna Petrova и Boris Ivanov."

"""Who has named somebody ambiguously says by a button whom they meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bridge.commands.choose import Choose, decide
from bridge.commands.decided import Decided
from bridge.errors import CommandError, RecipientAmbiguous, RecipientUnknown
from bridge.markup import plain
from bridge.markup.nodes import Paragraph, Shared, Text
from bridge.people.identity import BitrixUserId, Recipient, Sender
from bridge.people.recipients import Email, Number
from bridge.replies.button import Button
from bridge.replies.texts import Say, say
from bridge.replies.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import MARIA, STRANGER, make_incoming
from tests.fakes.stores import MemoryStores
from tests.unit.commands.requests import request_of

if TYPE_CHECKING:
    from bridge.commands.handler import Request

ANNA = Recipient(BitrixUserId(5), "Anna Petrova", position="Accountant")
NAMESAKE = Recipient(BitrixUserId(7), "Anna Petrova")
NAMELESS = Recipient(BitrixUserId(9))


class Scene:
    """A command that finds e-mail addresses ambiguous, and a place where commands are kept."""

    def __init__(self) -> None:
        self.stores = MemoryStores(FakeClock())
        self.candidates: tuple[Recipient, ...] = (ANNA, NAMESAKE, NAMELESS)
        self.carried_out: list[Request] = []
        self.choose = Choose(self.stores.past, {"b24notify": self.notify})

    async def notify(self, request: Request) -> Decided:
        for ref in request.command.recipients:
            if isinstance(ref, Email):
                reply = say(Say.EMAIL_AMBIGUOUS, email=str(ref), names=("Anna", "Anna"))
                raise RecipientAmbiguous(reply, ref=ref, candidates=self.candidates)
        self.carried_out.append(request)
        return Decided(reply=Words().write(say(Say.NOTIFIED, names=("all",))))

    async def type(
        self, text: str, sender: Sender = MARIA, shared: Shared | None = None
    ) -> Decided:
        incoming = replace(make_incoming(text, sender=sender), shared=shared)
        await self.stores.inbox.store(incoming)
        command_id = len(self.stores.commands)
        handler = self.choose if text.startswith("/b24choose") else self.notify
        decided = await decide(handler, request_of(incoming, command_id))
        await self.stores.inbox.close(command_id, decided)
        return decided

    async def refusal(self, text: str, sender: Sender = MARIA) -> str:
        with pytest.raises(CommandError) as caught:
            await self.type(text, sender)
        return plain.render(Words().write(*caught.value.replies))


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_an_ambiguous_recipient_is_refused_with_a_button_for_each_who_may_be_meant(
    scene: Scene,
) -> None:
    decided = await scene.type("/b24notify #2 anna@corp.example hello")
    assert decided.is_refused
    assert decided.buttons == (
        Button("Anna Petrova, Accountant · #5", "/b24choose 1 1 #5"),
        Button("Anna Petrova · #7", "/b24choose 1 1 #7"),
        Button("#9", "/b24choose 1 1 #9"),
    )


async def test_there_are_at_most_five_buttons_and_they_fit_every_chat(scene: Scene) -> None:
    position = "Director of " + "everything " * 20
    scene.candidates = tuple(
        Recipient(BitrixUserId(10**17 + number), "Anna", position=position) for number in range(9)
    )
    buttons = (await scene.type("/b24notify anna@corp.example hello")).buttons
    assert len(buttons) == 5
    assert all(len(button.command.encode()) <= 64 for button in buttons)
    assert all(len(button.label) <= 75 for button in buttons)
    assert len({button.label for button in buttons}) == 5


async def test_the_command_is_carried_out_as_if_the_chosen_one_had_been_typed(
    scene: Scene,
) -> None:
    shared = Shared("Boris", (Paragraph((Text("down"),)),))
    await scene.type("/b24notify #2 anna@corp.example --tag t **hello**", shared=shared)
    await scene.type("/b24choose 1 1 #7")
    (request,) = scene.carried_out
    assert request.command.recipients == (Number(BitrixUserId(2)), Number(BitrixUserId(7)))
    assert request.command.options == {"--tag": "t"}
    assert request.command.text == (Text("**hello**"),)
    assert request.incoming.shared == shared
    assert request.id == 2


async def test_several_ambiguous_recipients_are_chosen_one_after_the_other(scene: Scene) -> None:
    await scene.type("/b24notify a@corp.example b@corp.example a@corp.example hello")
    decided = await scene.type("/b24choose 1 0 #5")
    assert decided.buttons[0].command == "/b24choose 2 1 #5"
    await scene.type("/b24choose 2 1 #7")
    (request,) = scene.carried_out
    assert list(map(str, request.command.recipients)) == ["#5", "#7", "#5"]


async def test_a_choice_is_made_once(scene: Scene) -> None:
    await scene.type("/b24notify anna@corp.example hello")
    await scene.type("/b24choose 1 0 #5")
    assert "choice is over" in await scene.refusal("/b24choose 1 0 #7")
    assert len(scene.carried_out) == 1


@pytest.mark.parametrize(
    "typed",
    ["/b24choose 1 0 #6", "/b24choose 1 1 #5", "/b24choose 1 #5", "/b24choose 1", "/b24choose 1 0"],
)
async def test_only_what_was_offered_can_be_chosen(scene: Scene, typed: str) -> None:
    await scene.type("/b24notify anna@corp.example hello")
    assert "choice is over" in await scene.refusal(typed)
    assert not scene.carried_out


async def test_nobody_chooses_for_others(scene: Scene) -> None:
    await scene.type("/b24notify anna@corp.example hello")
    refusal = await scene.refusal("/b24choose 1 0 #5", STRANGER)
    assert refusal == "Only who sent that command can do this."
    assert refusal == await scene.refusal("/b24choose 99 0 #5", STRANGER)
    assert not scene.carried_out


async def test_a_choice_that_fails_can_be_made_anew(scene: Scene) -> None:
    await scene.type("/b24notify anna@corp.example hello")

    async def dismiss(_: Request) -> Decided:
        raise RecipientUnknown(say(Say.DISMISSED, name="Anna"))

    scene.choose = Choose(scene.stores.past, {"b24notify": dismiss})
    assert "no longer works here" in await scene.refusal("/b24choose 1 0 #5")
    scene.choose = Choose(scene.stores.past, {"b24notify": scene.notify})
    await scene.type("/b24choose 1 0 #7")
    assert len(scene.carried_out) == 1

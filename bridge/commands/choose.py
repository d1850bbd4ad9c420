"""``/b24choose``: a button that says whom one meant.

An ambiguous recipient is refused with a button for each person who may be meant. The button types
the number of the refused command, the place of the ambiguous recipient in it, and the recipient who
was chosen; the refused command is then carried out as if that one had been typed there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from bridge.commands.decided import Decided
from bridge.commands.earlier import find_earlier, read_number
from bridge.commands.grammar import CHOOSE
from bridge.commands.parser import parse
from bridge.errors import RecipientAmbiguous, UsageError
from bridge.markup.shears import ELLIPSIS, cut
from bridge.replies.button import Button
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.commands.handler import Handler, Request
    from bridge.commands.parser import Command
    from bridge.incoming import Incoming
    from bridge.people.identity import Recipient, Sender
    from bridge.ports import Past

MOST_BUTTONS: Final = 5
_LONGEST_LABEL: Final = 50


async def decide(handler: Handler, request: Request) -> Decided:
    """Have a command carried out; an ambiguous recipient is refused with buttons to choose by."""
    try:
        return await handler(request)
    except RecipientAmbiguous as error:
        return Decided(
            reply=request.words.write(*error.replies),
            is_refused=True,
            buttons=tuple(_offer(request, error)),
        )


class Choose:
    """Carries out a command once it is known who was meant.

    Args:
        past: finds the command.
        handlers: carry it out.
    """

    def __init__(self, past: Past, handlers: Mapping[str, Handler]) -> None:
        self._past = past
        self._handlers = handlers

    async def __call__(self, request: Request, /) -> Decided:
        """Carry out the earlier command, if it waits for this choice; see ``Handler``."""
        number = read_number(request.command)
        earlier = await find_earlier(self._past, number, request.sender)
        chosen = _write(request.command)
        if chosen not in {button.command for button in earlier.buttons}:
            raise UsageError(say(Say.CHOICE_OVER))
        command, incoming = await self._read(request.command, request.sender)
        meant = replace(request, command=command, incoming=incoming)
        decided = await decide(self._handlers[command.spec.name], meant)
        return replace(decided, settles=number)

    async def _read(self, choice: Command, sender: Sender) -> tuple[Command, Incoming]:
        """Read the command that a choice is about with what was chosen in it, now and before."""
        earlier = await find_earlier(self._past, read_number(choice), sender)
        incoming = earlier.incoming
        command = parse(incoming.typed, may_lack_text=incoming.shared is not None)
        if command.spec is CHOOSE:
            command, incoming = await self._read(command, sender)
        ambiguous = command.recipients[int(choice.words[1])]
        recipients = tuple(
            choice.recipients[0] if ref == ambiguous else ref for ref in command.recipients
        )
        return replace(command, recipients=recipients), incoming


def _offer(request: Request, error: RecipientAmbiguous) -> Iterator[Button]:
    if error.ref not in request.command.recipients:
        return
    place = request.command.recipients.index(error.ref)
    for candidate in error.candidates[:MOST_BUTTONS]:
        command = f"/{CHOOSE.name} {request.id} {place} #{candidate.user_id}"
        yield Button(_label(candidate), command)


def _label(candidate: Recipient) -> str:
    described = ", ".join(part for part in (candidate.name, candidate.position) if part)
    if len(described) > _LONGEST_LABEL:
        described = cut(described, _LONGEST_LABEL) + ELLIPSIS
    return f"{described} · #{candidate.user_id}" if described else f"#{candidate.user_id}"


def _write(choice: Command) -> str:
    return " ".join((f"/{choice.spec.name}", *choice.words, *map(str, choice.recipients)))

"""What a command's handler is given and gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from bridge.commands.parser import Command
from bridge.incoming import Incoming
from bridge.people.identity import Link, Sender
from bridge.people.member import Member
from bridge.replies.words import Words

if TYPE_CHECKING:
    from bridge.commands.decided import Decided


class Request(Struct, frozen=True, kw_only=True):
    """A command and who gave it.

    Attributes:
        id: the command's row in the inbox.
        command: as parsed.
        incoming: as it came; its sender is already allowed to give commands.
        link: the sender's own link, if there is one.
        member: what the platform tells of the sender; None where it tells nothing.
        words: the language to answer in.
        is_administrator: whether the sender may change what concerns others.
    """

    id: int
    command: Command
    incoming: Incoming
    link: Link | None
    words: Words
    member: Member | None = None
    is_administrator: bool = False

    @property
    def sender(self) -> Sender:
        """The person who gave the command."""
        return self.incoming.sender


class Handler(Protocol):
    """Carries out one command."""

    async def __call__(self, request: Request, /) -> Decided:
        """Decide what a command leads to.

        Raises:
            CommandError: the person can mend it.
            PortalError: the portal had to be asked and could not be.
        """
        ...

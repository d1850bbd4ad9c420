"""What a command's handler is given and gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from bridge.commands.parser import Command
from bridge.delivery.notification import Notification
from bridge.markup.nodes import Document
from bridge.people.identity import Link, PortalId, Sender


class Request(Struct, frozen=True):
    """A command and who gave it.

    Attributes:
        command: as parsed.
        sender: who typed it; already allowed to.
        link: the sender's own link, if there is one.
        permalink: the address where the whole command can be read; empty if there is none.
    """

    command: Command
    sender: Sender
    link: Link | None
    permalink: str = ""


class Decided(Struct, frozen=True, kw_only=True):
    """What a command leads to.

    Attributes:
        reply: what to say; in front of the outcome when there are notifications.
        is_refused: whether the reply says why nothing is done.
        notifications: what to send, by portal, one a recipient.
    """

    reply: Document | None = None
    is_refused: bool = False
    notifications: Mapping[PortalId, Sequence[Notification]] = msgspec.field(default_factory=dict)


class Handler(Protocol):
    """Carries out one command."""

    async def __call__(self, request: Request, /) -> Decided:
        """Decide what a command leads to.

        Raises:
            CommandError: the person can mend it.
            PortalError: the portal had to be asked and could not be.
        """
        ...

"""Commands as an adapter would hand them over."""

from __future__ import annotations

from itertools import count

from bridge.incoming import Incoming
from bridge.markup.nodes import Node, Text
from bridge.people.identity import Identity, Platform, Sender
from tests.fakes.clock import START

MARIA = Sender(Identity(Platform.TELEGRAM, "", "1"), "maria", "Maria")
STRANGER = Sender(Identity(Platform.TELEGRAM, "", "666"), "mallory", "Mallory")
_numbers = count(1)


def make_incoming(*typed: str | Node, sender: Sender = MARIA, workspace: str = "77") -> Incoming:
    """Make a command of texts and nodes, each with an event id of its own."""
    return Incoming(
        platform=sender.identity.platform,
        workspace=workspace,
        event_id=str(next(_numbers)),
        sender=sender,
        typed=tuple(Text(part) if isinstance(part, str) else part for part in typed),
        answer_to={"chat": 77},
        received_at=START,
    )

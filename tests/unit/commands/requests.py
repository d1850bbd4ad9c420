"""Commands as the desk hands them to their handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.handler import Request
from bridge.commands.parser import parse
from bridge.replies.words import Words
from tests.fakes.incoming import MARIA, make_incoming

if TYPE_CHECKING:
    from bridge.incoming import Incoming
    from bridge.markup.nodes import Node
    from bridge.people.identity import Sender


def make_request(*typed: str | Node, sender: Sender = MARIA, command_id: int = 1) -> Request:
    """Make a request of what somebody types."""
    return request_of(make_incoming(*typed, sender=sender), command_id)


def request_of(incoming: Incoming, command_id: int = 1) -> Request:
    """Make a request of a command as it came."""
    command = parse(incoming.typed, may_lack_text=incoming.shared is not None)
    return Request(id=command_id, command=command, incoming=incoming, link=None, words=Words())

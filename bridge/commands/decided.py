"""What a command leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from bridge.delivery.notification import Notification
from bridge.markup.nodes import Document
from bridge.people.identity import PortalId
from bridge.replies.button import Button


class Decided(Struct, frozen=True, kw_only=True):
    """What a command leads to.

    Attributes:
        reply: what to say; in front of the outcome when there are notifications. Nothing is said
            when there is neither.
        is_refused: whether the reply says why nothing is done.
        notifications: what to send, by portal, one a recipient.
        buttons: what the person may press under the reply.
        language: the language tag of the person; empty when it is not known.
        settles: an earlier command whose buttons may not be pressed any more; 0 for none.
    """

    reply: Document | None = None
    is_refused: bool = False
    notifications: Mapping[PortalId, Sequence[Notification]] = msgspec.field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    language: str = ""
    settles: int = 0

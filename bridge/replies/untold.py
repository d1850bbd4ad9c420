"""A command whose person waits for an answer."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from bridge.delivery.notification import Progress
from bridge.incoming import Incoming
from bridge.markup.nodes import Document
from bridge.replies.button import Button


class Untold(Struct, frozen=True, kw_only=True):
    """A command whose person has not been told how it ended.

    Attributes:
        id: the command's row.
        incoming: what was typed, by whom, and where to answer.
        reply: what the command itself has to say; the whole answer if there is no progress.
        is_refused: whether the reply says why nothing was done.
        progress: one entry a recipient.
        answer_id: where an earlier answer stands, that this takes time; empty if none does.
        attempts: how often telling has failed.
        buttons: what the person may press under the reply.
        language: the language tag of the person; empty when it is not known.
        decided_at: when the command was carried out; None while it still is.
    """

    id: int
    incoming: Incoming
    reply: Document | None = None
    is_refused: bool = False
    progress: tuple[Progress, ...] = ()
    answer_id: str = ""
    attempts: int = 0
    buttons: tuple[Button, ...] = ()
    language: str = ""
    decided_at: datetime | None = None

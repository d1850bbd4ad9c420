"""What became of a command, told to the person who typed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.state import State
from bridge.markup.nodes import Document
from bridge.replies.texts import Say, join_names, say, write_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.delivery.notification import Progress
    from bridge.replies.reply import Reply

NOT_CREATED = "NOT_CREATED"
"""The code of a delivery that the portal answered with ``false``."""


def write_outcome(progress: Sequence[Progress], note: Document | None = None) -> Document:
    """Write how far each recipient's delivery is, behind what the command itself had to say."""
    lines = [*_delivered(progress), *_failed(progress), *_waiting(progress)]
    return Document((*(note.children if note else ()), write_lines(*lines)))


def is_success(progress: Sequence[Progress]) -> bool:
    """Tell whether everybody has been notified."""
    return all(entry.state is State.DELIVERED for entry in progress)


def _names(progress: Sequence[Progress]) -> str:
    return join_names([entry.recipient.label for entry in progress])


def _delivered(progress: Sequence[Progress]) -> list[Reply]:
    delivered = [entry for entry in progress if entry.state is State.DELIVERED]
    return [say(Say.NOTIFIED, names=_names(delivered))] if delivered else []


def _failed(progress: Sequence[Progress]) -> list[Reply]:
    return [
        say(_reason(entry), name=entry.recipient.label, code=entry.code)
        for entry in progress
        if entry.state in {State.FAILED, State.DEAD}
    ]


def _reason(entry: Progress) -> Say:
    if entry.state is State.DEAD:
        return Say.GIVEN_UP
    return Say.NOT_CREATED if entry.code == NOT_CREATED else Say.REFUSED


def _waiting(progress: Sequence[Progress]) -> list[Reply]:
    waiting = [entry for entry in progress if not entry.state.is_final]
    return [say(Say.WAITING, names=_names(waiting))] if waiting else []

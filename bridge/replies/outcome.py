"""What became of a command, told to the person who typed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.state import State
from bridge.markup.nodes import Document
from bridge.replies.reasons import why_failed, why_waiting
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.delivery.notification import Progress
    from bridge.replies.reply import Reply
    from bridge.replies.words import Words


def write_outcome(
    progress: Sequence[Progress], words: Words, note: Document | None = None
) -> Document:
    """Write how far each recipient's delivery is, behind what the command itself had to say."""
    lines = [
        *_all_in(State.DELIVERED, Say.NOTIFIED, progress),
        *_all_in(State.CANCELLED, Say.TAKEN_BACK, progress),
        *_failed(progress),
        *_waiting(progress),
    ]
    return Document((*(note.children if note else ()), words.write_lines(*lines)))


def is_success(progress: Sequence[Progress]) -> bool:
    """Tell whether everybody has been notified."""
    return all(entry.state is State.DELIVERED for entry in progress)


def _names(progress: Sequence[Progress]) -> tuple[str, ...]:
    return tuple(entry.recipient.label for entry in progress)


def _all_in(state: State, text: Say, progress: Sequence[Progress]) -> list[Reply]:
    names = _names([entry for entry in progress if entry.state is state])
    return [say(text, names=names)] if names else []


def _failed(progress: Sequence[Progress]) -> list[Reply]:
    return [
        say(_reason(entry), name=entry.recipient.label, code=entry.code)
        for entry in progress
        if entry.state in {State.FAILED, State.DEAD}
    ]


def _reason(entry: Progress) -> Say:
    if entry.state is State.DEAD:
        return Say.GIVEN_UP
    return why_failed(entry.code).told


def _waiting(progress: Sequence[Progress]) -> list[Reply]:
    by_text: dict[tuple[Say, str], list[Progress]] = {}
    for entry in progress:
        if not entry.state.is_final:
            is_new = not (entry.code or entry.is_put_off)
            text = Say.ON_ITS_WAY if is_new else why_waiting(entry.code).told
            by_text.setdefault((text, entry.code), []).append(entry)
    return [
        say(text, names=_names(waiting), code=code) for (text, code), waiting in by_text.items()
    ]

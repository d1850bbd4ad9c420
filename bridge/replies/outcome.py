"""What became of a command, told to the person who typed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.history import CANCELLED
from bridge.delivery.state import State
from bridge.markup.nodes import Document
from bridge.replies.namesakes import tell_apart
from bridge.replies.reasons import why_failed, why_waiting
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.delivery.notification import Progress
    from bridge.replies.reply import Reply
    from bridge.replies.words import Words

    _Named = Sequence[tuple[str, Progress]]


def write_outcome(
    progress: Sequence[Progress], words: Words, trace: str, note: Document | None = None
) -> Document:
    """Write how far each recipient's delivery is, behind what the command itself had to say.

    Args:
        progress: of each recipient.
        words: in which it is written.
        trace: by which an administrator finds more about it.
        note: what the command had to say.
    """
    names = tell_apart([(entry.recipient, entry.portal) for entry in progress])
    named = tuple(zip(names, progress, strict=True))
    lines = [
        *_all(named, Say.NOTIFIED, lambda entry: entry.state is State.DELIVERED),
        *_all(named, Say.DOUBLED, lambda entry: entry.state is State.DELIVERED and entry.is_unsure),
        *_all(named, Say.TAKEN_BACK, lambda entry: _is_cancelled(entry, by_administrator=False)),
        *_all(named, Say.CANCELLED, lambda entry: _is_cancelled(entry, by_administrator=True)),
        *_failed(named),
        *_waiting(named),
    ]
    if any(entry.state in {State.FAILED, State.DEAD} for entry in progress):
        lines.append(say(Say.TRACE, trace=trace))
    return Document((*(note.children if note else ()), words.write_lines(*lines)))


def is_success(progress: Sequence[Progress]) -> bool:
    """Tell whether everybody has been notified."""
    return all(entry.state is State.DELIVERED for entry in progress)


def _all(named: _Named, text: Say, is_meant: Callable[[Progress], bool]) -> list[Reply]:
    names = tuple(name for name, entry in named if is_meant(entry))
    return [say(text, names=names)] if names else []


def _is_cancelled(entry: Progress, *, by_administrator: bool) -> bool:
    return entry.state is State.CANCELLED and (entry.code == CANCELLED) is by_administrator


def _failed(named: _Named) -> list[Reply]:
    return [
        say(_reason(entry), name=name, code=entry.code)
        for name, entry in named
        if entry.state in {State.FAILED, State.DEAD}
    ]


def _reason(entry: Progress) -> Say:
    if entry.state is State.DEAD:
        return Say.GIVEN_UP_UNSURE if entry.is_unsure else Say.GIVEN_UP
    return why_failed(entry.code).told


def _waiting(named: _Named) -> list[Reply]:
    by_text: dict[tuple[Say, str], list[str]] = {}
    for name, entry in named:
        if not entry.state.is_final:
            is_new = not (entry.code or entry.is_put_off)
            text = Say.ON_ITS_WAY if is_new else why_waiting(entry.code).told
            by_text.setdefault((text, entry.code), []).append(name)
    return [say(text, names=tuple(names), code=code) for (text, code), names in by_text.items()]

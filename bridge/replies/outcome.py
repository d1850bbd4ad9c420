"""What became of a command, told to the person who typed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.delivery.state import State
from bridge.markup.nodes import Document
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.delivery.notification import Progress
    from bridge.replies.reply import Reply
    from bridge.replies.words import Words

_FAILED: Final = {"NOT_CREATED": Say.NOT_CREATED, "SWITCHED_OFF": Say.SWITCHED_OFF}
_WAITING: Final = {
    "OVERLOAD_LIMIT": Say.WAITING_BLOCKED,
    **dict.fromkeys(
        ("QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT", "NOT_SENT", "NOT_EXECUTED"),
        Say.WAITING_LONGER,
    ),
    **dict.fromkeys(
        (
            "TIMEOUT",
            "CONNECTION_BROKEN",
            "UNEXPECTED_ANSWER",
            "UNEXPECTED_FAULT",
            "INTERNAL_SERVER_ERROR",
            "ERROR_UNEXPECTED_ANSWER",
        ),
        Say.WAITING_UNSURE,
    ),
    **dict.fromkeys(
        (
            "ACCESS_DENIED",
            "APPLICATION_NOT_FOUND",
            "APP_UNINSTALLED",
            "AUTHORIZATION_ERROR",
            "EXPIRED_TOKEN",
            "FOREIGN_MEMBER",
            "INSUFFICIENT_SCOPE",
            "INVALID_CLIENT",
            "INVALID_CREDENTIALS",
            "INVALID_GRANT",
            "INVALID_REQUEST",
            "INVALID_SCOPE",
            "NOT_INSTALLED",
            "NO_AUTH_FOUND",
            "PAYMENT_REQUIRED",
            "PORTAL_DELETED",
            "PORTAL_MOVED",
            "USER_ACCESS_ERROR",
            "WRONG_AUTH_TYPE",
        ),
        Say.WAITING_FOR_ADMINISTRATOR,
    ),
}
"""What is said of an attempt that failed with a code and will be repeated; else ``WAITING``."""


def write_outcome(
    progress: Sequence[Progress], words: Words, note: Document | None = None
) -> Document:
    """Write how far each recipient's delivery is, behind what the command itself had to say."""
    lines = [*_delivered(progress), *_failed(progress), *_waiting(progress)]
    return Document((*(note.children if note else ()), words.write_lines(*lines)))


def is_success(progress: Sequence[Progress]) -> bool:
    """Tell whether everybody has been notified."""
    return all(entry.state is State.DELIVERED for entry in progress)


def _names(progress: Sequence[Progress]) -> tuple[str, ...]:
    return tuple(entry.recipient.label for entry in progress)


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
    return _FAILED.get(entry.code, Say.REFUSED)


def _waiting(progress: Sequence[Progress]) -> list[Reply]:
    by_text: dict[tuple[Say, str], list[Progress]] = {}
    for entry in progress:
        if not entry.state.is_final:
            text = _WAITING.get(entry.code, Say.WAITING)
            by_text.setdefault((text, entry.code), []).append(entry)
    return [
        say(text, names=_names(waiting), code=code) for (text, code), waiting in by_text.items()
    ]

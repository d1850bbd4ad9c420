"""Why something was not delivered, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.replies.texts import Say

if TYPE_CHECKING:
    from collections.abc import Iterable


class Reason(Struct, frozen=True):
    """Why an attempt failed that will be repeated.

    Attributes:
        told: the whole text for who waits for it.
        short: the same in a few words.
    """

    told: Say
    short: Say


_NO_ROOM: Final = Reason(Say.WAITING_LONGER, Say.WHY_NO_ROOM)
_NO_ANSWER: Final = Reason(Say.WAITING_UNSURE, Say.WHY_NO_ANSWER)
_NO_ACCESS: Final = Reason(Say.WAITING_FOR_ADMINISTRATOR, Say.WHY_NO_ACCESS)
_PAUSED: Final = Reason(Say.WAITING_PAUSED, Say.WHY_PAUSED)
_BLOCKED: Final = Reason(Say.WAITING_BLOCKED, Say.WHY_BLOCKED)
_OTHER: Final = Reason(Say.WAITING, Say.WHY_OTHER)


def _all(codes: Iterable[str], reason: Reason) -> dict[str, Reason]:
    return dict.fromkeys(codes, reason)


_WAITING: Final = {
    "HELD": _PAUSED,
    "OVERLOAD_LIMIT": _BLOCKED,
    **_all(("QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT", "NOT_SENT", "NOT_EXECUTED"), _NO_ROOM),
    **_all(
        (
            "TIMEOUT",
            "CONNECTION_BROKEN",
            "UNEXPECTED_ANSWER",
            "UNEXPECTED_FAULT",
            "INTERNAL_SERVER_ERROR",
            "ERROR_UNEXPECTED_ANSWER",
        ),
        _NO_ANSWER,
    ),
    **_all(
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
            "NOT_CONNECTED",
            "NOT_INSTALLED",
            "NO_AUTH_FOUND",
            "PAYMENT_REQUIRED",
            "PORTAL_DELETED",
            "PORTAL_MOVED",
            "REMOVED",
            "USER_ACCESS_ERROR",
            "WRONG_AUTH_TYPE",
        ),
        _NO_ACCESS,
    ),
}
_FAILED: Final = {
    "NOT_CREATED": Reason(Say.NOT_CREATED, Say.WHY_NOT_CREATED),
    "SWITCHED_OFF": Reason(Say.SWITCHED_OFF, Say.WHY_SWITCHED_OFF),
}
_REFUSED: Final = Reason(Say.REFUSED, Say.WHY_REFUSED)


def why_waiting(code: str) -> Reason:
    """Tell why an attempt failed that will be repeated."""
    return _WAITING.get(code, _OTHER)


def why_failed(code: str) -> Reason:
    """Tell why something will never be delivered."""
    return _FAILED.get(code, _REFUSED)

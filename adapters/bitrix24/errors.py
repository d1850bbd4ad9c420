"""The portal's errors, as one table, and everything else that can go wrong with a call.

Sources: https://apidocs.bitrix24.com/error-codes.html and
https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html

Codes of our own, where the portal has none:

- ``CONNECTION_ERROR`` (also one of the portal's): no connection, the request did not leave;
- ``TIMEOUT``, ``CONNECTION_BROKEN``: the request may have left, no answer came;
- ``UNEXPECTED_ANSWER``: an answer came that says neither yes nor no;
- ``PORTAL_MOVED``: the portal sends us to another address;
- ``UNEXPECTED_FAULT``: the client itself failed, at whatever point of the call;
- ``UNKNOWN_ERROR``: a refusal whose code is none;
- ``NOT_EXECUTED``: the portal did not come to a call in a batch;
- ``NOT_SENT``: the request did not leave, because the portal is to be spared;
- ``NOT_CREATED``, ``SWITCHED_OFF``, ``TAG_TOO_LONG``, ``SUB_TAG_TOO_LONG``: see ``sending`` and
  ``parameters``.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from adapters.bitrix24.answers import decode_object
from adapters.bitrix24.masking import shorten_detail
from bridge.errors import OutcomeUnknown, PortalError, PortalOnHold, Rejected, TryLater

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_PAUSE_SECONDS: Final = 3600.0
"""A portal that asks for a longer pause is asked again after this one."""

_CODE: Final = re.compile(r"[A-Z0-9_.-]{1,64}")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SERVER_FAULT: Final = 500
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class Meaning(NamedTuple):
    """What a code means for us, and how long to pause when the portal does not say."""

    error: type[PortalError]
    retry_after_seconds: float | None = None


_HOLD: Final = Meaning(PortalOnHold)
_REJECT: Final = Meaning(Rejected)
_UNKNOWN: Final = Meaning(OutcomeUnknown)

MEANINGS: Final[Mapping[str, Meaning]] = {
    # Our request is wrong.
    "USER_ID_EMPTY": _REJECT,
    "MESSAGE_EMPTY": _REJECT,
    "ATTACH_OVERSIZE": _REJECT,
    "ATTACH_ERROR": _REJECT,
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": _REJECT,
    "ERROR_METHOD_NOT_FOUND": _REJECT,
    "METHOD_CONFIRM_WAITING": _REJECT,
    "METHOD_CONFIRM_DENIED": _REJECT,
    # An administrator must act.
    "WRONG_AUTH_TYPE": _HOLD,
    "INSUFFICIENT_SCOPE": _HOLD,
    "INVALID_CREDENTIALS": _HOLD,
    "USER_ACCESS_ERROR": _HOLD,
    "ACCESS_DENIED": _HOLD,
    "NO_AUTH_FOUND": _HOLD,
    "AUTHORIZATION_ERROR": _HOLD,
    "APPLICATION_NOT_FOUND": _HOLD,
    "EXPIRED_TOKEN": _HOLD,  # a webhook cannot be renewed by us
    "OVERLOAD_LIMIT": _HOLD,
    "PORTAL_DELETED": _HOLD,
    "PAYMENT_REQUIRED": _HOLD,
    "INVALID_REQUEST": _HOLD,  # "Https required": the address must be mended
    # Later. A full bucket leaks two requests a second, so the pause makes room for ten.
    "QUERY_LIMIT_EXCEEDED": Meaning(TryLater, 5.0),
    # The time limit is counted over ten minutes; each minute a part of it is forgotten.
    "OPERATION_TIME_LIMIT": Meaning(TryLater, 60.0),
    "CONNECTION_ERROR": Meaning(TryLater),
    # Nothing of the batch was carried out: its calls go again, singly or in smaller batches.
    "ERROR_BATCH_METHOD_NOT_ALLOWED": Meaning(TryLater, 0.0),
    "ERROR_BATCH_LENGTH_EXCEEDED": Meaning(TryLater, 0.0),
    # It may have been carried out all the same.
    "INTERNAL_SERVER_ERROR": _UNKNOWN,
    "ERROR_UNEXPECTED_ANSWER": _UNKNOWN,
}
"""Every documented code, in capitals. The HTTP status is not asked: sources disagree about it."""

_NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def error_from(
    status: int, body: bytes, headers: Mapping[str, str], *, hide: Callable[[str], str] = str
) -> PortalError:
    """Say what an answer means that is not a clear yes.

    Args:
        status: the HTTP status.
        body: the answer as it came.
        headers: its headers, found whatever their case.
        hide: removes the credential from a text.
    """
    fields = decode_object(body)
    if fields is None or fields.get("error") is None:
        return _error_without_code(status, headers, hide)
    return error_named(fields, status, headers, hide=hide)


def error_named(
    fields: Mapping[str, object],
    status: int = 200,
    headers: Mapping[str, str] = _NO_HEADERS,
    *,
    hide: Callable[[str], str] = str,
) -> PortalError:
    """Say what the fields ``error`` and ``error_description`` mean.

    They stand in the answer to a call, or, without a status and headers, in that to a batch.
    """
    code = _code_from(fields["error"], hide)
    known = MEANINGS.get(code)
    # A refusal nobody has told us about will be repeated by the portal; a fault may pass.
    meaning = known or (_UNKNOWN if status >= _SERVER_FAULT else _REJECT)
    description = str(fields.get("error_description") or "")
    detail = shorten_detail(hide(f"HTTP {status} {description}"))
    if meaning.error is not TryLater:
        return meaning.error(code, detail)
    pause = _asked_pause(headers)
    seconds = meaning.retry_after_seconds if pause is None else pause
    return TryLater(code, detail, retry_after_seconds=seconds)


def error_from_failure(error: httpx.HTTPError, *, hide: Callable[[str], str] = str) -> PortalError:
    """Say what it means that no whole answer came: did the request leave or not?"""
    detail = shorten_detail(hide(f"{type(error).__name__} {error}"))
    if isinstance(error, _NEVER_LEFT):
        return TryLater("CONNECTION_ERROR", detail)
    if isinstance(error, httpx.TimeoutException):
        return OutcomeUnknown("TIMEOUT", detail)
    if isinstance(error, httpx.DecodingError):
        return OutcomeUnknown("UNEXPECTED_ANSWER", detail)
    return OutcomeUnknown("CONNECTION_BROKEN", detail)


def _error_without_code(
    status: int, headers: Mapping[str, str], hide: Callable[[str], str]
) -> PortalError:
    if status in _REDIRECTS:
        host = _host_of(headers.get("location", ""))
        return PortalOnHold("PORTAL_MOVED", shorten_detail(hide(f"HTTP {status} to {host}")))
    kind = headers.get("content-type", "no content type")
    return OutcomeUnknown("UNEXPECTED_ANSWER", shorten_detail(hide(f"HTTP {status}, {kind}")))


def _code_from(value: object, hide: Callable[[str], str]) -> str:
    code = hide(str(value)).strip().upper()
    return code if _CODE.fullmatch(code) else "UNKNOWN_ERROR"


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    seconds = headers.get("retry-after", "").strip()
    if not (seconds.isascii() and seconds.isdecimal()):
        return None
    return min(float(seconds), LONGEST_PAUSE_SECONDS)


def _host_of(location: str) -> str:
    try:
        return urlsplit(location).hostname or "an address on the same host"
    except ValueError:
        return "an unreadable address"

"""What a portal answers, read with care: it is foreign data.

Source: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/general-principles.html
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeGuard

import msgspec
from msgspec import Struct

from bridge.errors import OutcomeUnknown

if TYPE_CHECKING:
    import httpx

LONGEST_ANSWER_BYTES: Final = 8 * 1024 * 1024

_DIGITS: Final = re.compile(r"[0-9]{1,19}")
_END_OF_NUMBERS: Final = 2**63


class Times(Struct, frozen=True):
    """What the portal says of the time a call took; whatever it does not say is None.

    Attributes:
        finished_at: when the portal had done it, in seconds since 1970.
        duration_seconds: how long after the request had arrived that was.
        operating_seconds: how long the method has been at work for us in the last ten minutes.
        operating_reset_at: when the portal forgets a part of that, in seconds since 1970.
    """

    finished_at: float | None = None
    duration_seconds: float | None = None
    operating_seconds: float | None = None
    operating_reset_at: float | None = None


class Answer(Struct, frozen=True):
    """A method was carried out.

    Attributes:
        result: what it returned, not checked.
        next_start: where the next page of a list begins; None when this is the last.
        times: how long it took.
    """

    result: object
    next_start: int | None = None
    times: Times = Times()


async def read_bounded(response: httpx.Response) -> bytes:
    """Read the body of an answer, unless it has no end.

    Raises:
        OutcomeUnknown: it is longer than any that a portal has reason to give.
    """
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LONGEST_ANSWER_BYTES:
            raise OutcomeUnknown("UNEXPECTED_ANSWER", "the answer does not end")
    return bytes(body)


def decode_object(body: bytes) -> dict[str, object] | None:
    """Read a JSON object; None when the body is anything else."""
    try:
        decoded = msgspec.json.decode(body)
    except (ValueError, RecursionError):  # malformed, not UTF-8, or nested without end
        return None
    return decoded if isinstance(decoded, dict) else None


def answer_from(status: int, body: bytes) -> Answer | None:
    """Read the answer to a call that was carried out; None when it was not, or is not clear."""
    fields = decode_object(body)
    if not HTTPStatus(200) <= status < HTTPStatus(300) or fields is None:
        return None
    if "result" not in fields or fields.get("error"):
        return None
    following = fields.get("next")
    return Answer(
        fields["result"],
        following if is_integer(following) else None,
        times_from(fields.get("time")),
    )


def times_from(value: object) -> Times:
    """Read the ``time`` of an answer, or of a call in a batch."""
    times = value if isinstance(value, dict) else {}
    names = ("finish", "duration", "operating", "operating_reset_at")
    return Times(*(_seconds(times.get(name)) for name in names))


def is_integer(value: object) -> TypeGuard[int]:
    """Whether a decoded value is a whole number; ``true`` and ``false`` are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def read_id(value: object) -> int | None:
    """Read a positive number, also in decimal digits, that a database can keep; else None."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    return value if is_integer(value) and 0 < value < _END_OF_NUMBERS else None


def _seconds(value: object) -> float | None:
    if isinstance(value, float):
        return value
    # JSON knows whole numbers that are too large for any clock, and for a float.
    return float(value) if is_integer(value) and abs(value) < _END_OF_NUMBERS else None

"""How links are proved, and the rules for codes: pure, but for the chance in them.

A code is sent to a Bitrix24 person and typed back in the chat by whoever asked for it. Six digits
are few, so everything else is narrow: ten minutes, five tries, five codes an hour for each who asks
and for each account that is asked about. Guessing without end, by however many, hits an account
once in more than four years on average.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.people.identity import Identity, Located

if TYPE_CHECKING:
    from collections.abc import Sequence

LIFETIME: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
WINDOW: Final = timedelta(hours=1)
MOST_CODES: Final = 5
"""The most codes within the window, for one who asks and for one account."""

_CODE: Final = re.compile(r"(?:code-)?(?P<first>[0-9]{3})[ -]?(?P<second>[0-9]{3})")
_SALT_BYTES: Final = 16


class Proof(StrEnum):
    """How it is known that an identity is a Bitrix24 person."""

    EMAIL = "email"
    """The platform's verified address is the address of exactly one active person."""
    CODE = "code"
    """They have read what was sent to that person."""
    ADMINISTRATOR = "administrator"
    IMPORT = "import"
    """A file of an administrator said so."""


class NewLink(Struct, frozen=True):
    """A link to be made.

    Attributes:
        identity: who on the platform.
        person: who in Bitrix24.
        handle: the name others call them by; empty leaves the one they have.
    """

    identity: Identity
    person: Located
    handle: str = ""


class LinkChange(Struct, frozen=True, kw_only=True):
    """Something that happened to a link.

    Attributes:
        is_end: whether the link was ended; else it was made.
        proof: how it had been proved.
        changed_by: through whom it happened.
    """

    identity: Identity
    person: Located
    is_end: bool
    proof: Proof
    changed_by: str
    changed_at: datetime


class OpenedCode(Struct, frozen=True, kw_only=True):
    """What came of the wish for a code.

    Attributes:
        id: its row; 0 when there were too many.
        may_be_sent: whether there is somebody who may get it.
        again_at: when the next one may be asked for, if there were too many.
    """

    id: int = 0
    may_be_sent: bool = False
    again_at: datetime | None = None


class SentCode(Struct, frozen=True):
    """A code that waits to be typed; its hash is empty when nobody got it."""

    id: int
    code_hash: str


class Tried(Struct, frozen=True):
    """What came of a try.

    Attributes:
        person: to whom the identity is linked now; None if the code was wrong or too old.
        tries_left: how many tries the code still has.
    """

    person: Located | None = None
    tries_left: int = 0


def make_code() -> str:
    """Make six digits that nobody can foresee."""
    return f"{secrets.randbelow(10**6):06}"


def read_code(typed: str) -> str | None:
    """Read what somebody typed as a code; None if it is none.

    ``123456``, ``123 456`` and ``123-456`` are the same, and so is ``code-123456``, which a link
    can carry.
    """
    match = _CODE.fullmatch(typed.strip())
    return match["first"] + match["second"] if match else None


def hash_code(code: str) -> str:
    """Hash a code for keeping; takes a moment, so let a thread do it.

    A million of these take longer than a code lives.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"{salt.hex()}${_digest(code, salt).hex()}"


def is_code(code: str, code_hash: str) -> bool:
    """Tell whether a hash is that of a code; takes as long whatever the answer."""
    salt, _, digest = code_hash.partition("$")
    given = _digest(code, bytes.fromhex(salt))
    return hmac.compare_digest(given, bytes.fromhex(digest))


def next_code_at(created_at: Sequence[datetime]) -> datetime | None:
    """Tell when the next code may be made; None for at once.

    Args:
        created_at: when those within the last ``WINDOW`` were made, oldest first.
    """
    return created_at[-MOST_CODES] + WINDOW if len(created_at) >= MOST_CODES else None


def _digest(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, n=2**14, r=8, p=1)

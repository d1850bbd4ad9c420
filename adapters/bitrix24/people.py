"""A person as the portal describes them.

Source: https://apidocs.bitrix24.com/api-reference/user/user-get.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from adapters.bitrix24.answers import is_integer
from bridge.people.identity import BitrixUserId, Recipient

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Control characters but white space, and those that turn the direction of the text around."""


def recipients_from(result: object) -> list[Recipient] | None:
    """Read a page of ``user.get``; None when it is no list. What is no person is left out."""
    if not isinstance(result, list):
        return None
    people = (_recipient_from(entry) for entry in result if isinstance(entry, dict))
    return [person for person in people if person is not None]


def _recipient_from(entry: Mapping[str, object]) -> Recipient | None:
    user_id = _user_id_from(entry.get("ID"))
    if user_id is None:
        return None
    return Recipient(
        user_id,
        name=_seen(f"{_text(entry.get('NAME'))} {_text(entry.get('LAST_NAME'))}"),
        email=_text(entry.get("EMAIL")),
        is_active=entry.get("ACTIVE", True) not in (False, "N"),
        position=_seen(_text(entry.get("WORK_POSITION"))),
    )


def _seen(said: str) -> str:
    """Leave what is seen of a text, on one line: it is shown in chats, logs and on terminals."""
    return " ".join(_UNSEEN.sub("", said).split())


def _user_id_from(value: object) -> BitrixUserId | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return BitrixUserId(int(value))
    return BitrixUserId(value) if is_integer(value) else None


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""

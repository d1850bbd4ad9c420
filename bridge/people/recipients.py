"""What people may write for a recipient."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from bridge.people.identity import BitrixUserId


class Mentioned(Struct, frozen=True):
    """A mention that the platform itself made, with its own id of the person."""

    external_id: str
    label: str

    def __str__(self) -> str:
        return f"@{self.label}"


class MentionedGroup(Struct, frozen=True):
    """A mention of a group of the platform's own, with its id."""

    external_id: str
    label: str

    def __str__(self) -> str:
        return f"@{self.label}"


class Handle(Struct, frozen=True):
    """``@anna``: a name as it was typed."""

    name: str

    def __str__(self) -> str:
        return f"@{self.name}"


class Number(Struct, frozen=True):
    """``#5``: a ``USER_ID`` in Bitrix24."""

    user_id: BitrixUserId

    def __str__(self) -> str:
        return f"#{self.user_id}"


class Email(Struct, frozen=True):
    """``anna@corp.example``."""

    address: str

    def __str__(self) -> str:
        return self.address


RecipientRef = Mentioned | MentionedGroup | Handle | Number | Email
"""What a person may write for a recipient; ``str()`` shows it as it was written."""

# What is not text stands for itself, see ``bridge.commands.cursor``.
_END: Final = r"(?=:?(?:[\s,\ufffc]|$))"
_ATOM: Final = r"""[^\s,:;@<>()"\ufffc]"""
RECIPIENT: Final = re.compile(
    rf"""
    @(?P<handle>[\w.-]*\w) {_END}
    | \#(?P<number>[0-9]{{1,18}}) {_END}
    | (?P<email>{_ATOM}++@(?={_ATOM}+?\.){_ATOM}++(?<=\w)) {_END}
    """,
    re.VERBOSE,
)
"""A recipient in plain text, up to white space, a comma, a colon or the end."""


def read_recipient(text: str) -> RecipientRef | None:
    """Read a whole text as one recipient; None if it is none."""
    match = RECIPIENT.match(text)
    return recipient_of(match) if match and match.end() == len(text) else None


def recipient_of(match: re.Match[str]) -> RecipientRef:
    """Turn a match of ``RECIPIENT`` into the recipient it names."""
    if handle := match["handle"]:
        return Handle(handle)
    if number := match["number"]:
        return Number(BitrixUserId(int(number)))
    return Email(match["email"])

"""What is left behind by chaos, as the judge looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum

from msgspec import Struct

from bridge.delivery.state import State

Pair = tuple[int, int]
"""A command, and one of its recipients."""


class Command(Struct, frozen=True, kw_only=True):
    """Something that somebody typed.

    Attributes:
        number: its name, which is in its text, too.
        sender: who typed it.
        portal: the host of their portal.
        recipients: whom it is for, by ``USER_ID``.
        is_delivered: whether the platform considers it delivered; of what it does not, the person
            was shown that it went wrong.
    """

    number: int
    sender: str
    portal: str
    recipients: tuple[int, ...]
    is_delivered: bool = True


class Taken(Struct, frozen=True, kw_only=True):
    """A command in the inbox: whether it was carried out, and its person is still to be told."""

    is_closed: bool = True
    is_untold: bool = False


class Row(Struct, frozen=True, kw_only=True):
    """A delivery, as ``b24bridge deliveries list`` tells of it; ``command`` is a number."""

    command: int
    recipient: int
    state: State
    is_possibly_doubled: bool = False
    next_try_at: datetime | None = None
    hold: str = ""
    finished_at: datetime | None = None


class Bell(Struct, frozen=True, kw_only=True):
    """A line of a portal's ledger.

    Attributes:
        command: whose text it is; 0 if nobody has ever typed it.
        is_shown: whether it is in the bell still, and no other with its tag has replaced it.
    """

    portal: str
    command: int
    recipient: int
    at: datetime
    is_shown: bool = True


class Told(Enum):
    """What a person was told last about a recipient."""

    NOTIFIED = "notified"
    FAILED = "failed"
    WAITING = "waiting"


class Evidence(Struct, frozen=True, kw_only=True):
    """All that is left behind.

    Attributes:
        commands: in the order in which each person typed theirs.
        taken: the inbox, by the commands' numbers.
        rows: the outbox.
        bells: the ledgers, each in its order.
        told: by command and recipient.
        tagless: the portals that ignore tags.
        has_stragglers: whether portals may have carried out requests long after they were made, so
            that a bell may ring behind its outcome.
    """

    commands: Sequence[Command]
    taken: Mapping[int, Taken]
    rows: Sequence[Row]
    bells: Sequence[Bell]
    told: Mapping[Pair, Told]
    tagless: frozenset[str] = frozenset()
    has_stragglers: bool = False

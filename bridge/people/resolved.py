"""Whom recipients name, once everybody has been looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bridge.errors import RecipientAmbiguous, RecipientUnknown
from bridge.people.identity import Located
from bridge.people.recipients import Number
from bridge.replies.reply import Reply
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.people.identity import BitrixUserId, PortalId, Recipient
    from bridge.people.recipients import Email


class Resolved(Struct, frozen=True):
    """Whom recipients name.

    Attributes:
        people: each once, in the order in which they were named.
        left_out: what to tell of those in a group who are nobody in Bitrix24.
        is_group: whether a group was named.
    """

    people: tuple[Located, ...]
    left_out: tuple[Reply, ...] = ()
    is_group: bool = False


def choose(ref: Number | Email, found: Sequence[Recipient]) -> Recipient:
    """Choose the one who works here; somebody dismissed only if there is nobody else.

    Raises:
        RecipientUnknown: nobody was found.
        RecipientAmbiguous: several work here.
    """
    active = [recipient for recipient in found if recipient.is_active]
    if len(active) > 1:
        names = tuple(f"{recipient.label} (#{recipient.user_id})" for recipient in active)
        reply = say(Say.EMAIL_AMBIGUOUS, email=str(ref), names=names)
        raise RecipientAmbiguous(reply, ref=ref, candidates=active)
    if found:
        return (*active, *found)[0]
    if isinstance(ref, Number):
        raise RecipientUnknown(say(Say.NUMBER_UNKNOWN, number=str(ref)))
    raise RecipientUnknown(say(Say.EMAIL_UNKNOWN, email=str(ref)))


def check_at_work(found: Resolved) -> None:
    """Refuse people who are known to work here no longer.

    Raises:
        RecipientUnknown: with their name.
    """
    for located in found.people:
        if not located.recipient.is_active:
            raise RecipientUnknown(say(Say.DISMISSED, name=located.recipient.label))


def once(people: Iterable[Located]) -> tuple[Located, ...]:
    """Leave out whoever was named before."""
    first: dict[tuple[PortalId, BitrixUserId], Located] = {}
    for located in people:
        first.setdefault((located.portal, located.recipient.user_id), located)
    return tuple(first.values())


def join(
    errors: Sequence[RecipientUnknown | RecipientAmbiguous],
) -> RecipientUnknown | RecipientAmbiguous:
    """Tell of all; a choice is offered only where choosing is all there is to mend."""
    replies = [reply for error in errors for reply in error.replies]
    ambiguous = [error for error in errors if isinstance(error, RecipientAmbiguous)]
    if len(ambiguous) < len(errors):
        return RecipientUnknown(*replies)
    first = ambiguous[0]
    return RecipientAmbiguous(*replies, ref=first.ref, candidates=first.candidates)

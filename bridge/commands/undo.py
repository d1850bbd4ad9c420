"""``/b24undo``: take back what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.decided import Decided
from bridge.commands.earlier import find_earlier, read_number
from bridge.delivery.retraction import UNDO_WITHIN
from bridge.delivery.state import State
from bridge.errors import PortalOnHold, UsageError
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bridge.commands.handler import Request
    from bridge.delivery.retraction import Retractable
    from bridge.delivery.served import Served
    from bridge.ports import Clock, Past
    from bridge.replies.reply import Reply


class Undo:
    """Cancels what waits, and deletes in Bitrix24 what was delivered in the last minutes.

    Args:
        past: where the command's deliveries stand.
        served: the portals to delete in.
        clock: the time.
    """

    def __init__(self, past: Past, served: Served, clock: Clock) -> None:
        self._past = past
        self._served = served
        self._clock = clock

    async def __call__(self, request: Request, /) -> Decided:
        """Take back what can be, and tell of all of it; see ``Handler``.

        It may be carried out again when a portal could not be asked: what is done stays done.
        """
        number, now = read_number(request.command), self._clock.now()
        await find_earlier(self._past, number, request.sender)
        if refusal := _refuse(await self._past.list_deliveries(number), now):
            raise UsageError(refusal)
        await self._past.cancel(number)
        was_deleted = False
        for one in await self._past.list_deliveries(number):
            if one.is_deletable(now):
                await self._delete(one)
                was_deleted = True
        lines = _tell(await self._past.list_deliveries(number))
        notes = [say(Say.TAKEN_BACK_NOTE)] if was_deleted else []
        return Decided(reply=request.words.write(*lines, *notes))

    async def _delete(self, one: Retractable) -> None:
        if one.portal not in self._served:
            raise PortalOnHold("NOT_SERVED", "the portal of a notification is served no longer")
        await self._served[one.portal].delete_by_tag(one.tag)
        await self._past.mark_deleted([one.id])


def _refuse(deliveries: Sequence[Retractable], now: datetime) -> Reply | None:
    """Tell why there is nothing to be done; None if there is."""
    if any(one.is_waiting() or one.is_deletable(now) for one in deliveries):
        return None
    if any(one.state is State.CANCELLED for one in deliveries):
        return say(Say.UNDONE_BEFORE)
    told = _tell(deliveries)
    return told[0] if told else say(Say.UNDO_NOTHING)


def _tell(deliveries: Sequence[Retractable]) -> list[Reply]:
    by_text: dict[Say, list[str]] = {}
    for one in deliveries:
        if text := _find_text(one):
            by_text.setdefault(text, []).append(one.recipient.label)
    minutes = str(UNDO_WITHIN.seconds // 60)
    return [say(text, names=tuple(names), minutes=minutes) for text, names in by_text.items()]


def _find_text(one: Retractable) -> Say | None:
    match one.state:
        case State.CANCELLED:
            return Say.TAKEN_BACK
        case State.DELIVERED:
            return Say.UNDO_REPLACED if one.is_replaced else Say.UNDO_TOO_LATE
        case State.FAILED | State.DEAD:
            return None
        case State.QUEUED | State.SENDING:
            return Say.UNDO_TOO_EARLY

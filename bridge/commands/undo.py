"""``/b24undo``: take back what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.decided import Decided
from bridge.commands.earlier import find_earlier, read_number
from bridge.delivery.retraction import UNDO_WITHIN
from bridge.delivery.state import State
from bridge.errors import PortalOnHold, UsageError
from bridge.replies.namesakes import tell_apart
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bridge.commands.handler import Request
    from bridge.delivery.retraction import Retractable
    from bridge.delivery.served import Served
    from bridge.people.identity import PortalId
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
        if refusal := self._refuse(await self._past.list_deliveries(number), now):
            raise UsageError(refusal)
        await self._past.cancel(number)
        deletable: dict[PortalId, list[Retractable]] = {}
        for one in await self._past.list_deliveries(number):
            if one.is_deletable(now):
                deletable.setdefault(one.portal, []).append(one)
        for portal, deliveries in deletable.items():
            await self._delete(portal, deliveries)
        lines = self._tell(await self._past.list_deliveries(number))
        notes = [say(Say.TAKEN_BACK_NOTE)] if deletable else []
        return Decided(reply=request.words.write(*lines, *notes))

    async def _delete(self, portal: PortalId, deliveries: Sequence[Retractable]) -> None:
        if portal not in self._served:
            raise PortalOnHold("NOT_SERVED", "the portal of a notification is served no longer")
        size = self._served[portal].request_size
        for start in range(0, len(deliveries), size):
            portion = deliveries[start : start + size]
            await self._served[portal].delete_by_tags([one.tag for one in portion])
            await self._past.mark_deleted([one.id for one in portion])

    def _refuse(self, deliveries: Sequence[Retractable], now: datetime) -> Reply | None:
        """Tell why there is nothing to be done; None if there is."""
        if any(one.is_waiting() or one.is_deletable(now) for one in deliveries):
            return None
        if any(one.state is State.CANCELLED for one in deliveries):
            return say(Say.UNDONE_BEFORE)
        told = self._tell(deliveries)
        return told[0] if told else say(Say.UNDO_NOTHING)

    def _tell(self, deliveries: Sequence[Retractable]) -> list[Reply]:
        names = tell_apart([(one.recipient, self._name(one.portal)) for one in deliveries])
        by_text: dict[Say, list[str]] = {}
        for name, one in zip(names, deliveries, strict=True):
            if text := _find_text(one):
                by_text.setdefault(text, []).append(name)
        minutes = str(UNDO_WITHIN.seconds // 60)
        return [say(text, names=tuple(told), minutes=minutes) for text, told in by_text.items()]

    def _name(self, portal: PortalId) -> str:
        return self._served.name(portal) if portal in self._served else "?"


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

"""What administrators see of deliveries, and do about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import func, literal_column, update
from sqlmodel import col, select

from bridge.delivery.history import CANCELLED, Event, Happening
from bridge.delivery.notification import OWN_TAG
from bridge.delivery.state import State
from bridge.people.identity import PortalId
from storage.doubles import is_possibly_doubled
from storage.due_answers import call_for_answers, lock_commands
from storage.events import list_events, note_event
from storage.next_try import due_ahead, tell_next_try
from storage.tables import CommandRow, DeliveryRow, PortalRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from storage.database import Database

_RETRIED: Final = {State.DEAD, State.FAILED}
_CANCELLED: Final = {State.QUEUED, State.DEAD}
# Word for word the condition of an index.
_GIVEN_UP: Final = col(DeliveryRow.state).in_(
    [literal_column("'dead'"), literal_column("'failed'")]
)
_PORTION: Final = 500


class Filter(Struct, frozen=True, kw_only=True):
    """Which deliveries are meant: all that fit in everything that is given."""

    state: State | None = None
    portal: PortalId | None = None
    since: datetime | None = None
    trace: str = ""


ANY: Final = Filter()
"""Means all deliveries."""


class DeliveryRecord(Struct, frozen=True, kw_only=True):
    """A delivery as administrators see it; never with the text of its message.

    Attributes:
        id: its row.
        portal: the host of the portal it is for.
        recipient: the name of whom it is for; empty when not known.
        user_id: their ``USER_ID``.
        sender: who typed the command, as ``str(Identity)``.
        code: of the last attempt that failed; empty when none has.
        hold: why an administrator must act before anything goes to the portal.
        held_at: since when.
        queued_at: when it was queued, by its command or again by an administrator.
        next_try_at: not before then; None when nothing is tried, or not before somebody acts.
        finished_at: when its state became final.
        tag: what the portal knows it by.
        trace: what all log lines about it begin with.
    """

    id: int
    state: State
    portal: str
    recipient: str
    user_id: int
    sender: str
    attempts: int
    code: str
    hold: str
    held_at: datetime | None
    is_possibly_doubled: bool
    queued_at: datetime
    next_try_at: datetime | None
    finished_at: datetime | None
    tag: str
    trace: str


class DeliveryDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A delivery and all that has happened to it.

    Attributes:
        record: how it stands.
        command_id: what ``/b24undo`` and the log call its command; None without one.
        lane: before and behind which others it goes.
        received_at: when its command came.
        started_at: when the last attempt began.
        portal_notification_id: the portal's number for it; 0 before it is delivered.
        events: what has happened to it besides, in order.
        message: what was sent, if it was asked for.
    """

    record: DeliveryRecord
    command_id: int | None
    lane: int
    received_at: datetime | None
    started_at: datetime | None
    portal_notification_id: int
    events: Sequence[Event]
    message: str | UnsetType = UNSET


class Retried(Struct, frozen=True):
    """What came of an attempt to queue deliveries again, by their rows; false if there were none.

    Attributes:
        queued: those that are queued again.
        replaced: those that stay as they are, as a later one with the same tag has arrived: they
            would take its place.
    """

    queued: Sequence[int]
    replaced: Sequence[int]

    def __bool__(self) -> bool:
        return bool(self.queued or self.replaced)


class SqlDeliveries:
    """The outbox as administrators work with it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def list_latest(
        self, session: Session, limit: int, which: Filter = ANY
    ) -> Sequence[DeliveryRecord]:
        """List deliveries, the latest first."""
        latest = select(DeliveryRow.id).where(*_fits(which)).order_by(col(DeliveryRow.id).desc())
        query = (
            select(DeliveryRow, PortalRow, CommandRow.sender, due_ahead())
            .join(PortalRow, col(PortalRow.id) == col(DeliveryRow.portal_id))
            .outerjoin(CommandRow, col(CommandRow.id) == col(DeliveryRow.inbox_id))
            .where(col(DeliveryRow.id).in_(latest.limit(limit)))
            .order_by(col(DeliveryRow.id).desc())
        )
        return [_record(*found) for found in session.exec(query)]

    @reads
    def find(
        self, session: Session, delivery_id: int, *, with_message: bool = False
    ) -> DeliveryDetails | None:
        """Find a delivery with its history; None if there is none.

        Args:
            session: of the transaction.
            delivery_id: its row.
            with_message: whether the text is wanted, which is its people's own.
        """
        row = session.get(DeliveryRow, delivery_id)
        if row is None:
            return None
        portal = session.get_one(PortalRow, row.portal_id)
        command = session.get(CommandRow, row.inbox_id) if row.inbox_id else None
        ahead = select(due_ahead()).where(DeliveryRow.id == delivery_id)
        ahead_until = session.exec(ahead).one()
        events = list_events(session, delivery_id)
        return DeliveryDetails(
            record=_record(row, portal, command.sender if command else None, ahead_until),
            command_id=row.inbox_id,
            lane=row.lane,
            received_at=row.received_at,
            started_at=row.started_at,
            portal_notification_id=row.portal_notification_id,
            events=events,
            message=row.message if with_message else UNSET,
        )

    async def retry(self, delivery_id: int) -> Retried:
        """Queue a dead or failed delivery again, as if it were new, unless it is neither."""
        return await self._retry(col(DeliveryRow.id) == delivery_id, _RETRIED)

    async def retry_dead(self) -> Retried:
        """Queue all dead deliveries again, some at a time, the oldest first."""
        queued: list[int] = []
        replaced: list[int] = []
        newest = 0
        while retried := await self._retry(col(DeliveryRow.id) > newest, {State.DEAD}):
            queued += retried.queued
            replaced += retried.replaced
            newest = max(*retried.queued, *retried.replaced, newest)
        return Retried(queued, replaced)

    @writes
    def cancel(self, session: Session, delivery_id: int) -> bool:
        """Give up a queued or dead delivery for good; False if it is neither.

        Who sent it is told, unless they know already that it was given up.
        """
        now = self._database.now()
        query = select(DeliveryRow).where(
            DeliveryRow.id == delivery_id, col(DeliveryRow.state).in_(_CANCELLED)
        )
        row = session.exec(query.with_for_update()).one_or_none()
        if row is None:
            return False
        row.state, row.due_at, row.finished_at = State.CANCELLED, None, now
        row.code = CANCELLED
        session.add(note_event(row.id, row.attempts, Happening.CANCELLED, now))
        session.flush()
        if row.inbox_id is not None:
            lock_commands(session, [row.inbox_id])
            call_for_answers(session, [row.inbox_id], now)
        return True

    @writes
    def _retry(self, session: Session, which: ColumnElement[bool], states: set[State]) -> Retried:
        now = self._database.now()
        query = (
            select(DeliveryRow)
            .where(
                which,
                col(DeliveryRow.finished_at).is_not(None),
                col(DeliveryRow.state).in_(states),
                _GIVEN_UP,
            )
            .order_by(col(DeliveryRow.id))
            .limit(_PORTION)
        )
        found = session.exec(query.with_for_update()).all()
        replaced = _list_replaced(session, found)
        rows = [row for row in found if row.id not in replaced]
        for row in rows:
            session.add(note_event(row.id, row.attempts, Happening.RETRIED, now, row.code))
            row.state, row.code, row.attempts = State.QUEUED, "", 0
            row.queued_at = row.due_at = now
            row.finished_at = None
        # Their people were told that it was given up, and will be told what comes of it now.
        commands = {row.inbox_id for row in rows if row.inbox_id is not None}
        lock_commands(session, commands)
        again = update(CommandRow).where(col(CommandRow.id).in_(commands))
        session.exec(again.values(told_at=None, answer_due_at=None))
        return Retried([row.id for row in rows], replaced)


def _list_replaced(session: Session, rows: Sequence[DeliveryRow]) -> list[int]:
    """List those that would take the place of something later that was sent with the same tag."""
    tagged = [row for row in rows if not row.tag.startswith(OWN_TAG)]
    if not tagged:
        return []
    arrived = select(DeliveryRow.portal_id, DeliveryRow.tag, func.max(DeliveryRow.id)).where(
        col(DeliveryRow.id) > min(row.id for row in tagged),
        col(DeliveryRow.tag).in_({row.tag for row in tagged}),
        DeliveryRow.state == State.DELIVERED,
    )
    by_tag = arrived.group_by(col(DeliveryRow.portal_id), col(DeliveryRow.tag))
    newest = {(portal, tag): latest for portal, tag, latest in session.exec(by_tag)}
    return [row.id for row in tagged if newest.get((row.portal_id, row.tag), 0) > row.id]


def _fits(which: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.state is not None:
        conditions.append(col(DeliveryRow.state) == which.state)
        # Of what waits among years of others there is an index.
        is_final = which.state.is_final
        finished_at = col(DeliveryRow.finished_at)
        conditions.append(finished_at.is_not(None) if is_final else finished_at.is_(None))
        if which.state in _RETRIED:
            conditions.append(_GIVEN_UP)
    if which.portal is not None:
        conditions.append(col(DeliveryRow.portal_id) == which.portal)
    if which.trace:
        conditions.append(col(DeliveryRow.trace) == which.trace)
    if which.since is not None:
        conditions.append(col(DeliveryRow.queued_at) >= which.since)
    return conditions


def _record(
    row: DeliveryRow, portal: PortalRow, sender: str | None, ahead_until: datetime | None
) -> DeliveryRecord:
    is_waiting = row.finished_at is None
    return DeliveryRecord(
        id=row.id,
        state=row.state,
        portal=portal.name,
        recipient=row.recipient_name,
        user_id=row.bitrix_user_id,
        sender=sender or "",
        attempts=row.attempts,
        code=row.code,
        hold=portal.hold_code if is_waiting else "",
        held_at=portal.held_at if is_waiting else None,
        is_possibly_doubled=is_possibly_doubled(row, portal),
        queued_at=row.queued_at,
        next_try_at=tell_next_try(row, portal, ahead_until),
        finished_at=row.finished_at,
        tag=row.tag,
        trace=row.trace,
    )

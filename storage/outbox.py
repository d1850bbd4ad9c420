"""The outbox: notifications on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, update
from sqlalchemy.orm import aliased
from sqlmodel import col, exists, select

from bridge.delivery.history import Happening
from bridge.delivery.lane import Lane
from bridge.delivery.notification import Delivery, Notification
from bridge.delivery.state import State
from bridge.people.identity import BitrixUserId, Recipient
from storage.answers import call_for_answers, call_for_news, lock_commands
from storage.events import note_event
from storage.tables import DeliveryRow, PortalRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from bridge.delivery.notification import Verdict
    from bridge.people.identity import PortalId
    from storage.database import Database


class SqlOutbox:
    """``bridge.ports.Outbox`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def recover(self, session: Session, portal: PortalId) -> int:
        """Queue again what was being sent when a drain ended without an outcome."""
        now = self._database.now()
        interrupted = update(DeliveryRow).where(
            *_waiting(portal), col(DeliveryRow.due_at).is_(None)
        )
        again = interrupted.values(state=State.QUEUED, due_at=now, is_possibly_doubled=True)
        # Whoever is queueing something at this moment was told that a drain would come: wait
        # for their commit, so that this drain finds it. (Each new row locks its portal's.)
        session.get(PortalRow, portal, with_for_update=True)
        rows = session.exec(again.returning(col(DeliveryRow.id), col(DeliveryRow.attempts)))
        noted = [
            note_event(delivery_id, attempt, Happening.INTERRUPTED, now)
            for delivery_id, attempt in rows
        ]
        session.add_all(noted)
        return len(noted)

    @writes
    def take_due(
        self, session: Session, portal: PortalId, now: datetime, limit: int
    ) -> Sequence[Delivery]:
        """Take deliveries that are due, by lane and age, at most one a recipient."""
        # Read in this order, by an index, and not sorted from all that is due: "IS TRUE"
        # keeps the planner from the index on due_at.
        is_due = (col(DeliveryRow.due_at) <= now).is_(True)
        query = (
            select(DeliveryRow)
            .where(*_waiting(portal), is_due, _is_first_of_recipient())
            .order_by(col(DeliveryRow.lane), col(DeliveryRow.id))
            .limit(limit)
            .with_for_update(skip_locked=True, of=DeliveryRow)
        )
        rows = session.exec(query).all()
        if rows:
            session.exec(
                update(DeliveryRow)
                .where(col(DeliveryRow.id).in_([row.id for row in rows]))
                .values(
                    state=State.SENDING,
                    due_at=None,
                    started_at=now,
                    attempts=col(DeliveryRow.attempts) + 1,
                )
                .execution_options(synchronize_session=False)
            )
        return [_delivery(row, row.attempts + 1) for row in rows]

    @writes
    def put_back(self, session: Session, delivery_ids: Collection[int]) -> None:
        """Queue again what was taken and not sent, as if it had not been taken."""
        if not delivery_ids:
            return
        unsent = update(DeliveryRow).where(
            col(DeliveryRow.id).in_(delivery_ids), col(DeliveryRow.state) == State.SENDING
        )
        session.exec(
            unsent.values(
                state=State.QUEUED,
                due_at=self._database.now(),
                attempts=col(DeliveryRow.attempts) - 1,
            ).execution_options(synchronize_session=False)
        )

    @writes
    def record(self, session: Session, verdicts: Sequence[Verdict]) -> None:
        """Write down what became of taken deliveries, in one transaction.

        A delivery that is not being sent any more, because it was recovered meanwhile, stays as
        it is.
        """
        now = self._database.now()
        by_id = {verdict.delivery_id: verdict for verdict in verdicts}
        query = select(DeliveryRow).where(
            col(DeliveryRow.id).in_(by_id), DeliveryRow.state == State.SENDING
        )
        rows = session.exec(query.with_for_update()).all()
        news = {row.inbox_id for row in rows if by_id[row.id].code and not row.code}
        for row in rows:
            verdict = by_id[row.id]
            if verdict.code:
                failed = Happening.FAILED
                session.add(note_event(row.id, row.attempts, failed, now, verdict.code))
            _settle(row, verdict, now)
        session.flush()
        commands = {row.inbox_id for row in rows if row.inbox_id is not None}
        lock_commands(session, commands)
        call_for_answers(session, commands, now)
        call_for_news(session, commands & news, now)

    @reads
    def next_due(self, session: Session, portal: PortalId) -> datetime | None:
        """Tell when ``take_due`` will next find something."""
        query = (
            select(DeliveryRow.due_at)
            .where(
                *_waiting(portal), col(DeliveryRow.due_at).is_not(None), _is_first_of_recipient()
            )
            .order_by(col(DeliveryRow.due_at))
            .limit(1)
        )
        return session.exec(query).one_or_none()


def _waiting(portal: PortalId) -> tuple[ColumnElement[bool], ...]:
    return col(DeliveryRow.portal_id) == portal, col(DeliveryRow.finished_at).is_(None)


def _is_first_of_recipient() -> ColumnElement[bool]:
    older = aliased(DeliveryRow)
    is_behind = exists().where(
        col(older.finished_at).is_(None),
        col(older.portal_id) == col(DeliveryRow.portal_id),
        col(older.bitrix_user_id) == col(DeliveryRow.bitrix_user_id),
        or_(
            col(older.due_at).is_(None),  # it is being sent
            col(older.lane) < col(DeliveryRow.lane),
            (col(older.lane) == col(DeliveryRow.lane)) & (col(older.id) < col(DeliveryRow.id)),
        ),
        col(older.id) != col(DeliveryRow.id),
    )
    # Not "NOT EXISTS", of which PostgreSQL makes a join: before it has looked at its statistics,
    # one with everything that waits. This is asked of each row until enough are found.
    return is_behind.is_(False)


def _settle(row: DeliveryRow, verdict: Verdict, now: datetime) -> None:
    row.state, row.code = verdict.state, verdict.code
    row.due_at = None if verdict.state.is_final else verdict.due_at or now
    row.finished_at = now if verdict.state.is_final else None
    row.is_possibly_doubled = row.is_possibly_doubled or verdict.is_outcome_unknown
    row.portal_notification_id = verdict.portal_notification_id


def _delivery(row: DeliveryRow, attempt: int) -> Delivery:
    notification = Notification(
        recipient=Recipient(BitrixUserId(row.bitrix_user_id), row.recipient_name),
        message=row.message,
        message_out=row.message_out,
        tag=row.tag,
        sub_tag=row.sub_tag,
        attach=row.attach,
        lane=Lane(row.lane),
        is_system=row.is_system,
    )
    return Delivery(
        id=row.id,
        notification=notification,
        attempt=attempt,
        queued_at=row.queued_at,
        received_at=row.received_at or row.queued_at,
        trace=row.trace,
    )

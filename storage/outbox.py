"""The outbox: notifications on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, or_, select, update
from sqlmodel import col

from bridge.delivery.history import Happening
from bridge.delivery.lane import Lane
from bridge.delivery.notification import Delivery, Notification, Outlook
from bridge.delivery.state import State
from bridge.people.identity import BitrixUserId, Recipient
from storage.due import find_due, find_next_due
from storage.due_answers import call_for_answers, call_for_news, lock_commands
from storage.events import note_event
from storage.portals import read_status
from storage.tables import DeliveryRow, PortalRow, Row
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from bridge.delivery.notification import Verdict
    from bridge.people.identity import PortalId
    from storage.database import Database

# What is done all the time is made once.
_outbox: Final = Row.metadata.tables["outbox"]
_ids: Final = bindparam("ids", type_=_outbox.c.id.type, expanding=True)
_now: Final = bindparam("now", type_=_outbox.c.due_at.type)
_TAKE: Final = (
    update(_outbox)
    .where(_outbox.c.id.in_(_ids), _outbox.c.due_at <= _now)
    .values(state=State.SENDING, due_at=None, started_at=_now, attempts=_outbox.c.attempts + 1)
    .returning(_outbox)
)
_PUT_BACK: Final = (
    update(_outbox)
    .where(
        _outbox.c.id == bindparam("delivery_id"),
        _outbox.c.attempts == bindparam("attempt"),
        _outbox.c.state == State.SENDING,
    )
    .values(state=State.QUEUED, due_at=_now, attempts=_outbox.c.attempts - 1)
)
_TAKEN: Final = (
    select(_outbox.c.id, _outbox.c.inbox_id, _outbox.c.attempts, _outbox.c.code)
    .where(_outbox.c.id.in_(_ids), _outbox.c.state == State.SENDING)
    .order_by(_outbox.c.id)
    .with_for_update()
)
_SETTLE: Final = (
    update(_outbox)
    .where(_outbox.c.id == bindparam("delivery_id"))
    .values(
        state=bindparam("state"),
        code=bindparam("code"),
        due_at=bindparam("due_at"),
        finished_at=bindparam("finished_at"),
        is_possibly_doubled=or_(_outbox.c.is_possibly_doubled, bindparam("is_unknown")),
        portal_notification_id=bindparam("portal_notification_id"),
    )
)


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
        """Take deliveries that are due, by lane and age, at most one a recipient.

        None while the portal is to be left alone.
        """
        if read_status(session, portal).resume_at:
            return []
        found = find_due(session, portal, now, limit)
        if not found:
            return []
        rows = session.execute(_TAKE, {"ids": found, "now": now})
        taken = {row.id: _delivery(row) for row in rows}
        # Somebody else may have been quicker.
        return [taken[delivery_id] for delivery_id in found if delivery_id in taken]

    @writes
    def put_back(self, session: Session, deliveries: Collection[Delivery]) -> None:
        """Queue again what was taken and not sent, as if it had not been taken."""
        now = self._database.now()
        attempts = [
            {"delivery_id": one.id, "attempt": one.attempt, "now": now} for one in deliveries
        ]
        if attempts:
            session.connection().execute(_PUT_BACK, attempts)

    @writes
    def record(self, session: Session, verdicts: Sequence[Verdict]) -> None:
        """Write down what became of taken deliveries, in one transaction.

        A delivery whose attempt is not under way any more stays as it is: whoever was frozen may
        come back when somebody else has long made the next one.
        """
        now = self._database.now()
        by_id = {verdict.delivery_id: verdict for verdict in verdicts}
        found = session.execute(_TAKEN, {"ids": sorted(by_id)})
        rows = [row for row in found if row.attempts == by_id[row.id].attempt]
        if not rows:
            return
        session.connection().execute(
            _SETTLE, [_settled(row.id, by_id[row.id], now) for row in rows]
        )
        failed = [row for row in rows if by_id[row.id].code]
        session.add_all(
            note_event(row.id, row.attempts, Happening.FAILED, now, by_id[row.id].code)
            for row in failed
        )
        ended = {row.inbox_id for row in rows if row.inbox_id and by_id[row.id].state.is_final}
        news = {row.inbox_id for row in failed if row.inbox_id and not row.code}
        if ended or news:
            lock_commands(session, ended | news)
            call_for_answers(session, ended, now)
        if news:
            call_for_news(session, news, now)

    @reads
    def look(self, session: Session, portal: PortalId) -> Outlook:
        """Tell whether the portal takes notifications, and when ``take_due`` finds one."""
        return Outlook(
            read_status(session, portal), find_next_due(session, portal, self._database.now())
        )


def _waiting(portal: PortalId) -> tuple[ColumnElement[bool], ...]:
    return col(DeliveryRow.portal_id) == portal, col(DeliveryRow.finished_at).is_(None)


def _settled(delivery_id: int, verdict: Verdict, now: datetime) -> dict[str, object]:
    return {
        "delivery_id": delivery_id,
        "state": verdict.state,
        "code": verdict.code,
        "due_at": None if verdict.state.is_final else verdict.due_at or now,
        "finished_at": now if verdict.state.is_final else None,
        "is_unknown": verdict.is_outcome_unknown,
        "portal_notification_id": verdict.portal_notification_id,
    }


def _delivery(row: Any) -> Delivery:  # noqa: ANN401 - a row of the table's columns
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
        attempt=row.attempts,
        queued_at=row.queued_at,
        received_at=row.received_at or row.queued_at,
        trace=row.trace,
    )

"""Commands that have been carried out, for those who gave them and change their minds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update
from sqlalchemy.orm import aliased
from sqlmodel import col, exists, select

from bridge.delivery.retraction import Retractable
from bridge.delivery.state import State
from bridge.incoming import ClosedCommand
from bridge.people.identity import BitrixUserId, PortalId, Recipient
from storage.due_answers import has_ended, lock_commands
from storage.tables import CommandRow, DeliveryRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from storage.database import Database


class SqlPast:
    """``bridge.ports.Past`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def find(self, session: Session, command_id: int) -> ClosedCommand | None:
        """Find a command that has been carried out; None if there is none."""
        row = session.get(CommandRow, command_id)
        if row is None or row.closed_at is None:
            return None
        return ClosedCommand(row.id, row.incoming, row.buttons)

    @reads
    def list_deliveries(self, session: Session, command_id: int) -> Sequence[Retractable]:
        """List where the deliveries of a command stand, in the order of its recipients."""
        query = (
            select(DeliveryRow, _is_replaced())
            .where(DeliveryRow.inbox_id == command_id)
            .order_by(col(DeliveryRow.id))
        )
        rows = session.exec(query).all()
        return [_retractable(row, is_replaced) for row, is_replaced in rows]

    @writes
    def cancel(self, session: Session, command_id: int) -> None:
        """Cancel what a command has queued; what is being sent or was sent stays as it is."""
        now = self._database.now()
        queued = update(DeliveryRow).where(
            col(DeliveryRow.inbox_id) == command_id, col(DeliveryRow.state) == State.QUEUED
        )
        ended = update(CommandRow).where(col(CommandRow.id) == command_id, has_ended())
        session.exec(queued.values(state=State.CANCELLED, due_at=None, finished_at=now))
        lock_commands(session, [command_id])
        session.exec(ended.values(told_at=now, answer_due_at=None))

    @writes
    def mark_deleted(self, session: Session, delivery_ids: Collection[int]) -> None:
        """Note that deliveries have been deleted in their portal."""
        deleted = update(DeliveryRow).where(
            col(DeliveryRow.id).in_(delivery_ids), col(DeliveryRow.finished_at).is_not(None)
        )
        session.exec(
            deleted.values(
                state=State.CANCELLED,
                finished_at=self._database.now(),
                is_possibly_doubled=False,
            )
        )


def _is_replaced() -> ColumnElement[bool]:
    later = aliased(DeliveryRow)
    return exists().where(
        col(later.id) > col(DeliveryRow.id),
        col(later.portal_id) == col(DeliveryRow.portal_id),
        col(later.tag) == col(DeliveryRow.tag),
        col(later.state).not_in([State.FAILED, State.DEAD, State.CANCELLED]),
    )


def _retractable(row: DeliveryRow, is_replaced: bool) -> Retractable:
    return Retractable(
        id=row.id,
        portal=PortalId(row.portal_id),
        recipient=Recipient(BitrixUserId(row.bitrix_user_id), row.recipient_name),
        tag=row.tag,
        state=row.state,
        finished_at=row.finished_at,
        is_possibly_doubled=row.is_possibly_doubled,
        is_replaced=is_replaced,
    )

"""What people have sent, for looking back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, func, select

from bridge.delivery.overview import Sent
from bridge.people.identity import BitrixUserId, Recipient
from storage.doubles import is_possibly_doubled
from storage.next_try import due_ahead, tell_next_try
from storage.tables import CommandRow, DeliveryRow, PortalRow
from storage.transactions import reads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlmodel import Session

    from bridge.people.identity import Identity
    from storage.database import Database


class SqlOverview:
    """``bridge.ports.Overview`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def list_sent(self, session: Session, identity: Identity, limit: int) -> Sequence[Sent]:
        """List the last notifications that a person has asked for, those that wait first."""
        query = (
            select(DeliveryRow, PortalRow, due_ahead())
            .join(CommandRow, col(CommandRow.id) == col(DeliveryRow.inbox_id))
            .join(PortalRow, col(PortalRow.id) == col(DeliveryRow.portal_id))
            .where(CommandRow.sender == str(identity))
            .order_by(
                col(CommandRow.received_at).desc(), col(CommandRow.id).desc(), col(DeliveryRow.id)
            )
        )
        is_waiting = col(DeliveryRow.finished_at).is_(None)
        waiting = session.exec(query.where(is_waiting).limit(limit)).all()
        # Not sorted by whether it waits: of what is over there may be years.
        over = session.exec(query.where(~is_waiting).limit(limit - len(waiting))).all()
        return [_sent(*found) for found in (*waiting, *over)]

    @reads
    def count_waiting(self, session: Session, identity: Identity) -> int:
        """Count the notifications that a person has asked for and that wait, or are under way."""
        query = (
            select(func.count())
            .select_from(DeliveryRow)
            .join(CommandRow, col(CommandRow.id) == col(DeliveryRow.inbox_id))
            .where(CommandRow.sender == str(identity), col(DeliveryRow.finished_at).is_(None))
        )
        return session.exec(query).one()


def _sent(row: DeliveryRow, portal: PortalRow, ahead_until: datetime | None) -> Sent:
    return Sent(
        recipient=Recipient(BitrixUserId(row.bitrix_user_id), row.recipient_name),
        state=row.state,
        code=row.code,
        queued_at=row.queued_at,
        next_try_at=tell_next_try(row, portal, ahead_until),
        finished_at=row.finished_at,
        is_possibly_doubled=is_possibly_doubled(row, portal),
        hold_code=portal.hold_code,
        held_at=portal.held_at,
    )

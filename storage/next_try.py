"""When something that waits is tried next, as people are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from bridge.delivery.notification import FOR_GOOD
from storage.tables import DeliveryRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from storage.tables import PortalRow


def due_ahead() -> ColumnElement[datetime | None]:
    """Tell until when a delivery has to wait for the first to the same recipient, at least.

    NULL if that is under way, or if the delivery does not wait.
    """
    ahead = aliased(DeliveryRow)
    first = (
        select(ahead.due_at)
        .where(
            col(ahead.finished_at).is_(None),
            col(ahead.portal_id) == col(DeliveryRow.portal_id),
            col(ahead.bitrix_user_id) == col(DeliveryRow.bitrix_user_id),
        )
        # As an index has them: see storage.due.
        .order_by(col(ahead.due_at).is_not(None), col(ahead.lane), col(ahead.id))
        .limit(1)
        .correlate(DeliveryRow)
        .scalar_subquery()
    )
    # Of what is over there may be years, of which nobody need be asked.
    return case((col(DeliveryRow.due_at).is_not(None), first))


def tell_next_try(
    row: DeliveryRow, portal: PortalRow, ahead_until: datetime | None
) -> datetime | None:
    """Tell when a delivery is tried next, at the earliest.

    None if it does not wait, or for somebody who must act first.
    """
    if row.due_at is None:
        return None
    next_try_at = max(filter(None, [row.due_at, portal.resume_at, ahead_until]))
    return None if next_try_at == FOR_GOOD else next_try_at

"""What has happened to deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, select

from bridge.delivery.history import Event
from storage.tables import DeliveryEventRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlmodel import Session

    from bridge.delivery.history import Happening


def note_event(
    delivery_id: int, attempt: int, what: Happening, now: datetime, code: str = ""
) -> DeliveryEventRow:
    """Make the row of something that has happened to a delivery."""
    return DeliveryEventRow(
        delivery_id=delivery_id, attempt=attempt, what=what, happened_at=now, code=code
    )


def list_events(session: Session, delivery_id: int) -> Sequence[Event]:
    """List what has happened to a delivery, in its order."""
    query = (
        select(DeliveryEventRow)
        .where(DeliveryEventRow.delivery_id == delivery_id)
        .order_by(col(DeliveryEventRow.id))
    )
    return [
        Event(at=row.happened_at, what=row.what, attempt=row.attempt, code=row.code)
        for row in session.exec(query)
    ]

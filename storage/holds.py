"""What administrators have been told of holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, update
from sqlmodel import col, select

from bridge.delivery.hold_news import REMOVED, HoldNews, HoldStage
from bridge.people.identity import PortalId
from storage.tables import DeliveryRow, PortalRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlmodel import Session

    from storage.database import Database

_NOTHING: Final = 0
_THAT_IT_BEGAN: Final = 1
_THAT_IT_LASTS: Final = 2
_NOW_TOLD: Final = {
    HoldStage.BEGUN: _THAT_IT_BEGAN,
    HoldStage.LASTS: _THAT_IT_LASTS,
    HoldStage.ENDED: _NOTHING,
}


class SqlHolds:
    """``bridge.ports.Holds`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def list_news(self, session: Session, *, reminded_before: datetime) -> Sequence[HoldNews]:
        """List what administrators have not been told yet."""
        queued = (
            select(func.count())
            .where(
                col(DeliveryRow.portal_id) == col(PortalRow.id),
                col(DeliveryRow.finished_at).is_(None),
            )
            .correlate(PortalRow)
            .scalar_subquery()
        )
        told, code, held_at = map(
            col, (PortalRow.hold_told, PortalRow.hold_code, PortalRow.held_at)
        )
        is_held = code.not_in(["", REMOVED])
        query = (
            select(PortalRow, queued)
            .where(
                or_(
                    is_held & (told == _NOTHING),
                    is_held & (told == _THAT_IT_BEGAN) & (held_at <= reminded_before),
                    (code == "") & (told != _NOTHING),
                )
            )
            .order_by(col(PortalRow.id))
        )
        return [_news(row, count) for row, count in session.exec(query)]

    @writes
    def mark_told(self, session: Session, news: HoldNews) -> bool:
        """Note that administrators are told something; False if another process tells them."""
        told = update(PortalRow).where(
            col(PortalRow.id) == news.portal, col(PortalRow.hold_told) == news.told
        )
        result = session.exec(told.values(hold_told=_NOW_TOLD[news.stage]))
        return result.rowcount == 1


def _news(row: PortalRow, queued: int) -> HoldNews:
    if not row.hold_code:
        stage = HoldStage.ENDED
    else:
        stage = HoldStage.LASTS if row.hold_told else HoldStage.BEGUN
    return HoldNews(
        portal=PortalId(row.id),
        name=row.name,
        stage=stage,
        code=row.hold_code,
        queued=queued,
        told=row.hold_told,
    )

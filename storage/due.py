"""What may leave for a portal: of each recipient the first delivery that waits, if it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select

from storage.tables import Row
from storage.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, FromClause
    from sqlmodel import Session

    from bridge.people.identity import PortalId

_outbox: Final = Row.metadata.tables["outbox"]
_portal: Final = bindparam("portal", type_=_outbox.c.portal_id.type)
_now: Final = bindparam("now", type_=_outbox.c.due_at.type)
_limit: Final = bindparam("limit", type_=_outbox.c.lane.type)


def find_due(session: Session, portal: PortalId, now: datetime, limit: int) -> Sequence[int]:
    """Find what may leave, up to a limit: the urgent first, then the oldest."""
    values = {"portal": portal, "now": now, "limit": limit}
    found = session.execute(_DUE, values).scalars().all()
    if len(found) < limit and session.execute(_ARE_MORE_DUE, values).scalar_one():
        found = session.execute(_DUE_BY_RECIPIENT, values).scalars().all()
    return found


def find_next_due(session: Session, portal: PortalId, now: datetime) -> datetime | None:
    """Tell when ``find_due`` will next find something; None if something else must end first.

    What is due now is as good as any other that is.
    """
    values = {"portal": portal, "now": now, "limit": 1}
    due: datetime | None = session.execute(_ANY_DUE, values).scalar()
    if due is None and not session.execute(_ARE_MORE_DUE, values).scalar_one():
        due = session.execute(_NEXT, values).scalar()
        if due is not None or not session.execute(_ARE_MORE_QUEUED, values).scalar_one():
            return due
    return due or session.execute(_NEXT_BY_RECIPIENT, values).scalar()


def _waits(rows: FromClause) -> tuple[ColumnElement[bool], ...]:
    return rows.c.portal_id == _portal, rows.c.finished_at.is_(None)


def _order(rows: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Have what is under way be the first, and nothing else of its recipient."""
    return rows.c.due_at.is_not(None), rows.c.lane, rows.c.id


# A bare comparison would let the planner take the index on ``due_at``, and sort all that is due;
# a bare "IS NOT NULL" that of the recipients.
_is_due: Final = (_outbox.c.due_at <= _now).is_(True)
_is_queued: Final = _outbox.c.due_at.is_(None).is_(False)

_turns: Final = Turns(_outbox, _waits, "bitrix_user_id", _order)
_due: Final = _turns.look(_is_due, order=("lane", "id"), also=("due_at",))
_queued: Final = _turns.look(_is_queued, order=("due_at",))
_firsts: Final = _turns.first_of_each()
_first_rows: Final = _outbox.join(_firsts, _outbox.c.id == _firsts.c.id)

_DUE: Final = (
    select(_due.c.id).where(_turns.is_first(_due)).order_by(_due.c.lane, _due.c.id).limit(_limit)
)
_ANY_DUE: Final = (
    select(_due.c.due_at).where(_turns.is_first(_due)).order_by(_due.c.lane, _due.c.id).limit(1)
)
_ARE_MORE_DUE: Final = _turns.are_more(_due)
_DUE_BY_RECIPIENT: Final = (
    select(_outbox.c.id)
    .select_from(_first_rows)
    .where(_is_due)
    .order_by(_outbox.c.lane, _outbox.c.id)
    .limit(_limit)
)
_NEXT: Final = (
    select(_queued.c.due_at).where(_turns.is_first(_queued)).order_by(_queued.c.due_at).limit(1)
)
_ARE_MORE_QUEUED: Final = _turns.are_more(_queued)
_NEXT_BY_RECIPIENT: Final = select(func.min(_outbox.c.due_at)).select_from(_first_rows)

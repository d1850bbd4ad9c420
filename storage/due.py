"""What may leave for a portal: of each recipient the first that waits, if it is due.

A crowd may wait for one recipient, or for a time to come. So the first some that are due are looked
at, which is enough as a rule; when too many of them are behind others, one goes from recipient to
recipient instead. Either is done by an index in its order: it does not matter how many wait, and
PostgreSQL has no choice that it would need statistics for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select

from storage.tables import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import CTE, ColumnElement, FromClause, Select, Subquery
    from sqlmodel import Session

    from bridge.people.identity import PortalId

_LOOKED_AT: Final = 200
"""As many as may be under way to one portal, as a rule."""

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


def find_next_due(session: Session, portal: PortalId) -> datetime | None:
    """Tell when ``find_due`` will next find something; None if something else must end first."""
    values = {"portal": portal}
    due: datetime | None = session.execute(_NEXT, values).scalar()
    if due is None and session.execute(_ARE_MORE_QUEUED, values).scalar_one():
        due = session.execute(_NEXT_BY_RECIPIENT, values).scalar()
    return due


def _waiting(rows: FromClause) -> tuple[ColumnElement[bool], ...]:
    return rows.c.portal_id == _portal, rows.c.finished_at.is_(None)


def _turn(rows: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Give what the deliveries of a recipient are ordered by: what is under way is the first."""
    return rows.c.due_at.is_not(None), rows.c.lane, rows.c.id


def _look(condition: ColumnElement[bool], *order: ColumnElement[Any]) -> Subquery:
    columns = _outbox.c.id, _outbox.c.bitrix_user_id, _outbox.c.lane, _outbox.c.due_at
    query = select(*columns).where(*_waiting(_outbox), condition).order_by(*order)
    return query.limit(_LOOKED_AT).subquery()


def _are_more(looked_at: Subquery) -> Select[Any]:
    return select(func.count() == _LOOKED_AT).select_from(looked_at)


def _is_first(looked_at: Subquery) -> ColumnElement[bool]:
    others = _outbox.alias()
    first = (
        select(others.c.id)
        .where(*_waiting(others), others.c.bitrix_user_id == looked_at.c.bitrix_user_id)
        .order_by(*_turn(others))
        .limit(1)
    )
    return looked_at.c.id == first.correlate(looked_at).scalar_subquery()


def _first_of_each() -> CTE:
    """Give the first delivery of each recipient, by going from one recipient to the next."""
    start, following, found = _outbox.alias(), _outbox.alias(), _outbox.alias()
    first = (
        select(start.c.id, start.c.bitrix_user_id)
        .where(*_waiting(start))
        .order_by(start.c.bitrix_user_id, *_turn(start))
        .limit(1)
        .subquery()
    )
    firsts = select(first).cte("firsts", recursive=True)
    next_id = (
        select(following.c.id)
        .where(*_waiting(following), following.c.bitrix_user_id > firsts.c.bitrix_user_id)
        .order_by(following.c.bitrix_user_id, *_turn(following))
        .limit(1)
        .correlate(firsts)
        .scalar_subquery()
    )
    next_first = select(found.c.id, found.c.bitrix_user_id).join(firsts, found.c.id == next_id)
    return firsts.union_all(next_first)


# A bare comparison would let the planner take the index on ``due_at``, and sort all that is due;
# a bare "IS NOT NULL" that of the recipients.
_is_due: Final = (_outbox.c.due_at <= _now).is_(True)
_is_queued: Final = _outbox.c.due_at.is_(None).is_(False)
_in_order: Final = (_outbox.c.lane, _outbox.c.id)

_due: Final = _look(_is_due, *_in_order)
_queued: Final = _look(_is_queued, _outbox.c.due_at)
_firsts: Final = _first_of_each()
_first_rows: Final = _outbox.join(_firsts, _outbox.c.id == _firsts.c.id)

_DUE: Final = (
    select(_due.c.id).where(_is_first(_due)).order_by(_due.c.lane, _due.c.id).limit(_limit)
)
_ARE_MORE_DUE: Final = _are_more(_due)
_DUE_BY_RECIPIENT: Final = (
    select(_outbox.c.id).select_from(_first_rows).where(_is_due).order_by(*_in_order).limit(_limit)
)
_NEXT: Final = (
    select(_queued.c.due_at).where(_is_first(_queued)).order_by(_queued.c.due_at).limit(1)
)
_ARE_MORE_QUEUED: Final = _are_more(_queued)
_NEXT_BY_RECIPIENT: Final = select(func.min(_outbox.c.due_at)).select_from(_first_rows)

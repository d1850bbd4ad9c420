"""What may leave for a portal: of each recipient the first delivery that waits, if it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select, true

from storage.tables import Row
from storage.turns import LOOKED_AT, Turns

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
    looked_at = session.execute(_DUE_AMONG_FEW, values).all()
    if len(looked_at) == LOOKED_AT:
        looked_at = session.execute(_DUE_IN_ORDER, values).all()
    found = [number for number, is_first in looked_at if is_first][:limit]
    if len(found) < limit and len(looked_at) == LOOKED_AT:
        return session.execute(_DUE_BY_RECIPIENT, values).scalars().all()
    return found


def find_next_due(session: Session, portal: PortalId, now: datetime) -> datetime | None:
    """Tell when ``find_due`` will next find something; None if something else must end first."""
    values = {"portal": portal, "now": now}
    looked_at = session.execute(_DUE_AMONG_FEW, values).all()
    if any(is_first for _, is_first in looked_at):
        return now
    if len(looked_at) == LOOKED_AT and find_due(session, portal, now, 1):
        return now
    looked_at = session.execute(_DUE_LATER, values).all()
    due: datetime | None = next((due_at for _, is_first, due_at in looked_at if is_first), None)
    if due is None and len(looked_at) == LOOKED_AT:
        due = session.execute(_DUE_LATER_BY_RECIPIENT, values).scalar()
    return due


def _waits(rows: FromClause) -> tuple[ColumnElement[bool], ...]:
    return rows.c.portal_id == _portal, rows.c.finished_at.is_(None)


def _order(rows: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Have what is under way be the first, and nothing else of its recipient."""
    return rows.c.due_at.is_not(None), rows.c.lane, rows.c.id


_turns: Final = Turns(_outbox, _waits, "bitrix_user_id", _order)
_firsts: Final = _turns.first_of_each()
_first_rows: Final = _outbox.join(_firsts, _outbox.c.id == _firsts.c.id)

# What is due, while that is little: it does not matter how much waits for a time to come.
_few: Final = _turns.look(_outbox.c.due_at <= _now, order=("due_at",), also=("lane",))
_DUE_AMONG_FEW: Final = _turns.tell_firsts(_few, "lane", "id")

# Else what comes first. Compared as a whole, lest SQLite sort all that is due.
_is_due: Final = (_outbox.c.due_at <= _now) == true()
_many: Final = _turns.look(_is_due, order=("lane", "id"))
_DUE_IN_ORDER: Final = _turns.tell_firsts(_many, "lane", "id")
_DUE_BY_RECIPIENT: Final = (
    select(_outbox.c.id)
    .select_from(_first_rows)
    .where(_is_due)
    .order_by(_outbox.c.lane, _outbox.c.id)
    .limit(_limit)
)

_later: Final = _turns.look(_outbox.c.due_at > _now, order=("due_at",))
_DUE_LATER: Final = _turns.tell_firsts(_later, "due_at").add_columns(_later.c.due_at)
_DUE_LATER_BY_RECIPIENT: Final = select(func.min(_outbox.c.due_at)).select_from(_first_rows)

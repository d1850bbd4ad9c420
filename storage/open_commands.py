"""Which commands may be carried out: of each sender the oldest that is open, if it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, or_, select

from storage.tables import Row
from storage.turns import LOOKED_AT, Turns

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, FromClause
    from sqlmodel import Session

_inbox: Final = Row.metadata.tables["inbox"]
_now: Final = bindparam("now", type_=_inbox.c.due_at.type)
_limit: Final = bindparam("limit", type_=_inbox.c.attempts.type)
_busy: Final = bindparam("busy", type_=_inbox.c.sender.type, expanding=True)


def find_open(session: Session, now: datetime, limit: int, busy: Collection[str]) -> Sequence[int]:
    """Find what may be carried out, the oldest first, but nothing of those who are busy."""
    values = {"now": now, "limit": limit, "busy": list(busy)}
    looked_at = session.execute(_OPEN, values).all()
    found = [number for number, is_first in looked_at if is_first][:limit]
    if len(found) < limit and len(looked_at) == LOOKED_AT:
        return session.execute(_OPEN_BY_SENDER, values).scalars().all()
    return found


def _waits(rows: FromClause) -> tuple[ColumnElement[bool], ...]:
    return (rows.c.closed_at.is_(None),)


def _order(rows: FromClause) -> tuple[ColumnElement[Any], ...]:
    return (rows.c.id,)


_is_due: Final = or_(_inbox.c.due_at.is_(None), _inbox.c.due_at <= _now)
_is_free: Final = _inbox.c.sender.not_in(_busy)

_turns: Final = Turns(_inbox, _waits, "sender", _order)
_open: Final = _turns.look(_is_due, _is_free, order=("id",))
_firsts: Final = _turns.first_of_each()

_OPEN: Final = _turns.tell_firsts(_open, "id")
_OPEN_BY_SENDER: Final = (
    select(_inbox.c.id)
    .join(_firsts, _inbox.c.id == _firsts.c.id)
    .where(_is_due, _is_free)
    .order_by(_inbox.c.id)
    .limit(_limit)
)

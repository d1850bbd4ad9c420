"""Which commands have something to tell their people, and who must be told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, or_, select, update
from sqlmodel import col

from storage.tables import CommandRow, DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from bridge.people.identity import Platform


def has_ended() -> ColumnElement[bool]:
    """Tell whether every delivery of a command is final."""
    # Not "NOT EXISTS", nor compared bare, for which PostgreSQL may read all that waits.
    waiting = select(col(DeliveryRow.id)).where(
        col(DeliveryRow.inbox_id) == col(CommandRow.id),
        col(DeliveryRow.finished_at).is_(None).is_(True),
    )
    return waiting.limit(1).correlate(CommandRow).scalar_subquery().is_(None)


# What each command asks is made once.
_commands: Final = CommandRow.metadata.tables["inbox"]
_ids: Final = bindparam("ids", type_=_commands.c.id.type, expanding=True)
_now: Final = bindparam("now", type_=_commands.c.answer_due_at.type)
_UNTOLD: Final = (
    select(col(CommandRow.id))
    .where(
        # As a whole, so that it is not what an index is chosen by.
        col(CommandRow.platform)
        .in_(bindparam("platforms", type_=_commands.c.platform.type, expanding=True))
        .is_(True),
        col(CommandRow.answer_due_at) <= _now,
        or_(
            col(CommandRow.closed_at)
            < bindparam("waiting_since", type_=_commands.c.closed_at.type),
            has_ended(),
        ),
        col(CommandRow.id).not_in(_ids),
    )
    .order_by(col(CommandRow.id))
    .limit(bindparam("limit", type_=_commands.c.answer_attempts.type))
)
_LOCK: Final = (
    select(col(CommandRow.id))
    .where(col(CommandRow.id).in_(_ids))
    .order_by(col(CommandRow.id))
    .with_for_update()
)
_CALL: Final = (
    update(_commands)
    .where(
        _commands.c.id.in_(_ids),
        _commands.c.told_at.is_(None),
        _commands.c.answer_due_at.is_(None),
    )
    .values(answer_due_at=_now)
)
_CALL_FOR_ANSWERS: Final = _CALL.where(_commands.c.closed_at.is_not(None), has_ended())
_CALL_FOR_NEWS: Final = _CALL.where(_commands.c.told_waiting_at.is_not(None))


def find_untold(  # noqa: PLR0913 - as the port has it
    session: Session,
    platforms: Collection[Platform],
    now: datetime,
    *,
    waiting_since: datetime,
    limit: int,
    without: Collection[int],
) -> Sequence[int]:
    """Find commands that can be told something new, oldest first; see ``Answers.list_untold``."""
    values = {"platforms": list(platforms), "now": now, "waiting_since": waiting_since}
    ids = session.execute(_UNTOLD, {**values, "limit": limit, "ids": list(without)})
    return ids.scalars().all()


def lock_commands(session: Session, command_ids: Collection[int]) -> None:
    """Wait for others who are about to tell whether these commands have ended.

    Of two who end the last two deliveries of a command at the same moment, each would else see that
    of the other as it was, and nobody would have the person told.
    """
    if command_ids:
        session.execute(_LOCK, {"ids": list(command_ids)})


def call_for_answers(session: Session, command_ids: Collection[int], now: datetime) -> None:
    """Have those of the commands told whose every delivery is final."""
    if command_ids:
        session.execute(_CALL_FOR_ANSWERS, {"ids": list(command_ids), "now": now})


def call_for_news(session: Session, command_ids: Collection[int], now: datetime) -> None:
    """Have those of the commands told once more whose people know only that it takes time."""
    if command_ids:
        session.execute(_CALL_FOR_NEWS, {"ids": list(command_ids), "now": now})

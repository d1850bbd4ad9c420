"""What people are still to be told: the second half of a command's life in the inbox."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from sqlalchemy import bindparam, select, update
from sqlmodel import col

from bridge.delivery.notification import Progress
from bridge.people.identity import BitrixUserId, Recipient
from bridge.replies.untold import Untold
from storage.doubles import is_unsure
from storage.due_answers import call_for_answers, find_untold
from storage.tables import CommandRow, DeliveryRow, PortalRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlmodel import Session
    from sqlmodel.sql.expression import SelectOfScalar

    from bridge.people.identity import Platform
    from storage.database import Database

log = logging.getLogger(__name__)

# What each command asks is made once.
_commands: Final = CommandRow.metadata.tables["inbox"]
_now: Final = bindparam("now", type_=_commands.c.told_at.type)
_ANSWERED: Final = (
    update(_commands)
    .where(_commands.c.id == bindparam("command_id"))
    .values(answer_id=bindparam("answer_id"), answer_attempts=0, answer_due_at=None)
)
_TOLD: Final = _ANSWERED.values(told_at=_now)
_TOLD_WAITING: Final = _ANSWERED.values(told_waiting_at=_now, told_at=None)
_PROGRESS: Final = (
    select(
        col(DeliveryRow.inbox_id),
        col(DeliveryRow.bitrix_user_id),
        col(DeliveryRow.recipient_name),
        col(DeliveryRow.state),
        col(DeliveryRow.code),
        col(DeliveryRow.finished_at),
        col(DeliveryRow.is_possibly_doubled),
        col(PortalRow.name),
        col(PortalRow.kind),
        col(PortalRow.hold_code),
        col(PortalRow.resume_at),
    )
    .join(PortalRow, col(PortalRow.id) == col(DeliveryRow.portal_id))
    .where(col(DeliveryRow.inbox_id).in_(bindparam("ids", expanding=True)))
    .order_by(col(DeliveryRow.id))
)


class SqlAnswers:
    """``bridge.ports.Answers`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def list_untold(  # noqa: PLR0913 - whoever calls it gives no session
        self,
        session: Session,
        platforms: Collection[Platform],
        now: datetime,
        *,
        waiting_since: datetime,
        limit: int,
        without: Collection[int] = (),
    ) -> Sequence[int]:
        """List the numbers of commands that can be told something new, oldest first."""
        return find_untold(
            session, platforms, now, waiting_since=waiting_since, limit=limit, without=without
        )

    @reads
    def read(self, session: Session, command_id: int) -> Untold | None:
        """Read what there is to tell of a command; None if it is gone or cannot be understood."""
        row = _read_command(session, command_id)
        return read_untold(session, [row], self._database.now())[0] if row else None

    @writes
    def mark_told(
        self, session: Session, command_id: int, *, is_final: bool, answer_id: str = ""
    ) -> None:
        """Note that the person knows."""
        now = self._database.now()
        told = {"command_id": command_id, "answer_id": answer_id, "now": now}
        if is_final:
            session.execute(_TOLD, told)
            return
        # The outcome may have come while the person was being told that it takes time. If this
        # process was frozen, somebody else may even have told it: it is told again, behind this.
        session.execute(_TOLD_WAITING, told)
        call_for_answers(session, [command_id], now)

    @writes
    def postpone(self, session: Session, command_id: int, until: datetime) -> None:
        """Leave telling for later."""
        row = session.get(CommandRow, command_id, with_for_update=True)
        if row is not None:
            row.answer_attempts += 1
            row.answer_due_at = until


def read_commands(session: Session, query: SelectOfScalar[CommandRow]) -> Sequence[CommandRow]:
    """Read commands; one whose JSON is not understood is left out, and holds up no other."""
    try:
        return session.exec(query).all()
    except msgspec.DecodeError:
        only_ids = cast("SelectOfScalar[int]", query.with_only_columns(col(CommandRow.id)))
        ids = session.exec(only_ids).all()
    rows = [_read_command(session, command_id) for command_id in ids]
    return [row for row in rows if row is not None]


def read_untold(session: Session, rows: Sequence[CommandRow], now: datetime) -> list[Untold]:
    """Add to each command how far its deliveries are."""
    progress: dict[int | None, list[Progress]] = {}
    for row in session.execute(_PROGRESS, {"ids": [row.id for row in rows]}):
        progress.setdefault(row.inbox_id, []).append(_progress(row, now))
    return [_untold(row, progress.get(row.id, [])) for row in rows]


def _read_command(session: Session, command_id: int) -> CommandRow | None:
    try:
        return session.get(CommandRow, command_id)
    except msgspec.DecodeError:
        # Without the error: it may repeat what the person typed.
        log.error("Command %d in the inbox cannot be read; it is left out", command_id)  # noqa: TRY400
        return None


def _progress(row: Row[Any], now: datetime) -> Progress:
    is_waiting = row.finished_at is None
    return Progress(
        recipient=Recipient(BitrixUserId(row.bitrix_user_id), row.recipient_name),
        state=row.state,
        code=row.code or (row.hold_code if is_waiting else ""),
        is_put_off=is_waiting and row.resume_at is not None and row.resume_at > now,
        portal=row.name,
        is_unsure=is_unsure(row, row),
    )


def _untold(row: CommandRow, progress: Sequence[Progress]) -> Untold:
    return Untold(
        id=row.id,
        incoming=row.incoming,
        reply=row.reply,
        is_refused=row.is_refused,
        progress=tuple(progress),
        answer_id=row.answer_id,
        attempts=row.answer_attempts,
        buttons=row.buttons,
        language=row.language,
        decided_at=row.closed_at,
    )

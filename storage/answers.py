"""What people are still to be told: the second half of a command's life in the inbox."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

import msgspec
from sqlalchemy import update
from sqlmodel import col, or_, select

from bridge.delivery.notification import Progress
from bridge.people.identity import BitrixUserId, Recipient
from bridge.replies.untold import Untold
from storage.doubles import is_unsure
from storage.tables import CommandRow, DeliveryRow, PortalRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlmodel import Session
    from sqlmodel.sql.expression import SelectOfScalar

    from bridge.people.identity import Platform
    from storage.database import Database

log = logging.getLogger(__name__)


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
        query = (
            select(CommandRow.id)
            .where(
                # As a whole, so that it is not what an index is chosen by.
                col(CommandRow.platform).in_(platforms).is_(True),
                col(CommandRow.answer_due_at) <= now,
                or_(col(CommandRow.closed_at) < waiting_since, has_ended()),
            )
            .order_by(col(CommandRow.id))
            .limit(limit)
        )
        if without:
            query = query.where(col(CommandRow.id).not_in(without))
        return session.exec(query).all()

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
        row = session.get(CommandRow, command_id, with_for_update=True)
        if row is None:
            return
        row.answer_id = answer_id
        row.answer_attempts, row.answer_due_at = 0, None
        if is_final:
            row.told_at = now
            return
        # The outcome may have come while the person was being told that it takes time. If this
        # process was frozen, somebody else may even have told it: it is told again, behind this.
        row.told_waiting_at, row.told_at = now, None
        session.flush()
        call_for_answers(session, [command_id], now)

    @writes
    def postpone(self, session: Session, command_id: int, until: datetime) -> None:
        """Leave telling for later."""
        row = session.get(CommandRow, command_id, with_for_update=True)
        if row is not None:
            row.answer_attempts += 1
            row.answer_due_at = until


def lock_commands(session: Session, command_ids: Collection[int]) -> None:
    """Wait for others who are about to tell whether these commands have ended.

    Of two who end the last two deliveries of a command at the same moment, each would else see that
    of the other as it was, and nobody would have the person told.
    """
    session.exec(
        select(CommandRow.id)
        .where(col(CommandRow.id).in_(command_ids))
        .order_by(col(CommandRow.id))
        .with_for_update()
    )


def call_for_answers(session: Session, command_ids: Collection[int], now: datetime) -> None:
    """Have those of the commands told whose every delivery is final."""
    session.exec(
        update(CommandRow)
        .where(
            col(CommandRow.id).in_(command_ids),
            col(CommandRow.closed_at).is_not(None),
            col(CommandRow.told_at).is_(None),
            col(CommandRow.answer_due_at).is_(None),
            has_ended(),
        )
        .values(answer_due_at=now)
        .execution_options(synchronize_session=False)
    )


def call_for_news(session: Session, command_ids: Collection[int], now: datetime) -> None:
    """Have those of the commands told once more whose people know only that it takes time."""
    session.exec(
        update(CommandRow)
        .where(
            col(CommandRow.id).in_(command_ids),
            col(CommandRow.told_at).is_(None),
            col(CommandRow.told_waiting_at).is_not(None),
            col(CommandRow.answer_due_at).is_(None),
        )
        .values(answer_due_at=now)
        .execution_options(synchronize_session=False)
    )


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
    query = (
        select(DeliveryRow, PortalRow)
        .join(PortalRow, col(PortalRow.id) == col(DeliveryRow.portal_id))
        .where(col(DeliveryRow.inbox_id).in_([row.id for row in rows]))
        .order_by(col(DeliveryRow.id))
    )
    progress: dict[int | None, list[Progress]] = {}
    for delivery, portal in session.exec(query):
        progress.setdefault(delivery.inbox_id, []).append(_progress(delivery, portal, now))
    return [_untold(row, progress.get(row.id, [])) for row in rows]


def _read_command(session: Session, command_id: int) -> CommandRow | None:
    try:
        return session.get(CommandRow, command_id)
    except msgspec.DecodeError:
        # Without the error: it may repeat what the person typed.
        log.error("Command %d in the inbox cannot be read; it is left out", command_id)  # noqa: TRY400
        return None


def has_ended() -> ColumnElement[bool]:
    """Tell whether every delivery of a command is final."""
    # Not "NOT EXISTS", nor compared bare, for which PostgreSQL may read all that waits.
    waiting = select(DeliveryRow.id).where(
        col(DeliveryRow.inbox_id) == col(CommandRow.id),
        col(DeliveryRow.finished_at).is_(None).is_(True),
    )
    return waiting.limit(1).correlate(CommandRow).scalar_subquery().is_(None)


def _progress(row: DeliveryRow, portal: PortalRow, now: datetime) -> Progress:
    is_waiting = row.finished_at is None
    return Progress(
        recipient=Recipient(BitrixUserId(row.bitrix_user_id), row.recipient_name),
        state=row.state,
        code=row.code or (portal.hold_code if is_waiting else ""),
        is_put_off=is_waiting and portal.resume_at is not None and portal.resume_at > now,
        portal=portal.name,
        is_unsure=is_unsure(row, portal),
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

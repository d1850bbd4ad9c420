"""Removes what is over, some rows at a time, so that nobody waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from sqlalchemy import Text, cast, delete, func, update
from sqlmodel import col, exists, select

from bridge.delivery.state import State
from storage.answers import read_commands
from storage.tables import CommandRow, DeliveryRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlmodel import Session
    from sqlmodel.sql.expression import SelectOfScalar

    from storage.database import Database

_PORTION: Final = 200
_PAUSE_SECONDS: Final = 0.05
_NO_TEXT: Final = '"typed":[]'
"""How a command without its text is written down; in a text the quotation marks would be others."""
_KEPT: Final = {State.QUEUED, State.SENDING, State.DEAD}


class SqlRetention:
    """Walks through old rows, from the oldest on, and needs no index for it.

    The newest row of each table stays, whatever it is: a database that has lost it would give its
    number once more, and what a button of long ago means would be something else.
    """

    def __init__(self, database: Database, *, portion: int = _PORTION) -> None:
        self._database = database
        self._portion = portion

    async def remove(self, *, before: datetime, texts_before: datetime) -> int:
        """Remove deliveries and commands that were over at a time, and texts of others.

        What waits stays with its text, and so does what was given up, to be retried.

        Args:
            before: what was over then is removed with all that is known of it.
            texts_before: of what was over then only the texts are.

        Returns how many rows are gone.

        Raises:
            StorageError: what was done by then is done.
        """
        removed = 0
        for table, settle in (
            (DeliveryRow, self._settle_deliveries),
            (CommandRow, self._settle_commands),
        ):
            async for ids in self._walk(table, until=max(before, texts_before)):
                removed += await settle(ids, before, texts_before)
                await asyncio.sleep(_PAUSE_SECONDS)
        return removed

    async def _walk(
        self, table: type[DeliveryRow | CommandRow], until: datetime
    ) -> AsyncIterator[Sequence[int]]:
        """Give the numbers of all rows that began before a time, a portion at a time."""
        after = 0
        while rows := await self._list_after(table, after):
            if not any(began_at < until for _, began_at in rows):
                return
            yield [row_id for row_id, _ in rows]
            after = rows[-1][0]

    @reads
    def _list_after(
        self, session: Session, table: type[DeliveryRow | CommandRow], after: int
    ) -> Sequence[tuple[int, datetime]]:
        began_at = DeliveryRow.queued_at if table is DeliveryRow else CommandRow.received_at
        query = (
            select(table.id, began_at)
            .where(col(table.id) > after)
            .order_by(col(table.id))
            .limit(self._portion)
        )
        return session.exec(query).all()

    @writes
    def _settle_deliveries(
        self, session: Session, ids: Sequence[int], before: datetime, texts_before: datetime
    ) -> int:
        finished_at = col(DeliveryRow.finished_at)
        is_over = col(DeliveryRow.id).in_(ids) & col(DeliveryRow.state).not_in(_KEPT)
        is_gone = is_over & (finished_at < before)
        is_silent = is_over & (finished_at < texts_before) & (col(DeliveryRow.message) != "")
        if not _is_any(session, select(DeliveryRow.id).where(is_gone | is_silent)):
            return 0
        silence = update(DeliveryRow).where(is_silent).values(message="", message_out="", attach="")
        gone = is_gone & (col(DeliveryRow.id) < _newest(session, DeliveryRow))
        result = session.exec(delete(DeliveryRow).where(gone))
        session.exec(silence.execution_options(synchronize_session=False))
        return result.rowcount

    @writes
    def _settle_commands(
        self, session: Session, ids: Sequence[int], before: datetime, texts_before: datetime
    ) -> int:
        closed_at = col(CommandRow.closed_at)
        is_over = col(CommandRow.id).in_(ids) & closed_at.is_not(None)
        has_deliveries = exists().where(col(DeliveryRow.inbox_id) == col(CommandRow.id))
        is_gone = is_over & (closed_at < before) & ~has_deliveries
        is_silent = is_over & (closed_at < texts_before) & _has_text()
        if not _is_any(session, select(CommandRow.id).where(is_gone | is_silent)):
            return 0
        gone = is_gone & (col(CommandRow.id) < _newest(session, CommandRow))
        result = session.exec(delete(CommandRow).where(gone))
        for row in read_commands(session, select(CommandRow).where(is_silent)):
            row.incoming = replace(row.incoming, typed=(), shared=None)
            row.reply, row.buttons = None, ()
        return result.rowcount


def _is_any(session: Session, query: SelectOfScalar[int]) -> bool:
    return session.exec(query.limit(1)).one_or_none() is not None


def _newest(session: Session, table: type[DeliveryRow | CommandRow]) -> int:
    return session.exec(select(func.max(col(table.id)))).one() or 0


def _has_text() -> ColumnElement[bool]:
    """Tell whether a command whose sender knows its end still has what was typed."""
    typed = cast(col(CommandRow.incoming), Text).not_like(f"%{_NO_TEXT}%")
    return col(CommandRow.answer_due_at).is_(None) & typed

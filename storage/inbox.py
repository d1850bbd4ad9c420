"""The inbox: commands from the moment they are accepted until they are carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import bindparam, func, update
from sqlmodel import col, select

from bridge.incoming import Backlog, StoredCommand
from storage.accepting import Accepting
from storage.answers import read_commands, read_untold
from storage.open_commands import find_open
from storage.queueing import queue
from storage.tables import CommandRow, Row
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from sqlmodel import Session

    from bridge.commands.decided import Decided
    from bridge.incoming import Incoming
    from bridge.people.identity import Identity, Platform, PortalId
    from bridge.replies.untold import Untold
    from storage.database import Database

    Announce = Callable[[Collection[PortalId], Any], None]

_inbox: Final = Row.metadata.tables["inbox"]
_OPEN: Final = (
    select(_inbox.c.id, _inbox.c.sender, _inbox.c.incoming, _inbox.c.received_at)
    .where(_inbox.c.id == bindparam("command_id"), _inbox.c.closed_at.is_(None))
    .with_for_update()
)
_FOUND: Final = (
    select(_inbox.c.id, _inbox.c.incoming, _inbox.c.attempts)
    .where(_inbox.c.id.in_(bindparam("ids", type_=_inbox.c.id.type, expanding=True)))
    .order_by(_inbox.c.id)
)


class SqlInbox:
    """``bridge.ports.Inbox`` and ``Times`` in the database.

    Args:
        database: where it is.
        announce: is told, within the transaction on its connection, for which portals something is
            queued; None where whoever closes commands drains the portals, too.
    """

    def __init__(self, database: Database, announce: Announce | None = None) -> None:
        self._database = database
        self._announce = announce
        self._accepting = Accepting(database)

    async def store(self, incoming: Incoming) -> bool:
        """Store and commit a command; False if its event was stored before."""
        return await self._accepting.store(incoming)

    @reads
    def list_open(
        self, session: Session, now: datetime, limit: int, *, without: Collection[Identity] = ()
    ) -> Sequence[StoredCommand]:
        """List commands to be carried out, oldest first, at most one a sender."""
        found = find_open(session, now, limit, [str(identity) for identity in without])
        if not found:
            return []
        rows: Sequence[Any]
        try:
            rows = session.execute(_FOUND, {"ids": found}).all()
        except msgspec.DecodeError:
            query = select(CommandRow).where(col(CommandRow.id).in_(found))
            rows = read_commands(session, query.order_by(col(CommandRow.id)))
        return [StoredCommand(row.id, row.incoming, row.attempts) for row in rows]

    @reads
    def measure_open(self, session: Session) -> Backlog:
        """Tell how many commands are still to be carried out."""
        query = select(
            func.count(),
            func.min(CommandRow.received_at),
            func.count(col(CommandRow.due_at)),
            func.min(CommandRow.due_at),
        ).where(col(CommandRow.closed_at).is_(None))
        count, oldest_at, put_off, next_try_at = session.exec(query).one()
        return Backlog(count, oldest_at, next_try_at if put_off == count else None)

    @writes
    def close(self, session: Session, command_id: int, decided: Decided) -> None:
        """End a command and queue its notifications, in one transaction.

        A command that is closed already stays as it is: its notifications are queued once.

        Raises:
            StorageError: nothing was changed; also when there is no such portal.
        """
        now = self._database.now()
        command = session.execute(_OPEN, {"command_id": command_id}).one_or_none()
        if command is None:
            return
        is_queued = queue(session, command, decided.notifications, now)
        if is_queued and self._announce:
            # The rows first: from then on a drain that begins waits for this transaction.
            self._announce(decided.notifications, _driver_connection(session))
        told = "answer_due_at" if is_queued or decided.reply is not None else "told_at"
        closed = {
            "closed_at": now,
            "reply": decided.reply,
            "is_refused": decided.is_refused,
            "buttons": decided.buttons,
            "language": decided.language,
            told: now,
        }
        session.execute(update(_inbox).where(_inbox.c.id == command_id).values(closed))
        if decided.settles:
            settled = update(_inbox).where(_inbox.c.id == decided.settles)
            session.execute(settled.values(buttons=()))

    @writes
    def postpone(self, session: Session, command_id: int, until: datetime) -> None:
        """Leave a command for later."""
        row = session.get(CommandRow, command_id, with_for_update=True)
        if row is not None:
            row.attempts += 1
            row.due_at = until

    @reads
    def list_times(
        self, session: Session, sender: Identity, up_to: int, limit: int
    ) -> Sequence[datetime]:
        """List when a sender's latest commands were received, newest first."""
        query = (
            select(CommandRow.received_at)
            .where(CommandRow.sender == str(sender), CommandRow.id <= up_to)
            .order_by(col(CommandRow.received_at).desc())
            .limit(limit)
        )
        return session.exec(query).all()

    @writes
    def note_slow(self, session: Session, command_id: int, language: str) -> None:
        """Have the sender told that the command takes time, unless they know."""
        slow = update(CommandRow).where(
            col(CommandRow.id) == command_id,
            col(CommandRow.closed_at).is_(None),
            col(CommandRow.told_waiting_at).is_(None),
        )
        session.exec(slow.values(answer_due_at=self._database.now(), language=language))

    @reads
    def find_outcome(
        self, session: Session, platform: Platform, workspace: str, event_id: str
    ) -> Untold | None:
        """Tell how far a command is, whichever process works on it.

        None while it has not been carried out. It has ended when all its progress is final.

        Raises:
            StorageError: the database cannot be read.
        """
        query = select(CommandRow).where(
            CommandRow.platform == platform,
            CommandRow.workspace == workspace,
            CommandRow.event_id == event_id,
            col(CommandRow.closed_at).is_not(None),
        )
        rows = session.exec(query).all()
        untold = read_untold(session, rows, self._database.now())
        return untold[0] if untold else None


def _driver_connection(session: Session) -> Any:  # noqa: ANN401 - the driver's
    return session.connection().connection.driver_connection

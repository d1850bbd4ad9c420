"""Stores commands as they come in: those that wait for the disk at the same time share a commit.

A commit that survives a power cut takes some milliseconds, however much is in it. Where
transactions share one anyway (see ``storage.threads``), one statement for all is cheaper yet.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlmodel import col

from bridge.errors import StorageError
from bridge.markup.characters import mend
from storage.tables import CommandRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session

    from bridge.incoming import Incoming
    from storage.database import Database

_EVENT: Final = (col(CommandRow.platform), col(CommandRow.workspace), col(CommandRow.event_id))


class _Waiting(NamedTuple):
    """A command that is to be stored, and where it is told whether it is new."""

    incoming: Incoming
    is_new: asyncio.Future[bool]


class Accepting:
    """Stores commands, each once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = database.insert(CommandRow)
        self._insertion = insert.on_conflict_do_nothing(index_elements=_EVENT).returning(*_EVENT)
        self._queue: deque[_Waiting] = deque()
        self._storing: asyncio.Task[None] | None = None

    async def store(self, incoming: Incoming) -> bool:
        """Store and commit a command; False if its event was stored before.

        Raises:
            StorageError: it is not stored.
        """
        is_new: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(incoming, is_new))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_queue())
        return await is_new

    async def _store_queue(self) -> None:
        try:
            while self._queue:
                await self._store_together()
        finally:
            self._storing = None

    async def _store_together(self) -> None:
        taken = [self._queue.popleft()]

        def insert(session: Session) -> list[bool]:
            # Whoever came while the writer was busy goes along.
            while self._queue:
                taken.append(self._queue.popleft())
            return self._insert(session, [waiting.incoming for waiting in taken])

        try:
            news = await self._database.write(insert)
        except StorageError as error:
            _refuse(taken, error)
        except Exception:  # noqa: BLE001 - one that cannot be written must not keep others out
            for waiting in taken:
                await self._store_alone(waiting)
        else:
            for waiting, is_new in zip(taken, news, strict=True):
                _answer(waiting, is_new)

    async def _store_alone(self, waiting: _Waiting) -> None:
        def insert(session: Session) -> list[bool]:
            return self._insert(session, [waiting.incoming])

        try:
            (is_new,) = await self._database.write(insert)
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            _refuse([waiting], error)
        else:
            _answer(waiting, is_new)

    def _insert(self, session: Session, commands: Sequence[Incoming]) -> list[bool]:
        rows = [
            {
                "platform": incoming.platform,
                "workspace": incoming.workspace,
                "event_id": incoming.event_id,
                "sender": str(incoming.sender.identity),
                "incoming": incoming,
                "received_at": incoming.received_at,
            }
            for incoming in commands
        ]
        stored = {tuple(row) for row in session.connection().execute(self._insertion, rows)}
        return [_take(stored, incoming) for incoming in commands]


def _take(stored: set[tuple[str, ...]], incoming: Incoming) -> bool:
    """Tell whether a command is among those stored; one that came twice is so once."""
    event = incoming.platform, mend(incoming.workspace), mend(incoming.event_id)
    is_new = event in stored
    stored.discard(event)
    return is_new


def _answer(waiting: _Waiting, is_new: bool) -> None:
    if not waiting.is_new.done():  # else whoever waited was cancelled
        waiting.is_new.set_result(is_new)


def _refuse(those: Sequence[_Waiting], error: Exception) -> None:
    for waiting in those:
        if not waiting.is_new.done():
            waiting.is_new.set_exception(error)

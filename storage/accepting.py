"""Stores commands as they come in: those that wait for the disk at the same time share a commit.

A commit that survives a power cut takes some milliseconds, however much is in it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlmodel import col

from bridge.errors import StorageError
from bridge.markup.characters import mend
from storage.tables import CommandRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel.ext.asyncio.session import AsyncSession

    from bridge.incoming import Incoming
    from storage.database import Database

_EVENT: Final = (col(CommandRow.platform), col(CommandRow.workspace), col(CommandRow.event_id))


@dataclass(eq=False)
class _Waiting:
    """A command that is to be stored, and what came of it: whether it is new, or an error."""

    incoming: Incoming
    outcome: bool | Exception | None = None


class Accepting:
    """Stores commands, each once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._storing = asyncio.Lock()
        self._queue: list[_Waiting] = []

    async def store(self, incoming: Incoming) -> bool:
        """Store and commit a command; False if its event was stored before.

        Raises:
            StorageError: it is not stored.
        """
        waiting = _Waiting(incoming)
        self._queue.append(waiting)
        try:
            async with self._storing:
                if waiting.outcome is None:
                    await self._store_queue()
        finally:
            if waiting in self._queue:
                self._queue.remove(waiting)
        if isinstance(waiting.outcome, Exception):
            raise waiting.outcome
        return bool(waiting.outcome)

    async def _store_queue(self) -> None:
        taken: list[_Waiting] = []
        try:
            async with self._database.session() as session:
                # Whoever came while the writer was busy goes along.
                taken, self._queue = self._queue, []
                news = await self._insert(session, [waiting.incoming for waiting in taken])
        except StorageError as error:
            for waiting in taken or self._queue:
                waiting.outcome = error
        except Exception:  # noqa: BLE001 - one that cannot be written must not keep others out
            for waiting in taken:
                await self._store_alone(waiting)
        except BaseException:
            self._queue[:0] = taken  # the next one in the queue stores them
            raise
        else:
            for waiting, is_new in zip(taken, news, strict=True):
                waiting.outcome = is_new

    async def _store_alone(self, waiting: _Waiting) -> None:
        try:
            async with self._database.session() as session:
                (is_new,) = await self._insert(session, [waiting.incoming])
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            waiting.outcome = error
        else:
            waiting.outcome = is_new

    async def _insert(self, session: AsyncSession, commands: Sequence[Incoming]) -> list[bool]:
        insert = self._database.insert(CommandRow)
        statement = insert.on_conflict_do_nothing(index_elements=_EVENT).returning(*_EVENT)
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
        connection = await session.connection()
        stored = {tuple(row) for row in await connection.execute(statement, rows)}
        return [_take(stored, incoming) for incoming in commands]


def _take(stored: set[tuple[str, ...]], incoming: Incoming) -> bool:
    """Tell whether a command is among those stored; one that came twice is so once."""
    event = incoming.platform, mend(incoming.workspace), mend(incoming.event_id)
    is_new = event in stored
    stored.discard(event)
    return is_new

"""Claims among the machines that share a PostgreSQL: advisory locks of a living session.

A session ends with its process, with its connection, or when it is silent for some seconds, and its
locks with it. Nobody's clock counts but that of the server.

Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Self

import psycopg

from bridge.complaint import Complaint
from storage.postgres import SERVER_TIME

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from psycopg import AsyncConnection

    from storage.postgres import PostgresServer

log = logging.getLogger(__name__)

_SILENCE_SECONDS: Final = 10
"""How long a session may be silent before the server ends it."""
_CERTAIN_SECONDS: Final = 8.0
_BEAT_SECONDS: Final = 2.5
_ANSWER_SECONDS: Final = 5.0
_LOST: Final = (psycopg.Error, TimeoutError)
_CLAIM: Final = """
    SELECT name FROM unnest(%(names)s::text[], %(keys)s::bigint[]) AS wanted(name, key)
    WHERE pg_try_advisory_lock(key) LIMIT %(limit)s
"""
_RELEASE: Final = "SELECT pg_advisory_unlock(key) FROM unnest(%(keys)s::bigint[]) AS ours(key)"


class PostgresClaims:
    """``bridge.ports.Claims``; entered, it keeps a session alive."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._held: set[str] = set()
        self._certain_until = 0.0
        self._connection: AsyncConnection[Any] | None = None
        self._is_busy = asyncio.Lock()
        self._complaint = Complaint(log)
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeping:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])

    async def claim(self, names: Collection[str], limit: int = 1) -> frozenset[str]:
        """Claim up to ``limit`` of these, in their order; none while there is no session."""
        async with self._is_busy:
            wanted = [name for name in dict.fromkeys(names) if name not in self._held]
            if not wanted or self._connection is None:
                return frozenset()
            values = {"names": wanted, "keys": list(map(_key, wanted)), "limit": limit}
            try:
                ours = frozenset(name for (name,) in await self._execute(_CLAIM, values))
            except _LOST as error:
                self._complain(error)
                return frozenset()
            self._held |= ours
            return ours

    async def release(self, names: Collection[str]) -> None:
        """Leave these to others."""
        async with self._is_busy:
            ours = self._held.intersection(names)
            self._held -= ours
            if ours and self._connection is not None:
                try:
                    await self._execute(_RELEASE, {"keys": list(map(_key, ours))})
                except _LOST as error:
                    self._complain(error)  # and with the session, all is left to others

    def holds(self, name: str) -> bool:
        """Tell whether it is certain that nobody else has claimed this."""
        return name in self._held and asyncio.get_running_loop().time() < self._certain_until

    async def _keep(self) -> None:
        while True:
            try:
                await self._keep_session()
            except _LOST as error:
                self._complain(error)
            await asyncio.sleep(1)

    async def _keep_session(self) -> None:
        connection = await self._server.connect(f"-c idle_session_timeout={_SILENCE_SECONDS}s")
        try:
            self._connection = connection
            while self._connection is not None:
                async with self._is_busy:
                    asked_at = time.monotonic()
                    ((seconds,),) = await self._execute(SERVER_TIME, {})
                self._server.note_time(seconds, asked_at)
                await asyncio.sleep(_BEAT_SECONDS)
        finally:
            self._drop()
            await connection.close()

    def _complain(self, error: Exception) -> None:
        self._complaint.say("The claims of this machine are lost (%s)", type(error).__name__)

    async def _execute(self, query: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a query; when that fails, or is broken off, what we hold is not known any more.

        Raises:
            psycopg.Error: it failed.
            TimeoutError: it did not come back.
        """
        assert self._connection is not None  # noqa: S101
        begins = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                rows = await (await self._connection.execute(query, values)).fetchall()
        except BaseException:
            self._drop()
            raise
        self._certain_until = begins + _CERTAIN_SECONDS
        return rows

    def _drop(self) -> None:
        self._held.clear()
        self._certain_until = 0.0
        connection, self._connection = self._connection, None
        if connection is not None:
            # At once: a session that goes on would keep what nobody knows of.
            with suppress(psycopg.Error):
                connection.pgconn.finish()


def _key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)

"""News of what other machines have put into a shared PostgreSQL.

The tables themselves tell, by triggers, when a transaction is committed.

Source: https://www.postgresql.org/docs/current/sql-notify.html
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import psycopg

from bridge.complaint import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.postgres import PostgresServer

log = logging.getLogger(__name__)

ANYTHING: Final = ""
"""Heard when news may have been missed."""
_CHECK_SECONDS: Final = 30.0


class PostgresNews:
    """``bridge.ports.News``."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    async def listen(self, hear: Callable[[str], None]) -> None:
        """Hand over what is told, until cancelled, however often the connection breaks."""
        complaint = Complaint(log)
        while True:
            try:
                await self._listen(hear)
            except psycopg.Error as error:
                complaint.say("News of other machines are not heard (%s)", type(error).__name__)
            await asyncio.sleep(1)

    async def _listen(self, hear: Callable[[str], None]) -> None:
        async with await self._server.connect("") as connection:
            await connection.execute("LISTEN b24bridge")
            hear(ANYTHING)
            while True:
                async for notice in connection.notifies(timeout=_CHECK_SECONDS):
                    hear(notice.payload)
                await connection.execute("SELECT 1")

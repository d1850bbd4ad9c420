"""Queues notifications in a database before a bridge works on it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from sqlmodel import col, insert

from adapters.bitrix24.auth import Webhook
from bridge.commands.notify import MOST_TYPED
from bridge.delivery.lane import Lane
from bridge.incoming import Incoming
from bridge.markup.nodes import Text
from bridge.people.identity import Identity, Platform, Sender
from storage.database import Database
from storage.portals import SqlPortals
from storage.tables import CommandRow, DeliveryRow
from tests.benchmarks.stage.surroundings import CROWD, FIRST_ID, TEAM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlmodel import Session

    from bridge.people.identity import PortalId

_numbers: Final = count(1)


class Queue:
    """The way into a database's outbox, for commands as if they had just been carried out.

    Args:
        database: which.
        api: of the chats, where people are told.

    Attributes:
        database: the same.
        portals: those in it.
    """

    def __init__(self, database: Database, api: str) -> None:
        self.database = database
        self.portals = SqlPortals(database)
        self._api = api

    async def find_portal(self, webhook: str) -> PortalId:
        """Tell the number of a portal, known or new."""
        key = Webhook.parse(webhook).key
        return await self.portals.ensure(key, key)

    async def fill(self, portal: PortalId, count: int, size: int) -> None:
        """Queue notifications of commands to so many people of the crowd each."""

        def fill(session: Session) -> None:
            connection = session.connection()
            add = insert(CommandRow).returning(col(CommandRow.id))
            for _ in range(count // size):
                command = connection.execute(add, _make_command(next(_numbers), self._api))
                number = command.scalar_one()
                rows = [_make_delivery(number, one, size, portal) for one in range(size)]
                connection.execute(insert(DeliveryRow), rows)

        await self.database.write(fill)


@asynccontextmanager
async def open_queue(url: str, api: str) -> AsyncIterator[Queue]:
    """Open a database, new or known."""
    database = Database(url, survives_power_cuts=False)
    await database.open()
    try:
        yield Queue(database, api)
    finally:
        await database.close()


def _make_command(number: int, api: str) -> dict[str, Any]:
    now, sender = datetime.now(UTC), Identity(Platform.SLACK, TEAM, f"U{number}")
    incoming = Incoming(
        platform=Platform.SLACK,
        workspace=TEAM,
        event_id=f"queued-{number}",
        sender=Sender(sender, "", ""),
        typed=(Text("/b24notify"),),
        answer_to={"response_url": f"{api}/response", "channel": "C1", "user": f"U{number}"},
        received_at=now,
        is_private=True,
    )
    return {
        "platform": Platform.SLACK,
        "workspace": TEAM,
        "event_id": incoming.event_id,
        "sender": str(sender),
        "incoming": incoming,
        "received_at": now,
        "closed_at": now,
        "answer_due_at": now,
    }


def _make_delivery(number: int, place: int, size: int, portal: PortalId) -> dict[str, Any]:
    now, person = datetime.now(UTC), (number * size + place) % CROWD
    return {
        "inbox_id": number,
        "portal_id": portal,
        "bitrix_user_id": FIRST_ID + person,
        "recipient_name": f"Person {person}",
        "message": f"Deploy {number} is [b]done[/b]",
        "message_out": f"Deploy {number} is done",
        "tag": f"bench|{number}|{place}",
        "lane": Lane.BULK if size > MOST_TYPED else Lane.NORMAL,
        "received_at": now,
        "queued_at": now,
        "due_at": now,
    }

"""Builds the whole program, once: the only place that knows every room.

Whatever belongs to one chat or one command is imported where it is built, so that a bridge loads
only what is configured.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct
from pydantic import SecretStr

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from adapters.workers.embedded import EmbeddedWorker
from bridge.clock import SystemClock
from bridge.commands.desk import Desk, make_handlers
from bridge.delivery.drain import Drain
from bridge.errors import ConfigError
from bridge.intake import Intake
from bridge.people.identity import Platform
from bridge.people.permissions import Access
from bridge.people.recipients import Directory
from bridge.replies.tell import Teller
from storage.answers import SqlAnswers
from storage.database import Database
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.people import SqlPeople
from storage.portals import SqlPortals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bridge.people.identity import PortalId
    from bridge.ports import Chat
    from bridge.settings import Settings


class Stores(Struct, frozen=True):
    """Everything that is kept in one database."""

    database: Database
    inbox: SqlInbox
    answers: SqlAnswers
    outbox: SqlOutbox
    people: SqlPeople
    portals: SqlPortals


class Bridge:
    """A program that is ready to run.

    Attributes:
        stores: its database.
        intake: where chats hand over what was typed.
        portal: the Bitrix24 account.
        portal_id: its number in the database.
    """

    def __init__(
        self,
        stores: Stores,
        portal: Bitrix24Portal,
        portal_id: PortalId,
        access: Access,
    ) -> None:
        clock = SystemClock()
        self.stores = stores
        self.portal = portal
        self.portal_id = portal_id
        self._clock = clock
        self._access = access
        self._worker = EmbeddedWorker(clock)
        self.intake = Intake(stores.inbox, self._worker)

    async def work(self, chats: Mapping[Platform, Chat]) -> None:
        """Carry out, deliver and tell until ``stop``; ``chats`` are where people are answered."""
        await self._worker.run(
            desk=self._make_desk(),
            teller=Teller(self.stores.answers, chats, self._clock),
            drains={self.portal_id: self._make_drain()},
        )

    def stop(self) -> None:
        """Begin nothing new; ``work`` returns when what is under way is finished."""
        self._worker.stop()

    def _make_desk(self) -> Desk:
        people = self.stores.people
        directory = Directory(people, self.portal, self.portal_id)
        return Desk(
            inbox=self.stores.inbox,
            people=people,
            directory=directory,
            handlers=make_handlers(directory, people),
            access=self._access,
            portal=self.portal_id,
            clock=self._clock,
        )

    def _make_drain(self) -> Drain:
        return Drain(
            self.portal_id,
            self.portal,
            outbox=self.stores.outbox,
            portals=self.stores.portals,
            clock=self._clock,
        )


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[Stores]:
    """Open the database, brought up to date.

    Raises:
        StorageError: it cannot be used.
    """
    database = Database(settings.database_url)
    await database.open()
    try:
        yield Stores(
            database,
            SqlInbox(database),
            SqlAnswers(database),
            SqlOutbox(database),
            SqlPeople(database),
            SqlPortals(database),
        )
    finally:
        await database.close()


@asynccontextmanager
async def open_portal(settings: Settings) -> AsyncIterator[tuple[str, Bitrix24Portal]]:
    """Open the configured portal; yields its key, which may be shown, and the portal.

    Raises:
        ConfigError: its webhook cannot be one.
    """
    secret = settings.portal_webhook or SecretStr("")
    try:
        webhook = Webhook.parse(secret.get_secret_value())
    except ValueError as error:
        raise ConfigError([f"B24BRIDGE_PORTAL_WEBHOOK: {error}"]) from None
    async with Bitrix24Portal(webhook, timeout_seconds=settings.portal_timeout_seconds) as portal:
        yield webhook.key, portal


@asynccontextmanager
async def open_bridge(settings: Settings) -> AsyncIterator[Bridge]:
    """Build a bridge from its settings and close everything in the end.

    Raises:
        ConfigError: there is no usable portal.
        StorageError: the database cannot be used.
    """
    async with AsyncExitStack() as stack:
        key, portal = await stack.enter_async_context(open_portal(settings))
        stores = await stack.enter_async_context(open_stores(settings))
        portal_id = await stores.portals.ensure(key, key)
        yield Bridge(stores, portal, portal_id, make_access(settings))


def make_access(settings: Settings) -> Access:
    """Make the rules about who may send from the settings."""
    chats = {(Platform.TELEGRAM, str(chat)) for chat in settings.telegram_chats}
    teams = {(Platform.SLACK, team) for team in settings.slack_workspaces}
    return Access(frozenset(chats | teams))

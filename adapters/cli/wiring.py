"""Builds the whole program, once: the only place that knows every room.

Whatever belongs to one chat or one command is imported where it is built, so that a bridge loads
only what is configured.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.bucket import Limit
from adapters.bitrix24.installing import Installer
from adapters.bitrix24.operating import Operating
from adapters.bitrix24.token_endpoint import TokenEndpoint
from adapters.bitrix24.turns import Turns
from adapters.cli.clients import Clients
from adapters.cli.desk import make_desk
from adapters.cli.serving import Serving
from adapters.cli.upkeep import look_for_leavers
from adapters.workers.alone import Alone, run_at_once
from adapters.workers.embedded import EmbeddedWorker
from bridge.clock import SystemClock
from bridge.commands.home import ShowOwnPage
from bridge.commands.reception import NOBODY, NOWHERE
from bridge.delivery.drain import Drain
from bridge.delivery.meter import UNMEASURED
from bridge.delivery.policy import Policy
from bridge.errors import ConfigError
from bridge.intake import Intake
from bridge.people.directory import Directory
from bridge.people.identity import Platform
from bridge.people.leavers import Leavers
from bridge.people.lookups import Lookups
from bridge.replies.tell import Teller
from bridge.replies.words import Languages
from storage.access import Allowed, SqlAccess
from storage.answers import SqlAnswers
from storage.colleagues import SqlColleagues
from storage.credentials import SqlCredentials
from storage.database import Database
from storage.deliveries import DeliveryDetails, DeliveryRecord, Filter, SqlDeliveries
from storage.groups import SqlGroups
from storage.holds import SqlHolds
from storage.inbox import SqlInbox
from storage.link_codes import SqlLinkCodes
from storage.links import SqlLinks
from storage.outbox import SqlOutbox
from storage.overview import SqlOverview
from storage.past import SqlPast
from storage.people import KnownPerson, SqlPeople
from storage.portals import PortalRecord, SqlPortals
from storage.retention import SqlRetention
from storage.vault import Vault, make_key

__all__ = [
    "Allowed",
    "Bridge",
    "DeliveryDetails",
    "DeliveryRecord",
    "Filter",
    "KnownPerson",
    "PortalRecord",
    "Stores",
    "make_key",
    "open_bridge",
    "open_clients",
    "open_stores",
]

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from adapters.workers.alone import RunAlone
    from adapters.workers.cluster import ClusterWorker
    from adapters.workers.jobs import Jobs
    from bridge.delivery.meter import Meter
    from bridge.people.identity import PortalId
    from bridge.ports import Chat, Clock, Members, Portal, Rooms
    from bridge.settings import Settings
    from storage.claims import PostgresClaims
    from storage.news import PostgresNews


class Machines(Struct, frozen=True):
    """What bridges on several machines share their work by."""

    claims: PostgresClaims
    news: PostgresNews
    jobs: Jobs


class Stores(Struct, frozen=True):
    """Everything that is kept in one database.

    Attributes:
        machines: what it is shared by; None if one bridge alone works on it.
    """

    database: Database
    inbox: SqlInbox
    answers: SqlAnswers
    outbox: SqlOutbox
    deliveries: SqlDeliveries
    past: SqlPast
    overview: SqlOverview
    people: SqlPeople
    colleagues: SqlColleagues
    groups: SqlGroups
    access: SqlAccess
    links: SqlLinks
    link_codes: SqlLinkCodes
    portals: SqlPortals
    holds: SqlHolds
    retention: SqlRetention
    credentials: SqlCredentials
    machines: Machines | None = None


class Bridge:
    """A program that is ready to run.

    Attributes:
        stores: its database.
        intake: where chats hand over what was typed.
        serving: the Bitrix24 accounts.
        is_stopping: whether ``stop`` was called.
        installer: believes portals that install our application; None without one.
    """

    def __init__(
        self,
        stores: Stores,
        clients: Clients,
        endpoint: TokenEndpoint | None,
        settings: Settings,
        meter: Meter = UNMEASURED,
    ) -> None:
        clock = SystemClock()
        self.stores = stores
        self.is_stopping = False
        self._clock = clock
        self._settings = settings
        self._meter = meter
        self._languages = Languages(settings.language)
        self._worker = _make_worker(stores.machines, clock)
        self.serving = Serving(stores, clients, self._worker, self._make_drain)
        self._lookups = Lookups(self.serving.served, clock)
        self._leavers = Leavers(stores.links, self.serving.served)
        self.intake = Intake(stores.inbox, self._worker, meter)
        kept, follow_soon = stores.credentials, self.serving.follow_soon
        self.installer = (
            Installer(endpoint, kept, kept, clock, on_change=follow_soon) if endpoint else None
        )

    @property
    def portal_id(self) -> PortalId:
        """The number of the default portal.

        Raises:
            PortalOnHold: there is none yet.
        """
        return self.serving.served.home(None)

    @property
    def portal(self) -> Portal:
        """The default portal."""
        return self.serving.served[self.portal_id]

    def make_directory(self, members: Mapping[Platform, Members] = NOBODY) -> Directory:
        """Make what finds people; ``members`` are what the platforms tell of them."""
        stores, most = self.stores, self._settings.recipients_per_command
        return Directory(
            stores.people, stores.groups, self._lookups, members, most, leavers=self._leavers
        )

    def make_pages(self) -> ShowOwnPage:
        """Make what people see of themselves."""
        stores = self.stores
        return ShowOwnPage(self.make_directory(), stores.overview, stores.groups, self._clock)

    async def work(
        self,
        chats: Mapping[Platform, Chat],
        members: Mapping[Platform, Members] = NOBODY,
        rooms: Mapping[Platform, Rooms] = NOWHERE,
    ) -> None:
        """Carry out, deliver and tell until ``stop``.

        Args:
            chats: where people are answered.
            members: what the platforms tell of people.
            rooms: what they tell of who is in their chats.
        """
        directory, settings = self.make_directory(members), self._settings
        desk = make_desk(
            self.stores, directory, self._lookups, settings, members=members, rooms=rooms
        )
        watching = [
            asyncio.create_task(self.serving.watch()),
            asyncio.create_task(look_for_leavers(self._leavers)),
        ]
        try:
            await self._worker.run(
                desk=desk,
                teller=Teller(self.stores.answers, chats, self._clock, languages=self._languages),
            )
        finally:
            for task in watching:
                task.cancel()
            await asyncio.wait(watching)

    def alone(self, name: str) -> RunAlone:
        """Make what runs something on one machine at a time, under a name."""
        machines = self.stores.machines
        return Alone(machines.claims, name) if machines else run_at_once

    def stop(self) -> None:
        """Begin nothing new; ``work`` returns when what is under way is finished."""
        self.is_stopping = True
        self._worker.stop()

    def _make_drain(self, portal_id: PortalId, portal: Portal, name: str) -> Drain:
        settings = self._settings
        return Drain(
            portal_id,
            portal,
            outbox=self.stores.outbox,
            portals=self.stores.portals,
            clock=self._clock,
            policy=Policy(
                first_seconds=settings.retry_first_seconds,
                longest_seconds=settings.retry_longest_seconds,
                give_up_after_seconds=settings.retry_hours * 3600,
            ),
            requests=settings.portal_requests,
            meter=self._meter.of_portal(name),
        )


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[Stores]:
    """Open the database, brought up to date.

    Raises:
        StorageError: it cannot be used.
    """
    is_durable = settings.sqlite_synchronous == "FULL"
    database = Database(settings.database_url, survives_power_cuts=is_durable)
    await database.open()
    machines = _find_machines(database)
    try:
        yield Stores(
            database,
            SqlInbox(database, machines.jobs.announce if machines else None),
            SqlAnswers(database),
            SqlOutbox(database),
            SqlDeliveries(database),
            SqlPast(database),
            SqlOverview(database),
            SqlPeople(database),
            SqlColleagues(database),
            SqlGroups(database),
            SqlAccess(database),
            SqlLinks(database),
            SqlLinkCodes(database),
            SqlPortals(database),
            SqlHolds(database),
            SqlRetention(database),
            SqlCredentials(database, Vault(settings.secret_keys)),
            machines,
        )
    finally:
        await database.close()


@asynccontextmanager
async def open_bridge(settings: Settings, meter: Meter = UNMEASURED) -> AsyncIterator[Bridge]:
    """Build a bridge from its settings and close everything in the end.

    Args:
        settings: of all that it is made of.
        meter: measures what it does.

    Raises:
        ConfigError: there is no usable portal.
        StorageError: the database cannot be used.
    """
    webhook = read_webhook(settings)
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(settings))
        await stores.credentials.rotate()
        if stores.machines:
            await stack.enter_async_context(stores.machines.claims)
        endpoint = _open_endpoint(settings, stack)
        clients = await _make_clients(settings, stores, webhook, endpoint)
        bridge = Bridge(stores, clients, endpoint, settings, meter)
        stack.push_async_callback(bridge.serving.aclose)
        await bridge.serving.follow()
        if not endpoint and bridge.serving.served.default is None:
            way = "B24BRIDGE_PORTAL_WEBHOOK is missing, and b24bridge portals add has added none"
            raise ConfigError([f"There is no portal: {way}"])
        yield bridge


def _find_machines(database: Database) -> Machines | None:
    if not database.is_shared:
        return None
    from adapters.workers.jobs import Jobs
    from storage.claims import PostgresClaims
    from storage.news import PostgresNews
    from storage.postgres import PostgresServer

    server = database.backend
    assert isinstance(server, PostgresServer)  # noqa: S101 - nothing else is shared
    jobs = Jobs(server.conninfo, SqlPortals(database).list_due)
    return Machines(PostgresClaims(server), PostgresNews(server), jobs)


def _make_worker(machines: Machines | None, clock: Clock) -> EmbeddedWorker | ClusterWorker:
    if machines is None:
        return EmbeddedWorker(clock)
    from adapters.workers.cluster import ClusterWorker

    return ClusterWorker(clock, machines.jobs, machines.claims, machines.news)


@asynccontextmanager
async def open_clients(settings: Settings, stores: Stores) -> AsyncIterator[Clients]:
    """Make what portals are reached with, without a bridge.

    Raises:
        ConfigError: the webhook of the settings cannot be one.
    """
    async with AsyncExitStack() as stack:
        endpoint = _open_endpoint(settings, stack)
        yield await _make_clients(settings, stores, read_webhook(settings), endpoint)


def read_webhook(settings: Settings) -> Webhook | None:
    """Read the webhook of the settings; None if there is none.

    Raises:
        ConfigError: it cannot be one.
    """
    if settings.portal_webhook is None:
        return None
    try:
        return Webhook.parse(settings.portal_webhook.get_secret_value())
    except ValueError as error:
        raise ConfigError([f"B24BRIDGE_PORTAL_WEBHOOK: {error}"]) from None


async def _make_clients(
    settings: Settings, stores: Stores, webhook: Webhook | None, endpoint: TokenEndpoint | None
) -> Clients:
    ours = None
    if webhook:
        ours = await stores.portals.ensure(webhook.key, webhook.key), webhook
    return Clients(
        partial(make_turns, settings, stores),
        stores.credentials,
        SystemClock(),
        webhook=ours,
        endpoint=endpoint,
        timeout_seconds=settings.portal_timeout_seconds,
    )


def make_turns(settings: Settings, stores: Stores, portal: PortalId) -> Turns:
    """Make what says when a request to a portal may leave; it remembers across restarts."""
    return Turns(
        Limit.parse(settings.portal_limit),
        Operating(settings.portal_operating_seconds),
        load=partial(stores.portals.read_level, portal),
        save=partial(stores.portals.save_level, portal),
    )


def _open_endpoint(settings: Settings, stack: AsyncExitStack) -> TokenEndpoint | None:
    client_id, secret = settings.bitrix24_client_id, settings.bitrix24_client_secret
    if not client_id or not secret:
        return None
    own_server = settings.bitrix24_oauth_url or ""
    endpoint = TokenEndpoint(client_id, secret.get_secret_value(), own_server)
    stack.push_async_callback(endpoint.aclose)
    return endpoint

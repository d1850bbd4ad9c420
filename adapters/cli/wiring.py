"""Builds the whole program, once.

Whatever belongs to one chat or one command is imported where it is built, so that a bridge loads
only what is configured.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from adapters.bitrix24.installing import Installer
from adapters.cli.clients import make_clients, open_endpoint, read_webhook
from adapters.cli.desk import make_desk
from adapters.cli.serving import Serving
from adapters.cli.stores import open_stores
from adapters.cli.upkeep import look_for_leavers
from adapters.workers.alone import Alone, run_at_once
from adapters.workers.embedded import EmbeddedWorker
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

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from adapters.bitrix24.token_endpoint import TokenEndpoint
    from adapters.cli.clients import Clients
    from adapters.cli.stores import Machines, Stores
    from adapters.workers.alone import RunAlone
    from adapters.workers.cluster import ClusterWorker
    from bridge.delivery.meter import Meter
    from bridge.people.identity import PortalId
    from bridge.ports import Chat, Clock, Members, Portal, Rooms
    from bridge.settings import Settings


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
        clock = stores.clock
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
            is_alone=self.stores.machines is None,
            meter=self._meter.of_portal(name),
        )


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
        endpoint = open_endpoint(settings, stack)
        clients = await make_clients(settings, stores, webhook, endpoint)
        bridge = Bridge(stores, clients, endpoint, settings, meter)
        stack.push_async_callback(bridge.serving.aclose)
        await bridge.serving.follow()
        if not endpoint and bridge.serving.served.default is None:
            way = "B24BRIDGE_PORTAL_WEBHOOK is missing, and b24bridge portals add has added none"
            raise ConfigError([f"There is no portal: {way}"])
        yield bridge


def _make_worker(machines: Machines | None, clock: Clock) -> EmbeddedWorker | ClusterWorker:
    if machines is None:
        return EmbeddedWorker(clock)
    from adapters.workers.cluster import ClusterWorker

    return ClusterWorker(clock, machines.jobs, machines.claims, machines.news)

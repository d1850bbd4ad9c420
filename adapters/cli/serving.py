"""Serves the portals of the settings and of the database, and notices when some come or go."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.credential import PortalKind
from bridge.delivery.hold_news import NOT_CONNECTED
from bridge.delivery.notification import FOR_GOOD
from bridge.delivery.served import Served
from bridge.errors import ConfigError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from adapters.bitrix24.client import Bitrix24Portal
    from adapters.cli.clients import Clients
    from adapters.cli.stores import PortalRecord, Stores
    from adapters.workers.cluster import ClusterWorker
    from adapters.workers.embedded import EmbeddedWorker
    from bridge.delivery.drain import Drain
    from bridge.people.identity import PortalId
    from bridge.ports import Portal

POLL_SECONDS: Final = 1.0

log = logging.getLogger(__name__)


def choose_default(connected: Iterable[PortalRecord]) -> PortalRecord | None:
    """Choose the portal that is meant where nothing says which; None if none is connected.

    It is the one that an administrator has chosen, else that of the settings, else the oldest.
    """
    return min(
        connected,
        key=lambda one: (not one.is_default, one.kind is not PortalKind.SETTINGS, one.id),
        default=None,
    )


class _Open(Struct, frozen=True):
    """A portal that is served.

    Attributes:
        since: when its credential was given to us: another one needs another client.
        portal: the client.
        resources: what to close in the end.
    """

    since: datetime | None
    portal: Bitrix24Portal
    resources: AsyncExitStack


class Serving:
    """One client and one drain for each portal that can be reached.

    Args:
        stores: what is kept of portals.
        clients: what they are reached with.
        worker: runs the drains.
        make_drain: makes the drain of a portal: by its number, by what reaches it, and its host.
    """

    def __init__(
        self,
        stores: Stores,
        clients: Clients,
        worker: EmbeddedWorker | ClusterWorker,
        make_drain: Callable[[PortalId, Portal, str], Drain],
    ) -> None:
        self.served = Served()
        self._stores = stores
        self._clients = clients
        self._worker = worker
        self._make_drain = make_drain
        self._open: dict[PortalId, _Open] = {}
        self._seen: dict[PortalId, PortalRecord] = {}
        self._told: dict[PortalId, str] = {}
        self._changed = asyncio.Event()

    def follow_soon(self) -> None:
        """Look at once whether portals have come or gone."""
        self._changed.set()

    async def watch(self) -> None:
        """Follow what other processes do to portals and their queues, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            try:
                await self._hold_unconnected()
                await self.follow()
            except StorageError as error:
                log.debug("Portals could not be looked for, and will be again: %s", error)
            except Exception:
                # Those that are served go on.
                log.exception("Portals could not be looked for, and will be again")

    async def follow(self) -> None:
        """Serve what can be reached now, and nothing else."""
        known = await self._stores.portals.list_known(is_counted=False)
        records = [record for record in known if self._clients.can_reach(record)]
        since = {record.id: record.connected_at for record in records}
        for portal_id, opened in tuple(self._open.items()):
            if portal_id not in since or since[portal_id] != opened.since:
                await self._drop(portal_id)
        for record in records:
            await self._keep(record)
        default = choose_default([record for record in records if record.id in self._open])
        self.served.default = default.id if default else None

    def is_served(self, record: PortalRecord) -> bool:
        """Tell whether a portal is served, or would be by a machine that delivers."""
        return self._clients.can_reach(record) and record.id not in self._told

    def tell_levels(self) -> dict[str, float]:
        """Tell how full each portal's bucket is, in requests, by its host."""
        return {
            self.served.name(portal_id): opened.portal.bucket_level
            for portal_id, opened in self._open.items()
        }

    async def aclose(self) -> None:
        """Close all clients."""
        for opened in self._open.values():
            await opened.resources.aclose()

    async def _hold_unconnected(self) -> None:
        """Say of what waits for a portal without credential that an administrator must act.

        Another machine may have other settings: what it can reach must not be held.
        """
        if self._stores.database.is_shared:
            return
        for record in await self._stores.portals.list_known(is_counted=False):
            hold_code, is_connected = record.status.hold_code, self._clients.can_reach(record)
            if record.next_due_at and not is_connected and not hold_code:
                await self._stores.portals.pause(record.id, FOR_GOOD, NOT_CONNECTED)
            elif is_connected and hold_code == NOT_CONNECTED:
                await self._stores.portals.release(record.id)

    async def _keep(self, record: PortalRecord) -> None:
        before, self._seen[record.id] = self._seen.get(record.id), record
        if record.id in self._open:
            if before and _has_news(before, record):
                self._worker.wake(record.id)
            return
        try:
            await self._add(record)
        except ConfigError as error:
            if self._told.get(record.id) != str(error):
                log.error("Portal %s is not served: %s", record.name, error)  # noqa: TRY400
            self._told[record.id] = str(error)

    async def _add(self, record: PortalRecord) -> None:
        async with AsyncExitStack() as stack:
            portal = await self._clients.open(record, stack)
            self._open[record.id] = _Open(record.connected_at, portal, stack.pop_all())
        self.served.add(record.id, portal, record.name)
        self._worker.serve(record.id, self._make_drain(record.id, portal, record.name))
        self._told.pop(record.id, None)
        log.info("Portal %s is served as number %s", record.name, record.id)

    async def _drop(self, portal_id: PortalId) -> None:
        opened = self._open.pop(portal_id)
        self.served.drop(portal_id)
        try:
            # Another drain of the same portal must not begin before this one has ended.
            await self._worker.retire(portal_id)
        finally:
            await opened.resources.aclose()
        log.info("Portal number %s is not served any more", portal_id)


def _has_news(before: PortalRecord, now: PortalRecord) -> bool:
    """Tell whether another process has released a portal, or has queued something for it."""
    if before.status.resume_at is not None and now.status.resume_at is None:
        return True
    # A later time is news, too: what was due has gone, and something else may have come.
    return now.next_due_at is not None and now.next_due_at != before.next_due_at

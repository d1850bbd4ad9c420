"""Looks how a bridge is, for ``/readyz`` and ``/metrics``."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from adapters.cli.portals import list_of_interest
from adapters.web.metrics import CONTENT_TYPE, Moment
from adapters.web.watching import Readiness, Status
from bridge.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.cli.chats import LiveChat
    from adapters.cli.stores import PortalRecord
    from adapters.cli.wiring import Bridge
    from adapters.web.metrics import Metrics
    from bridge.people.identity import Platform

_PATIENCE_SECONDS: Final = 5.0
_OK: Final = "ok"
_UNREADABLE: Final = "cannot be read"
_PAUSING: Final = "pausing"
_WELL: Final = {_OK, _PAUSING}


class BridgeWatch:
    """Implements ``adapters.web.watching.Watch``.

    Args:
        bridge: what is watched.
        chats: what it is connected to.
        metrics: what has been counted.
    """

    def __init__(
        self, bridge: Bridge, chats: Mapping[Platform, LiveChat], metrics: Metrics
    ) -> None:
        self._bridge = bridge
        self._chats = chats
        self._metrics = metrics
        self._clock = bridge.stores.clock
        self._looking: asyncio.Task[tuple[str, Mapping[str, str]]] | None = None

    async def tell_readiness(self) -> Readiness:
        """Look at the database, the portals and the chats.

        A portal on hold, or a chat that is away, does not keep the others from being served.
        """
        database, portals = await self._look_patiently()
        connected = self._tell_connected()
        chats = {name: "connected" if is_there else "connecting" for name, is_there in connected}
        if self._bridge.is_stopping:
            status = Status.STOPPING
        elif database != _OK or (connected and not any(is_there for _, is_there in connected)):
            status = Status.NOT_READY
        elif all(is_there for _, is_there in connected) and set(portals.values()) <= _WELL:
            status = Status.READY
        else:
            status = Status.DEGRADED
        return Readiness(status=status, database=database, portals=portals, chats=chats)

    async def _look_patiently(self) -> tuple[str, Mapping[str, str]]:
        # Whoever waits for a database cannot be called back: the next to ask waits along.
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        await asyncio.wait([self._looking], timeout=_PATIENCE_SECONDS)
        return self._looking.result() if self._looking.done() else (_UNREADABLE, {})

    async def _look(self) -> tuple[str, Mapping[str, str]]:
        database, portals = _UNREADABLE, dict[str, str]()
        with suppress(StorageError):
            records = await list_of_interest(self._bridge.stores, is_counted=False)
            portals = {record.name: self._describe(record) for record in records}
            database = "cannot be written"
            await self._bridge.stores.database.check_writing()
            database = _OK
        return database, portals

    async def write_metrics(self) -> tuple[str, bytes]:
        """Write all metrics; see ``Watch``."""
        stores = self._bridge.stores
        records = await list_of_interest(stores, is_counted=False)
        names = {record.name for record in records}
        held = {record.name for record in records if record.status.hold_code}
        moment = Moment(
            now=self._clock.now(),
            commands=await stores.inbox.measure_open(),
            queues=await stores.portals.list_queues(),
            holds={name: name in held for name in names},
            levels=self._bridge.serving.tell_levels(),
            chats=dict(self._tell_connected()),
        )
        return CONTENT_TYPE, self._metrics.write(moment)

    def _tell_connected(self) -> list[tuple[str, bool]]:
        return [(platform.value, chat.ready.is_set()) for platform, chat in self._chats.items()]

    def _describe(self, record: PortalRecord) -> str:
        status = record.status
        if status.hold_code:
            return f"on hold: {status.hold_code}"
        if not self._bridge.serving.is_served(record):
            return "not connected"
        if status.resume_at and status.resume_at > self._clock.now():
            return _PAUSING
        return _OK

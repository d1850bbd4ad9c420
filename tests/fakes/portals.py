"""The health of portals in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.delivery.notification import PortalStatus
from bridge.people.identity import PortalId

if TYPE_CHECKING:
    from datetime import datetime

    from tests.fakes.stores import MemoryStores


class MemoryPortals:
    """``Portals`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def ensure(self, key: str, name: str) -> PortalId:
        """Return the number of the portal with this key, a new one when it is not known."""
        number = PortalId(len(self._stores.portal_keys) + 1)
        portal = self._stores.portal_keys.setdefault(key, number)
        self._stores.portal_names[portal] = name
        return portal

    async def status(self, portal: PortalId) -> PortalStatus:
        return self._stores.statuses.get(portal, PortalStatus())

    async def pause(self, portal: PortalId, until: datetime, hold_code: str = "") -> None:
        before = await self.status(portal)
        resume_at = max(until, before.resume_at or until)
        is_shorter = bool(before.hold_code) and until < resume_at
        code = before.hold_code if is_shorter or not hold_code else hold_code
        held_at = before.held_at or (self._stores.clock.now() if code else None)
        self._stores.statuses[portal] = PortalStatus(resume_at, code, held_at)

    async def end_pause(self, portal: PortalId) -> None:
        status = self._stores.statuses.get(portal, PortalStatus())
        now = self._stores.clock.now()
        if status.resume_at and status.resume_at <= now and not status.hold_code:
            del self._stores.statuses[portal]

    async def release(self, portal: PortalId) -> None:
        before = self._stores.statuses.pop(portal, PortalStatus())
        soon = self._stores.clock.now() + timedelta(seconds=5)
        for row in self._stores.deliveries.values():
            if before.hold_code and row.portal == portal and row.due_at and row.due_at > soon:
                row.due_at = soon

    async def read_level(self, portal: PortalId) -> tuple[float, datetime] | None:
        return self._stores.levels.get(portal)

    async def save_level(self, portal: PortalId, level: float, at: datetime) -> None:
        self._stores.levels[portal] = (level, at)

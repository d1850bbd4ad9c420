"""What is known of each portal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import select

from bridge.delivery.notification import PortalStatus
from bridge.people.identity import PortalId
from storage.tables import PortalRow

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Database


class SqlPortals:
    """``bridge.ports.Portals`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure(self, key: str, name: str) -> PortalId:
        """Return the number of the portal with this key (its host), new or known; note its name.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self._database.session() as session:
            row = (await session.exec(select(PortalRow).where(PortalRow.key == key))).one_or_none()
            if row is None:
                row = PortalRow(key=key, name=name, created_at=self._database.now())
                session.add(row)
            row.name = name
            await session.flush()
            return PortalId(row.id)

    async def status(self, portal: PortalId) -> PortalStatus:
        """Tell whether a portal takes notifications; one that is not known has no pause."""
        async with self._database.snapshot() as session:
            row = await session.get(PortalRow, portal)
        return PortalStatus(row.resume_at, row.hold_code) if row else PortalStatus()

    async def pause(self, portal: PortalId, until: datetime, hold_code: str = "") -> None:
        """Send nothing before ``until``; with a ``hold_code`` the portal is on hold.

        Several requests may be under way and each may ask for a pause: the longest counts, and a
        hold lasts until ``release``.
        """
        async with self._database.session() as session:
            row = await session.get(PortalRow, portal, with_for_update=True)
            if row is not None:
                row.resume_at = max(until, row.resume_at or until)
                row.hold_code = hold_code or row.hold_code

    async def release(self, portal: PortalId) -> None:
        """End a pause or a hold."""
        async with self._database.session() as session:
            row = await session.get(PortalRow, portal, with_for_update=True)
            if row is not None:
                row.resume_at, row.hold_code = None, ""

    async def read_level(self, portal: PortalId) -> tuple[float, datetime] | None:
        """Tell how full the portal's bucket was, in requests, and when; None if not known."""
        async with self._database.snapshot() as session:
            row = await session.get(PortalRow, portal)
        return (row.bucket_level, row.bucket_at) if row and row.bucket_at else None

    async def save_level(self, portal: PortalId, level: float, at: datetime) -> None:
        """Remember how full the portal's bucket was at a time."""
        async with self._database.session() as session:
            row = await session.get(PortalRow, portal)
            if row is not None:
                row.bucket_level, row.bucket_at = level, at

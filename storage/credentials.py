"""The credentials of portals: encrypted, versioned, renewed by one process at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, update
from sqlmodel import col, select

from bridge.credential import StoredCredential
from bridge.delivery.notification import FOR_GOOD
from bridge.people.identity import PortalId
from storage.portals import end_hold
from storage.tables import PortalRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Update
    from sqlmodel import Session

    from bridge.credential import PortalKind
    from storage.database import Database
    from storage.vault import Vault


class SqlCredentials:
    """``bridge.ports.Credentials`` and ``Connections`` in the database.

    Whatever has to be encrypted or decrypted raises ``ConfigError`` when the key is missing or
    wrong; nothing is changed then.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    @reads
    def read(self, session: Session, portal: PortalId) -> StoredCredential | None:
        """Read a portal's credential; None if there is none."""
        row = session.get(PortalRow, portal)
        if row is None or row.credential is None:
            return None
        return StoredCredential(self._vault.open(row.credential), row.credential_version)

    async def replace(self, portal: PortalId, version: int, secret: str) -> bool:
        """Put a new version in place of ``version`` and end its claim; False if that is gone."""
        return await self._change(
            _of_version(portal, version).values(
                credential=self._vault.seal(secret),
                credential_version=version + 1,
                renewing_until=None,
            )
        )

    async def claim(self, portal: PortalId, version: int, until: datetime) -> bool:
        """Claim the renewal of a version; False if it is claimed, or not the newest."""
        claimed = col(PortalRow.renewing_until)
        is_free = or_(claimed.is_(None), claimed <= self._database.now())
        renewal = _of_version(portal, version).where(is_free)
        return await self._change(renewal.values(renewing_until=until))

    async def abandon(self, portal: PortalId, version: int) -> None:
        """End the claim on a version that could not be renewed."""
        await self._change(_of_version(portal, version).values(renewing_until=None))

    @reads
    def find(self, session: Session, key: str) -> PortalId | None:
        """Find the portal with a key, whether it is connected or not."""
        query = select(PortalRow.id).where(PortalRow.key == key)
        found = session.exec(query).one_or_none()
        return None if found is None else PortalId(found)

    @writes
    def connect(
        self, session: Session, key: str, name: str, kind: PortalKind, secret: str
    ) -> PortalId:
        """Keep the credential of a portal, new or known, and end its hold."""
        sealed, now = self._vault.seal(secret), self._database.now()
        query = select(PortalRow).where(PortalRow.key == key).with_for_update()
        row = session.exec(query).one_or_none()
        row = row or PortalRow(key=key, name=name, created_at=now)
        row.name, row.kind, row.connected_at = name, kind, now
        row.credential, row.renewing_until = sealed, None
        row.credential_version += 1
        session.add(row)
        session.flush()
        end_hold(session, row, now)
        return PortalId(row.id)

    async def disconnect(self, portal: PortalId, hold_code: str) -> None:
        """Forget a portal's credential; what is queued for it is held."""
        await self._change(
            update(PortalRow)
            .where(col(PortalRow.id) == portal)
            .values(
                credential=None,
                credential_version=col(PortalRow.credential_version) + 1,
                renewing_until=None,
                connected_at=None,
                is_default=False,
                resume_at=FOR_GOOD,
                hold_code=hold_code,
                held_at=self._database.now(),
            )
        )

    @writes
    def rotate(self, session: Session) -> None:
        """Seal everything with the first key, so that older keys need not be kept.

        Raises:
            ConfigError: something cannot be opened.
        """
        query = select(PortalRow).where(col(PortalRow.credential).is_not(None)).with_for_update()
        for row in session.exec(query):
            secret = self._vault.open(row.credential or "")
            if self._vault.is_rotating:
                row.credential = self._vault.seal(secret)

    @writes
    def _change(self, session: Session, change: Update) -> bool:
        result = session.exec(change.execution_options(synchronize_session=False))
        return result.rowcount == 1


def _of_version(portal: PortalId, version: int) -> Update:
    return update(PortalRow).where(
        col(PortalRow.id) == portal,
        col(PortalRow.credential_version) == version,
        col(PortalRow.credential).is_not(None),
    )

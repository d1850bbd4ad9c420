"""Who is linked, for those who choose instead of typing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, select

from storage.identities import read_link
from storage.tables import IdentityRow, LinkRow
from storage.transactions import reads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session

    from bridge.people.identity import Identity, Link
    from storage.database import Database


class SqlColleagues:
    """``bridge.ports.Colleagues`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def search(self, session: Session, asker: Identity, typed: str, limit: int) -> Sequence[Link]:
        """List people in the asker's workspace who are linked, in the order of their names."""
        query = (
            select(IdentityRow, LinkRow)
            .join(LinkRow, col(LinkRow.identity_id) == col(IdentityRow.id))
            .where(IdentityRow.platform == asker.platform, IdentityRow.workspace == asker.workspace)
        )
        links = [read_link(row, link) for row, link in session.exec(query)]
        if asker not in {link.identity for link in links}:
            return []
        # Here and not in the query: SQLite knows the case of no letters but the English ones.
        wanted = typed.strip().removeprefix("@").casefold()
        found = [link for link in links if any(wanted in name for name in _names(link))]
        return sorted(found, key=lambda link: link.recipient.label.casefold())[:limit]


def _names(link: Link) -> tuple[str, str]:
    return link.recipient.label.casefold(), link.handle.casefold()

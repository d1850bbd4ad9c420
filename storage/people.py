"""The mapping store: who is who on a chat platform and in Bitrix24."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import update
from sqlmodel import col, or_, select

from storage.identities import (
    find_link_row,
    find_or_add_row,
    find_rows,
    give_handle,
    may_have_handle,
    read_identity,
    read_link,
)
from storage.tables import IdentityRow, LinkRow, PortalRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy.orm import Mapped
    from sqlmodel import Session
    from sqlmodel.sql.expression import Select

    from bridge.people.identity import Identity, Link, Platform, PortalId, Sender
    from storage.database import Database

_SEEN_AGAIN: Final = timedelta(hours=1)
"""How old ``seen_at`` may grow before it is written anew: each time would cost a commit."""
_MOST_VALUES: Final = 500


class KnownPerson(Struct, frozen=True, kw_only=True):
    """Somebody as administrators see them.

    Attributes:
        identity: who on the platform, as ``str(Identity)``.
        name: their name in the chat.
        portal: the host of the portal they are linked to; empty without a link.
        recipient: the name in Bitrix24; empty when not known, or without a link.
        user_id: the ``USER_ID`` there; None without a link.
        proved_by: how the link was proved: ``administrator``, ``email`` …
        linked_by: who made it.
        seen_at: when they last typed something, to the hour; None if they never did.
    """

    identity: str
    handle: str
    name: str
    portal: str = ""
    recipient: str = ""
    user_id: int | None = None
    proved_by: str = ""
    linked_by: str = ""
    linked_at: datetime | None = None
    seen_at: datetime | None = None


class SqlPeople:
    """``bridge.ports.People`` in the database, and what administrators are shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note_seen(self, sender: Sender) -> Link | None:
        """Remember a sender's handle and name; a handle that changed hands moves with them.

        A sender who is not linked takes no handle away from somebody who is. Returns their link,
        None if they have none.
        """
        is_fresh, link = await self._find_seen(sender)
        return link if is_fresh else await self._note_seen(sender)

    @reads
    def _find_seen(self, session: Session, sender: Sender) -> tuple[bool, Link | None]:
        row, link = find_rows(session, sender.identity)
        if row is None or not _is_fresh(row, sender, self._database.now()):
            return False, None
        return True, read_link(row, link) if link else None

    @writes
    def _note_seen(self, session: Session, sender: Sender) -> Link | None:
        row = find_or_add_row(session, sender.identity)
        if sender.handle:
            may_have_it = may_have_handle(session, row, sender.handle)
            give_handle(session, row, sender.handle if may_have_it else "")
        row.display_name, row.seen_at = sender.display_name, self._database.now()
        session.flush()
        link = find_link_row(session, row)
        return read_link(row, link) if link else None

    @reads
    def find_link(self, session: Session, identity: Identity) -> Link | None:
        """Find the link of an identity; None if it has none."""
        row, link = find_rows(session, identity)
        return read_link(row, link) if row and link else None

    @reads
    def find_by_handle(
        self, session: Session, platform: Platform, workspace: str, handle: str
    ) -> Link | Identity | None:
        """Find who has a handle, whatever its case."""
        query = select(IdentityRow).where(
            IdentityRow.platform == platform,
            IdentityRow.workspace == workspace,
            IdentityRow.handle_folded == handle.casefold(),
            IdentityRow.handle_folded != "",
        )
        row = session.exec(query).first()
        link = find_link_row(session, row) if row else None
        if row is None:
            return None
        return read_link(row, link) if link else read_identity(row)

    @reads
    def find_links(
        self,
        session: Session,
        platform: Platform,
        workspace: str,
        *,
        handles: Collection[str],
        external_ids: Collection[str],
    ) -> Sequence[Link]:
        """Find the links of all who have one of the handles, whatever its case, or an id."""
        folded = {handle.casefold() for handle in handles} - {""}
        queries = [
            *_links_where(platform, workspace, col(IdentityRow.handle_folded), folded),
            *_links_where(platform, workspace, col(IdentityRow.external_id), external_ids),
        ]
        found = [read_link(row, link) for query in queries for row, link in session.exec(query)]
        return list({link.identity: link for link in found}.values())

    @reads
    def list_handles(
        self, session: Session, platform: Platform, workspace: str, portal: PortalId
    ) -> Sequence[str]:
        """List the handles of those linked to a portal, in the order of the alphabet."""
        query = (
            select(IdentityRow.handle)
            .join(LinkRow, col(LinkRow.identity_id) == col(IdentityRow.id))
            .where(
                IdentityRow.platform == platform,
                IdentityRow.workspace == workspace,
                IdentityRow.handle != "",
                LinkRow.portal_id == portal,
            )
            .order_by(IdentityRow.handle)
        )
        return session.exec(query).all()

    @writes
    def note_refusal(
        self, session: Session, identity: Identity, now: datetime, *, unless_since: datetime
    ) -> bool:
        """Note that somebody who was seen is refused now; False if they were since a time."""
        refused_at = col(IdentityRow.refused_at)
        refusal = (
            update(IdentityRow)
            .where(
                col(IdentityRow.platform) == identity.platform,
                col(IdentityRow.workspace) == identity.workspace,
                col(IdentityRow.external_id) == identity.external_id,
                or_(refused_at.is_(None), refused_at <= unless_since),
            )
            .values(refused_at=now)
        )
        return session.exec(refusal).rowcount == 1

    @reads
    def list_known(self, session: Session) -> Sequence[KnownPerson]:
        """List everybody who typed something or was linked, in the order they appeared."""
        query = select(LinkRow, PortalRow.name).join(
            PortalRow, col(PortalRow.id) == col(LinkRow.portal_id)
        )
        links = {link.identity_id: (link, name) for link, name in session.exec(query)}
        rows = session.exec(select(IdentityRow).order_by(col(IdentityRow.id))).all()
        return [_known(row, *links.get(row.id, (None, ""))) for row in rows]


def _links_where(
    platform: Platform, workspace: str, column: Mapped[str], values: Collection[str]
) -> Iterator[Select[IdentityRow, LinkRow]]:
    """Ask for links in portions: no database takes any number of values in one query."""
    wanted = sorted(values)
    for start in range(0, len(wanted), _MOST_VALUES):
        yield (
            select(IdentityRow, LinkRow)
            .join(LinkRow, col(LinkRow.identity_id) == col(IdentityRow.id))
            .where(
                IdentityRow.platform == platform,
                IdentityRow.workspace == workspace,
                column.in_(wanted[start : start + _MOST_VALUES]),
            )
        )


def _is_fresh(row: IdentityRow, sender: Sender, now: datetime) -> bool:
    handle = sender.handle or row.handle
    is_same = (row.handle, row.display_name) == (handle, sender.display_name)
    return is_same and row.seen_at is not None and now - row.seen_at < _SEEN_AGAIN


def _known(row: IdentityRow, link: LinkRow | None, portal: str) -> KnownPerson:
    person = KnownPerson(
        identity=str(read_identity(row)),
        handle=row.handle,
        name=row.display_name,
        seen_at=row.seen_at,
    )
    if link is None:
        return person
    return replace(
        person,
        portal=portal,
        recipient=link.recipient_name,
        user_id=link.bitrix_user_id,
        proved_by=link.proved_by,
        linked_by=link.linked_by,
        linked_at=link.linked_at,
    )

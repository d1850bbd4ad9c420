"""Links between identities and Bitrix24 people: how they change, and what has become of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, select

from bridge.people.identity import BitrixUserId
from bridge.people.linking import LinkChange, NewLink, Proof
from storage.identities import (
    find_link_row,
    find_or_add_row,
    find_row,
    give_handle,
    read_identity,
    read_link,
    read_person,
)
from storage.tables import GroupMemberRow, IdentityRow, LinkChangeRow, LinkRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlmodel import Session

    from bridge.people.identity import Identity, Link, Located, PortalId
    from storage.database import Database


class SqlLinks:
    """``bridge.ports.Links`` in the database, and what administrators do and are shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def link(
        self,
        identity: Identity,
        person: Located,
        *,
        proof: Proof,
        changed_by: str,
        handle: str = "",
    ) -> None:
        """Link an identity, seen before or not, to a Bitrix24 person; an older link ends."""
        new = NewLink(identity, person, handle)
        await self.link_all([new], proof=proof, changed_by=changed_by)

    @writes
    def link_all(
        self, session: Session, links: Sequence[NewLink], *, proof: Proof, changed_by: str
    ) -> None:
        """Make several links, or none of them; see ``link``."""
        now = self._database.now()
        for link in links:
            make_link(session, link, proof, changed_by, now)

    @writes
    def unlink(self, session: Session, identity: Identity, *, changed_by: str) -> bool:
        """End an identity's link; False if it had none."""
        row = find_row(session, identity)
        link = find_link_row(session, row) if row else None
        if link is None:
            return False
        _end_link(session, link, changed_by, self._database.now())
        return True

    @reads
    def was_ever_linked(self, session: Session, identity: Identity) -> bool:
        """Tell whether an identity has a link, or ever had one."""
        row = find_row(session, identity)
        if row is None:
            return False
        changes = select(LinkChangeRow.id).where(LinkChangeRow.identity_id == row.id)
        return session.exec(changes.limit(1)).first() is not None

    @reads
    def list_all(self, session: Session) -> Sequence[Link]:
        """List all links, in the order in which their identities became known."""
        query = (
            select(IdentityRow, LinkRow)
            .join(LinkRow, col(LinkRow.identity_id) == col(IdentityRow.id))
            .order_by(col(IdentityRow.id))
        )
        return [read_link(row, link) for row, link in session.exec(query)]

    @reads
    def list_user_ids(self, session: Session, portal: PortalId) -> Sequence[BitrixUserId]:
        """List all in a portal who are linked or in a group, each once."""
        linked = select(LinkRow.bitrix_user_id).where(LinkRow.portal_id == portal)
        grouped = select(GroupMemberRow.bitrix_user_id).where(GroupMemberRow.portal_id == portal)
        found = {*session.exec(linked).all(), *session.exec(grouped).all()}
        return [BitrixUserId(user_id) for user_id in sorted(found)]

    @reads
    def list_changes(
        self,
        session: Session,
        limit: int,
        *,
        identity: Identity | None = None,
        user_id: BitrixUserId | None = None,
    ) -> Sequence[LinkChange]:
        """List the latest changes of links, latest first.

        Args:
            session: of the transaction.
            limit: how many at most.
            identity: only those of one identity.
            user_id: only those to a Bitrix24 person with this number.
        """
        query = (
            select(LinkChangeRow, IdentityRow)
            .join(IdentityRow, col(IdentityRow.id) == col(LinkChangeRow.identity_id))
            .order_by(col(LinkChangeRow.id).desc())
            .limit(limit)
        )
        if identity:
            query = query.where(
                IdentityRow.platform == identity.platform,
                IdentityRow.workspace == identity.workspace,
                IdentityRow.external_id == identity.external_id,
            )
        if user_id is not None:
            query = query.where(LinkChangeRow.bitrix_user_id == user_id)
        return [_read_change(*found) for found in session.exec(query)]


def make_link(session: Session, new: NewLink, proof: Proof, changed_by: str, now: datetime) -> None:
    """Make a link, and note it in the history; one that stands already stays as it is."""
    row = find_or_add_row(session, new.identity)
    if new.handle:
        give_handle(session, row, new.handle)
    recipient = new.person.recipient
    if old := find_link_row(session, row):
        if (old.portal_id, old.bitrix_user_id) == (new.person.portal, recipient.user_id):
            old.recipient_name = recipient.name
            return
        _end_link(session, old, changed_by, now)
        session.flush()
    link = LinkRow(
        identity_id=row.id,
        portal_id=new.person.portal,
        bitrix_user_id=recipient.user_id,
        recipient_name=recipient.name,
        proved_by=proof,
        linked_by=changed_by,
        linked_at=now,
    )
    session.add(link)
    _note_change(session, link, is_end=False, changed_by=changed_by, changed_at=now)


def move_links(
    session: Session, portal: PortalId, to: PortalId, changed_by: str, now: datetime
) -> None:
    """Have all links to a portal lead to another one, and note it in the history."""
    links = select(LinkRow).where(LinkRow.portal_id == portal)
    for link in session.exec(links).all():
        _note_change(session, link, is_end=True, changed_by=changed_by, changed_at=now)
        link.portal_id = to
        _note_change(session, link, is_end=False, changed_by=changed_by, changed_at=now)


def _note_change(
    session: Session, link: LinkRow, *, is_end: bool, changed_by: str, changed_at: datetime
) -> None:
    """Write into the history what happens to a link in the same transaction."""
    session.add(
        LinkChangeRow(
            identity_id=link.identity_id,
            portal_id=link.portal_id,
            bitrix_user_id=link.bitrix_user_id,
            recipient_name=link.recipient_name,
            is_end=is_end,
            proved_by=link.proved_by,
            changed_by=changed_by,
            changed_at=changed_at,
        )
    )


def _end_link(session: Session, link: LinkRow, changed_by: str, now: datetime) -> None:
    _note_change(session, link, is_end=True, changed_by=changed_by, changed_at=now)
    session.delete(link)


def _read_change(change: LinkChangeRow, row: IdentityRow) -> LinkChange:
    return LinkChange(
        identity=read_identity(row),
        person=read_person(change),
        is_end=change.is_end,
        proof=Proof(change.proved_by),
        changed_by=change.changed_by,
        changed_at=change.changed_at,
    )

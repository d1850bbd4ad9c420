"""The groups that people have made."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from bridge.people.groups import Group
from bridge.people.identity import BitrixUserId, Located, PortalId, Recipient
from storage.tables import GroupMemberRow, GroupRow, IdentityRow, LinkRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from storage.database import Database


class SqlGroups:
    """``bridge.ports.Groups`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, portal: PortalId, names: Collection[str]) -> Sequence[Group]:
        """Find the groups with these names, whatever their case."""
        folded = {name.casefold() for name in names}
        return await self._list(
            col(GroupRow.portal_id) == portal, col(GroupRow.name_folded).in_(sorted(folded))
        )

    async def list_all(self, portal: PortalId) -> Sequence[Group]:
        """List all groups of a portal, in the order of the alphabet."""
        return await self._list(col(GroupRow.portal_id) == portal)

    @reads
    def is_handle(self, session: Session, portal: PortalId, name: str) -> bool:
        """Tell whether somebody linked to a portal has this handle, on any platform."""
        query = (
            select(LinkRow.id)
            .join(IdentityRow, col(IdentityRow.id) == col(LinkRow.identity_id))
            .where(
                col(LinkRow.portal_id) == portal,
                col(IdentityRow.handle_folded) == name.casefold(),
            )
        )
        return session.exec(query).first() is not None

    @writes
    def create(self, session: Session, group: Group) -> bool:
        """Keep a new group; False if there is one of that name."""
        row = GroupRow(
            portal_id=group.portal,
            name=group.name,
            name_folded=group.name.casefold(),
            created_by=group.created_by,
            created_at=self._database.now(),
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            if not _find_row(session, group.portal, group.name):
                raise
            return False
        session.add_all(_member_row(row, member) for member in group.members)
        return True

    @writes
    def change(
        self,
        session: Session,
        portal: PortalId,
        name: str,
        *,
        add: Collection[Located] = (),
        remove: Collection[Located] = (),
    ) -> Group | None:
        """Add people to a group and take others out; None if there is no such group."""
        row = _find_row(session, portal, name)
        if row is None:
            return None
        leaving = {_key(member) for member in remove}
        members = {_row_key(member): member for member in _list_members(session, [row])}
        for member in add:
            if _key(member) not in members:
                members[_key(member)] = new = _member_row(row, member)
                session.add(new)
        for key in leaving & members.keys():
            session.delete(members.pop(key))
        return _read(row, list(members.values()))

    @writes
    def delete(self, session: Session, portal: PortalId, name: str) -> bool:
        """Delete a group; False if there is none."""
        row = _find_row(session, portal, name)
        if row is None:
            return False
        session.exec(delete(GroupMemberRow).where(col(GroupMemberRow.group_id) == row.id))
        session.delete(row)
        return True

    @reads
    def _list(self, session: Session, *conditions: ColumnElement[bool]) -> Sequence[Group]:
        query = select(GroupRow).where(*conditions).order_by(col(GroupRow.name_folded))
        rows = session.exec(query).all()
        members = _list_members(session, rows)
        by_group: defaultdict[int, list[GroupMemberRow]] = defaultdict(list)
        for member in members:
            by_group[member.group_id].append(member)
        return [_read(row, by_group[row.id]) for row in rows]


def _find_row(session: Session, portal: PortalId, name: str) -> GroupRow | None:
    query = (
        select(GroupRow)
        .where(GroupRow.portal_id == portal, GroupRow.name_folded == name.casefold())
        .with_for_update()
    )
    return session.exec(query).one_or_none()


def _list_members(session: Session, groups: Sequence[GroupRow]) -> Sequence[GroupMemberRow]:
    ids = [group.id for group in groups]
    query = select(GroupMemberRow).where(col(GroupMemberRow.group_id).in_(ids))
    return session.exec(query.order_by(col(GroupMemberRow.id))).all()


def _member_row(group: GroupRow, member: Located) -> GroupMemberRow:
    return GroupMemberRow(
        group_id=group.id,
        portal_id=member.portal,
        bitrix_user_id=member.recipient.user_id,
        recipient_name=member.recipient.name,
    )


def _read(row: GroupRow, members: Sequence[GroupMemberRow]) -> Group:
    return Group(
        portal=PortalId(row.portal_id),
        name=row.name,
        members=tuple(
            Located(
                PortalId(member.portal_id),
                Recipient(BitrixUserId(member.bitrix_user_id), member.recipient_name),
            )
            for member in members
        ),
        created_by=row.created_by,
    )


def _key(member: Located) -> tuple[int, int]:
    return member.portal, member.recipient.user_id


def _row_key(row: GroupMemberRow) -> tuple[int, int]:
    return row.portal_id, row.bitrix_user_id

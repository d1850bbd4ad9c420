"""The rows of identities and their links, for the stores that read and change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from bridge.people.identity import BitrixUserId, Identity, Link, Located, PortalId, Recipient
from storage.tables import IdentityRow, LinkRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from storage.tables import LinkChangeRow


# What each command asks is made once.
_FIND: Final = (
    select(IdentityRow, LinkRow)
    .outerjoin(LinkRow, col(LinkRow.identity_id) == col(IdentityRow.id))
    .where(
        IdentityRow.platform == bindparam("platform"),
        IdentityRow.workspace == bindparam("workspace"),
        IdentityRow.external_id == bindparam("external_id"),
    )
)


def find_row(session: Session, identity: Identity) -> IdentityRow | None:
    """Find the row of an identity; None if nobody has seen it."""
    return find_rows(session, identity)[0]


def find_rows(
    session: Session, identity: Identity
) -> tuple[IdentityRow, LinkRow | None] | tuple[None, None]:
    """Find the row of an identity, and that of its link; None where there is none."""
    found = session.execute(
        _FIND,
        {
            "platform": identity.platform,
            "workspace": identity.workspace,
            "external_id": identity.external_id,
        },
    ).one_or_none()
    return (found[0], found[1]) if found else (None, None)


def find_or_add_row(session: Session, identity: Identity) -> IdentityRow:
    """Find the row of an identity, or make it."""
    if row := find_row(session, identity):
        return row
    row = IdentityRow(
        platform=identity.platform,
        workspace=identity.workspace,
        external_id=identity.external_id,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # On another machine somebody has seen them at the same moment.
        if row := find_row(session, identity):
            return row
        raise
    return row


def find_link_row(session: Session, row: IdentityRow) -> LinkRow | None:
    """Find the link of an identity; None if it has none."""
    return session.exec(select(LinkRow).where(LinkRow.identity_id == row.id)).one_or_none()


def may_have_handle(session: Session, row: IdentityRow, handle: str) -> bool:
    """Tell whether a handle may be taken: by who is not linked, from nobody who is."""
    if find_link_row(session, row):
        return True
    linked_owner = (
        select(LinkRow.id)
        .join(IdentityRow, col(IdentityRow.id) == col(LinkRow.identity_id))
        .where(*_others_with_handle(row, handle))
    )
    return session.exec(linked_owner).first() is None


def give_handle(session: Session, row: IdentityRow, handle: str) -> None:
    """Give somebody a handle; whoever had it has none from now on."""
    former_owner = update(IdentityRow).where(*_others_with_handle(row, handle))
    session.exec(former_owner.values(handle="", handle_folded=""))
    row.handle, row.handle_folded = handle, handle.casefold()


def read_identity(row: IdentityRow) -> Identity:
    """Read who it is."""
    return Identity(row.platform, row.workspace, row.external_id)


def read_link(row: IdentityRow, link: LinkRow) -> Link:
    """Read whom an identity is linked to."""
    person = read_person(link)
    return Link(read_identity(row), person.portal, person.recipient, row.handle)


def read_person(row: LinkRow | LinkChangeRow) -> Located:
    """Read the Bitrix24 person in a row."""
    recipient = Recipient(BitrixUserId(row.bitrix_user_id), row.recipient_name)
    return Located(PortalId(row.portal_id), recipient)


def _others_with_handle(row: IdentityRow, handle: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(IdentityRow.platform) == row.platform,
        col(IdentityRow.workspace) == row.workspace,
        col(IdentityRow.handle_folded) == handle.casefold(),
        col(IdentityRow.handle_folded) != "",
        col(IdentityRow.id) != row.id,
    )

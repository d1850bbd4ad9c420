"""Codes that prove whom an identity belongs to; only their hashes are here, and not for long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, update
from sqlmodel import col, select

from bridge.people.identity import BitrixUserId, Located, PortalId, Recipient
from bridge.people.linking import (
    LIFETIME,
    MOST_TRIES,
    WINDOW,
    NewLink,
    OpenedCode,
    Proof,
    SentCode,
    Tried,
    next_code_at,
)
from storage.identities import find_or_add_row, find_row, read_identity
from storage.links import make_link
from storage.tables import IdentityRow, LinkCodeRow, PortalRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from bridge.people.identity import Identity
    from storage.database import Database


class SqlLinkCodes:
    """``bridge.ports.LinkCodes`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def next_at(self, session: Session, identity: Identity) -> datetime | None:
        """Tell when an identity may ask for another code; None if it may now."""
        since = self._database.now() - WINDOW
        row = find_row(session, identity)
        if row is None:
            return None
        is_recent = col(LinkCodeRow.created_at) > since
        is_theirs = col(LinkCodeRow.identity_id) == row.id
        return next_code_at(_list_times(session, is_theirs, is_recent))

    @writes
    def open(
        self, session: Session, identity: Identity, person: Located | None, code_hash: str
    ) -> OpenedCode:
        """Keep a code for an identity, unless there were too many; it ends the one before."""
        now = self._database.now()
        session.exec(delete(LinkCodeRow).where(col(LinkCodeRow.created_at) <= now - WINDOW))
        row = find_or_add_row(session, identity)
        # On another machine somebody may be asking at the same moment: one waits for the other.
        session.refresh(row, with_for_update={"key_share": True})
        is_theirs = col(LinkCodeRow.identity_id) == row.id
        if again_at := next_code_at(_list_times(session, is_theirs)):
            return OpenedCode(again_at=again_at)
        may_be_sent = person is not None and _may_get_more(session, person)
        session.exec(
            update(LinkCodeRow)
            .where(is_theirs, col(LinkCodeRow.ended_at).is_(None))
            .values(ended_at=now)
        )
        code = _make_row(row, person, code_hash if may_be_sent else "", now)
        session.add(code)
        session.flush()
        return OpenedCode(id=code.id, may_be_sent=may_be_sent)

    @writes
    def withdraw(self, session: Session, code_id: int) -> None:
        """Forget a code that could not be sent, as if it had never been asked for."""
        session.exec(delete(LinkCodeRow).where(col(LinkCodeRow.id) == code_id))

    @reads
    def find_open(self, session: Session, identity: Identity) -> SentCode | None:
        """Find the code that an identity can type now; None if there is none."""
        row = find_row(session, identity)
        if row is None:
            return None
        query = select(LinkCodeRow).where(LinkCodeRow.identity_id == row.id, *_is_open())
        code = session.exec(query.where(self._is_in_time())).one_or_none()
        return SentCode(code.id, code.code_hash) if code else None

    @writes
    def use(self, session: Session, code_id: int, *, is_right: bool) -> Tried:
        """Count a try; a right one links the identity in the same transaction."""
        now = self._database.now()
        query = select(LinkCodeRow, IdentityRow).join(
            IdentityRow, col(IdentityRow.id) == col(LinkCodeRow.identity_id)
        )
        found = session.exec(
            query.where(LinkCodeRow.id == code_id, *_is_open(), self._is_in_time()).with_for_update(
                of=LinkCodeRow
            )
        )
        code, row = found.one_or_none() or (None, None)
        if code is None or row is None:
            return Tried()
        code.tries_left -= 1
        person = _read_person(code) if is_right else None
        if person or not code.tries_left:
            code.ended_at = now
        if person is None:
            return Tried(None, code.tries_left)
        identity = read_identity(row)
        make_link(session, NewLink(identity, person), Proof.CODE, str(identity), now)
        return Tried(person)

    def _is_in_time(self) -> ColumnElement[bool]:
        return col(LinkCodeRow.expires_at) > self._database.now()


def _is_open() -> tuple[ColumnElement[bool], ...]:
    return col(LinkCodeRow.ended_at).is_(None), col(LinkCodeRow.tries_left) > 0


def _may_get_more(session: Session, person: Located) -> bool:
    portal = select(PortalRow.id).where(PortalRow.id == person.portal)
    session.exec(portal.with_for_update(key_share=True))
    got = _list_times(
        session,
        col(LinkCodeRow.portal_id) == person.portal,
        col(LinkCodeRow.bitrix_user_id) == person.recipient.user_id,
        col(LinkCodeRow.code_hash) != "",
    )
    return next_code_at(got) is None


def _list_times(session: Session, *which: ColumnElement[bool]) -> Sequence[datetime]:
    query = select(LinkCodeRow.created_at).where(*which).order_by(col(LinkCodeRow.created_at))
    return session.exec(query).all()


def _make_row(
    row: IdentityRow, person: Located | None, code_hash: str, now: datetime
) -> LinkCodeRow:
    return LinkCodeRow(
        identity_id=row.id,
        portal_id=person.portal if person else None,
        bitrix_user_id=person.recipient.user_id if person else None,
        recipient_name=person.recipient.name if person else "",
        code_hash=code_hash,
        tries_left=MOST_TRIES,
        created_at=now,
        expires_at=now + LIFETIME,
    )


def _read_person(code: LinkCodeRow) -> Located | None:
    if code.portal_id is None or code.bitrix_user_id is None:
        return None
    recipient = Recipient(BitrixUserId(code.bitrix_user_id), code.recipient_name)
    return Located(PortalId(code.portal_id), recipient)

"""Links and the codes that prove them, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.people.identity import Located, Recipient, Sender
from bridge.people.linking import (
    LIFETIME,
    MOST_TRIES,
    WINDOW,
    LinkChange,
    OpenedCode,
    Proof,
    SentCode,
    Tried,
    next_code_at,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bridge.people.identity import BitrixUserId, Identity, PortalId
    from tests.fakes.stores import MemoryStores


@dataclass
class CodeRow:
    """A code that somebody has asked for."""

    id: int
    identity: Identity
    person: Located | None
    code_hash: str
    created_at: datetime
    tries_left: int = MOST_TRIES
    has_ended: bool = False


class MemoryLinks:
    """``Links`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def list_user_ids(self, portal: PortalId) -> Sequence[BitrixUserId]:
        linked = [who for where, who in self._stores.links.values() if where == portal]
        grouped = [
            member.recipient
            for group in await self._stores.groups.list_all(portal)
            for member in group.members
            if member.portal == portal
        ]
        return sorted({person.user_id for person in (*linked, *grouped)})

    async def link(
        self,
        identity: Identity,
        person: Located,
        *,
        proof: Proof,
        changed_by: str,
        handle: str = "",
    ) -> None:
        known = self._stores.senders.get(identity, Sender(identity))
        self._stores.people.keep(replace(known, handle=handle or known.handle))
        named = Recipient(person.recipient.user_id, person.recipient.name)
        portal, old = self._stores.links.get(identity, (None, named))
        if (portal, old.user_id) == (person.portal, named.user_id):
            self._stores.links[identity] = (person.portal, named)
            return
        await self.unlink(identity, changed_by=changed_by)
        self._stores.links[identity] = (person.portal, named)
        self._stores.changes.append(
            LinkChange(
                identity=identity,
                person=Located(person.portal, named),
                is_end=False,
                proof=proof,
                changed_by=changed_by,
                changed_at=self._stores.clock.now(),
            )
        )

    async def unlink(self, identity: Identity, *, changed_by: str) -> bool:
        if self._stores.links.pop(identity, None) is None:
            return False
        made = [change for change in self._stores.changes if change.identity == identity][-1]
        now = self._stores.clock.now()
        self._stores.changes.append(
            replace(made, is_end=True, changed_by=changed_by, changed_at=now)
        )
        return True

    async def was_ever_linked(self, identity: Identity) -> bool:
        return any(change.identity == identity for change in self._stores.changes)

    async def list_changes(
        self, limit: int, *, identity: Identity | None = None, user_id: BitrixUserId | None = None
    ) -> Sequence[LinkChange]:
        """What the database tells administrators."""
        changes = [
            change
            for change in reversed(self._stores.changes)
            if identity in {None, change.identity}
            and user_id in {None, change.person.recipient.user_id}
        ]
        return changes[:limit]


class MemoryLinkCodes:
    """``LinkCodes`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores
        self._rows: list[CodeRow] = []

    async def next_at(self, identity: Identity) -> datetime | None:
        since = self._stores.clock.now() - WINDOW
        theirs = [row for row in self._rows if row.identity == identity and row.created_at > since]
        return next_code_at([row.created_at for row in theirs])

    async def open(self, identity: Identity, person: Located | None, code_hash: str) -> OpenedCode:
        now = self._stores.clock.now()
        recent = [row for row in self._rows if row.created_at > now - WINDOW]
        theirs = [row for row in recent if row.identity == identity]
        if again_at := await self.next_at(identity):
            return OpenedCode(again_at=again_at)
        got = [row.created_at for row in recent if row.code_hash and _is_same(row.person, person)]
        may_be_sent = person is not None and next_code_at(got) is None
        for row in theirs:
            row.has_ended = True
        kept_hash = code_hash if may_be_sent else ""
        row = CodeRow(len(self._rows) + 1, identity, person, kept_hash, now)
        self._rows.append(row)
        return OpenedCode(id=row.id, may_be_sent=may_be_sent)

    async def withdraw(self, code_id: int) -> None:
        self._rows = [row for row in self._rows if row.id != code_id]

    async def find_open(self, identity: Identity) -> SentCode | None:
        for row in self._rows:
            if row.identity == identity and self._is_open(row):
                return SentCode(row.id, row.code_hash)
        return None

    async def use(self, code_id: int, *, is_right: bool) -> Tried:
        row = next((row for row in self._rows if row.id == code_id and self._is_open(row)), None)
        if row is None:
            return Tried()
        row.tries_left -= 1
        person = row.person if is_right else None
        row.has_ended = person is not None or not row.tries_left
        if person is None:
            return Tried(None, row.tries_left)
        changed_by = str(row.identity)
        await self._stores.linking.link(
            row.identity, person, proof=Proof.CODE, changed_by=changed_by
        )
        named = Recipient(person.recipient.user_id, person.recipient.name)
        return Tried(Located(person.portal, named))

    def _is_open(self, row: CodeRow) -> bool:
        is_in_time = row.created_at + LIFETIME > self._stores.clock.now()
        return is_in_time and not row.has_ended


def _is_same(one: Located | None, other: Located | None) -> bool:
    if one is None or other is None:
        return False
    return (one.portal, one.recipient.user_id) == (other.portal, other.recipient.user_id)

"""What administrators have allowed, besides the settings."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import delete
from sqlmodel import col, select

from bridge.people.permissions import Rule
from storage.tables import AccessRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from storage.database import Database


class Allowed(Struct, frozen=True, kw_only=True):
    """A rule as administrators see it.

    Attributes:
        who: a person or a workspace, as ``str(Rule)``.
        role: what it lets them do.
        allowed_by: who made it.
        allowed_at: when.
    """

    who: str
    role: str
    allowed_by: str
    allowed_at: datetime | None = None


class SqlAccess:
    """``bridge.ports.AccessRules`` in the database, and what administrators do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_rules(self) -> Sequence[Rule]:
        """List all rules."""
        return [_read(row) for row in await self._list()]

    async def list_allowed(self) -> Sequence[Allowed]:
        """List all rules, oldest first, and who made them."""
        return [
            Allowed(
                who=str(_read(row)),
                role=row.role,
                allowed_by=row.allowed_by,
                allowed_at=row.allowed_at,
            )
            for row in await self._list()
        ]

    @writes
    def allow(self, session: Session, rule: Rule, allowed_by: str) -> bool:
        """Make a rule; False if there is the same one already."""
        if session.exec(select(AccessRow).where(*_is(rule))).first():
            return False
        session.add(
            AccessRow(
                role=rule.role,
                platform=rule.platform,
                workspace=rule.workspace,
                external_id=rule.external_id,
                allowed_by=allowed_by,
                allowed_at=self._database.now(),
            )
        )
        return True

    @writes
    def deny(self, session: Session, rule: Rule) -> bool:
        """End a rule; False if there was none."""
        result = session.exec(delete(AccessRow).where(*_is(rule)))
        return result.rowcount == 1

    @reads
    def _list(self, session: Session) -> Sequence[AccessRow]:
        return session.exec(select(AccessRow).order_by(col(AccessRow.id))).all()


def _is(rule: Rule) -> tuple[ColumnElement[bool], ...]:
    return (
        col(AccessRow.role) == rule.role,
        col(AccessRow.platform) == rule.platform,
        col(AccessRow.workspace) == rule.workspace,
        col(AccessRow.external_id) == rule.external_id,
    )


def _read(row: AccessRow) -> Rule:
    return Rule(row.role, row.platform, row.workspace, row.external_id)

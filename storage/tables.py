"""The tables: portals, identities and their links, the inbox and the outbox.

Partial indices keep the work on what is open as cheap on a table of years as on a new one. Their
conditions compare with nothing but constants, because neither SQLite nor PostgreSQL can use such
an index for a query that compares the same column with a parameter alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import BigInteger, Index, Integer, MetaData, TextClause, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bridge.credential import PortalKind
from bridge.delivery.history import Happening
from bridge.delivery.state import State
from bridge.incoming import Incoming
from bridge.markup.nodes import Document
from bridge.people.identity import Platform
from bridge.people.permissions import Role
from bridge.replies.button import Button
from storage.columns import ButtonsJson, DocumentJson, IncomingJson, PlainText, words

_COUNT: Final = BigInteger().with_variant(Integer, "sqlite")
"""A number of a row among those that never end; SQLite counts its rows by nothing else."""


def _partial(name: str, *columns: str | TextClause, where: str) -> Index:
    condition = text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


class Row(SQLModel):
    """What all tables have in common: one metadata, and names for their constraints."""

    model_config = {"arbitrary_types_allowed": True}
    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class PortalRow(Row, table=True):
    """A Bitrix24 account.

    ``key`` outlives its credential: the host that a webhook is called at, or the ``member_id`` of a
    portal that our application is installed in; ``name`` is the host in both cases. ``credential``
    is encrypted, and NULL when the portal is not reached by one of ours. ``connected_at`` is when
    it was given to us, by whatever way; its renewals since then only count ``credential_version``.
    ``hold_told`` counts what administrators were told about a hold; it outlives the hold until they
    know that it has ended.
    """

    __tablename__ = "portals"

    id: int = Field(default=None, primary_key=True)
    key: str = Field(sa_type=PlainText, unique=True)
    name: str = Field(sa_type=PlainText)
    resume_at: datetime | None = None
    hold_code: str = Field(default="", sa_type=PlainText)
    held_at: datetime | None = None
    hold_told: int = 0
    bucket_level: float = 0.0
    bucket_at: datetime | None = None
    kind: PortalKind = Field(default=PortalKind.SETTINGS, sa_type=words(PortalKind))
    is_default: bool = False
    credential: str | None = Field(default=None, sa_type=PlainText)
    credential_version: int = 0
    renewing_until: datetime | None = None
    connected_at: datetime | None = None
    created_at: datetime


class IdentityRow(Row, table=True):
    """A person on a platform as last seen; ``seen_at`` is NULL until they type something."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("platform", "workspace", "external_id"),
        Index(None, "platform", "workspace", "handle_folded"),
    )

    id: int = Field(default=None, primary_key=True)
    platform: Platform = Field(sa_type=words(Platform))
    workspace: str = Field(sa_type=PlainText)
    external_id: str = Field(sa_type=PlainText)
    handle: str = Field(default="", sa_type=PlainText)
    handle_folded: str = Field(default="", sa_type=PlainText)
    display_name: str = Field(default="", sa_type=PlainText)
    seen_at: datetime | None = None
    refused_at: datetime | None = None


class LinkRow(Row, table=True):
    """Which Bitrix24 person an identity is, how that was proved, and by whom."""

    __tablename__ = "links"

    id: int = Field(default=None, primary_key=True)
    identity_id: int = Field(foreign_key="identities.id", unique=True)
    portal_id: int = Field(foreign_key="portals.id")
    bitrix_user_id: int = Field(sa_type=BigInteger)
    recipient_name: str = Field(sa_type=PlainText)
    proved_by: str = Field(sa_type=PlainText)
    linked_by: str = Field(sa_type=PlainText)
    linked_at: datetime


class LinkChangeRow(Row, table=True):
    """A link that was made or ended: what happened to an identity, and through whom."""

    __tablename__ = "link_changes"

    id: int = Field(default=None, primary_key=True)
    identity_id: int = Field(foreign_key="identities.id", index=True)
    portal_id: int = Field(foreign_key="portals.id")
    bitrix_user_id: int = Field(sa_type=BigInteger)
    recipient_name: str = Field(sa_type=PlainText)
    is_end: bool
    proved_by: str = Field(sa_type=PlainText)
    changed_by: str = Field(sa_type=PlainText)
    changed_at: datetime


class LinkCodeRow(Row, table=True):
    """A code that was sent to a Bitrix24 person, to prove that an identity is theirs.

    Only its hash is kept. ``ended_at`` is when it was used, used up, or replaced by a newer one.
    Somebody who asked for a code of an account that does not exist has a row, too, without a person
    and a hash, so that their tries tell them nothing.
    """

    __tablename__ = "link_codes"
    __table_args__ = (
        Index(None, "identity_id", "created_at"),
        Index(None, "portal_id", "bitrix_user_id", "created_at"),
    )

    id: int = Field(default=None, primary_key=True)
    identity_id: int = Field(foreign_key="identities.id")
    portal_id: int | None = Field(foreign_key="portals.id")
    bitrix_user_id: int | None = Field(sa_type=BigInteger)
    recipient_name: str = Field(sa_type=PlainText)
    code_hash: str = Field(sa_type=PlainText)
    tries_left: int
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


class GroupRow(Row, table=True):
    """A group of Bitrix24 people; its name is unique among those who share a portal."""

    __tablename__ = "groups"
    __table_args__ = (UniqueConstraint("portal_id", "name_folded"),)

    id: int = Field(default=None, primary_key=True)
    portal_id: int = Field(foreign_key="portals.id")
    name: str = Field(sa_type=PlainText)
    name_folded: str = Field(sa_type=PlainText)
    created_by: str = Field(sa_type=PlainText)
    created_at: datetime


class GroupMemberRow(Row, table=True):
    """A Bitrix24 person in a group."""

    __tablename__ = "group_members"
    __table_args__ = (UniqueConstraint("group_id", "portal_id", "bitrix_user_id"),)

    id: int = Field(default=None, primary_key=True)
    group_id: int = Field(foreign_key="groups.id", ondelete="CASCADE")
    portal_id: int = Field(foreign_key="portals.id")
    bitrix_user_id: int = Field(sa_type=BigInteger)
    recipient_name: str = Field(sa_type=PlainText)


class AccessRow(Row, table=True):
    """What an administrator has allowed: a person or a workspace to send, a person to administer.

    ``external_id`` is empty where everybody in a workspace is meant.
    """

    __tablename__ = "access_rules"
    __table_args__ = (UniqueConstraint("role", "platform", "workspace", "external_id"),)

    id: int = Field(default=None, primary_key=True)
    role: Role = Field(sa_type=words(Role))
    platform: Platform = Field(sa_type=words(Platform))
    workspace: str = Field(sa_type=PlainText)
    external_id: str = Field(default="", sa_type=PlainText)
    allowed_by: str = Field(sa_type=PlainText)
    allowed_at: datetime


class CommandRow(Row, table=True):
    """A command, from its acceptance until its person knows how it ended.

    Open while ``closed_at`` is NULL. From then on ``answer_due_at`` is when telling may be tried;
    NULL while there is nothing to tell that has not been told.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("platform", "workspace", "event_id"),
        _partial("ix_inbox_open", "id", where="closed_at IS NULL"),
        _partial("ix_inbox_open_sender", "sender", "id", where="closed_at IS NULL"),
        _partial(
            "ix_inbox_untold", "id", "platform", "answer_due_at", where="answer_due_at IS NOT NULL"
        ),
        Index("ix_inbox_sender", "sender", "received_at"),
    )

    id: int = Field(default=None, primary_key=True, sa_type=_COUNT)
    platform: Platform = Field(sa_type=words(Platform))
    workspace: str = Field(sa_type=PlainText)
    event_id: str = Field(sa_type=PlainText)
    sender: str = Field(sa_type=PlainText)
    incoming: Incoming = Field(sa_type=IncomingJson)
    received_at: datetime
    attempts: int = 0
    due_at: datetime | None = None
    closed_at: datetime | None = None
    reply: Document | None = Field(default=None, sa_type=DocumentJson)
    is_refused: bool = False
    buttons: tuple[Button, ...] = Field(default=(), sa_type=ButtonsJson)
    language: str = Field(default="", sa_type=PlainText)
    told_at: datetime | None = None
    told_waiting_at: datetime | None = None
    answer_id: str = Field(default="", sa_type=PlainText)
    answer_attempts: int = 0
    answer_due_at: datetime | None = None


class DeliveryRow(Row, table=True):
    """A notification on its way: waiting while ``finished_at`` is NULL.

    ``due_at`` is set while it is queued and NULL otherwise, so that what is being sent is found by
    the same index as what is due. ``received_at`` is when its command came, and ``trace`` what log
    lines about both have in common.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        _partial(
            "ix_outbox_waiting", "portal_id", "lane", "id", "due_at", where="finished_at IS NULL"
        ),
        _partial("ix_outbox_due", "portal_id", "due_at", where="finished_at IS NULL"),
        _partial(
            "ix_outbox_recipient",
            "portal_id",
            "bitrix_user_id",
            text("(due_at IS NOT NULL)"),
            "lane",
            "id",
            where="finished_at IS NULL",
        ),
        _partial("ix_outbox_given_up", "state", "id", where="state IN ('dead', 'failed')"),
    )

    id: int = Field(default=None, primary_key=True, sa_type=_COUNT)
    inbox_id: int | None = Field(default=None, sa_type=_COUNT, foreign_key="inbox.id", index=True)
    portal_id: int = Field(foreign_key="portals.id")
    bitrix_user_id: int = Field(sa_type=BigInteger)
    recipient_name: str = Field(sa_type=PlainText)
    message: str = Field(sa_type=PlainText)
    message_out: str = Field(sa_type=PlainText)
    tag: str = Field(sa_type=PlainText)
    sub_tag: str = Field(default="", sa_type=PlainText)
    attach: str = Field(default="", sa_type=PlainText)
    lane: int = 1
    is_system: bool = False
    state: State = Field(default=State.QUEUED, sa_type=words(State))
    attempts: int = 0
    trace: str = Field(default="", sa_type=PlainText)
    received_at: datetime | None = None
    queued_at: datetime
    due_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    code: str = Field(default="", sa_type=PlainText)
    is_possibly_doubled: bool = False
    portal_notification_id: int = Field(default=0, sa_type=BigInteger)


class DeliveryEventRow(Row, table=True):
    """What has happened to a delivery; a first attempt that succeeds leaves none."""

    __tablename__ = "delivery_events"

    id: int = Field(default=None, primary_key=True, sa_type=_COUNT)
    delivery_id: int = Field(
        sa_type=_COUNT, foreign_key="outbox.id", ondelete="CASCADE", index=True
    )
    happened_at: datetime
    what: Happening = Field(sa_type=words(Happening))
    attempt: int
    code: str = Field(default="", sa_type=PlainText)


class UpgradeRow(Row, table=True):
    """An upgrade of the tables to a revision, by a release of b24bridge.

    ``usable_from`` is the revision that code must know to work with them since.
    """

    __tablename__ = "upgrades"

    revision: str = Field(primary_key=True, sa_type=PlainText)
    usable_from: str = Field(sa_type=PlainText)
    release: str = Field(sa_type=PlainText)

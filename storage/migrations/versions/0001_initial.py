"""Portals, identities and their links, the inbox and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_portals()
    _create_identities()
    _create_links()
    _create_inbox()
    _create_outbox()


def downgrade() -> None:
    for table in ("outbox", "inbox", "links", "identities", "portals"):
        op.drop_table(table)


def _create_portals() -> None:
    op.create_table(
        "portals",
        sa.Column("id", sa.Integer, nullable=False),
        _text("key"),
        _text("name"),
        _time("resume_at"),
        _text("hold_code"),
        _time("created_at", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_portals"),
        sa.UniqueConstraint("key", name="uq_portals_key"),
    )


def _create_identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.Integer, nullable=False),
        _word("platform"),
        _text("workspace"),
        _text("external_id"),
        _text("handle"),
        _text("handle_folded"),
        _text("display_name"),
        _time("seen_at"),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.UniqueConstraint(
            "platform",
            "workspace",
            "external_id",
            name="uq_identities_platform_workspace_external_id",
        ),
    )
    op.create_index(
        "ix_identities_platform_workspace_handle_folded",
        "identities",
        ["platform", "workspace", "handle_folded"],
    )


def _create_links() -> None:
    op.create_table(
        "links",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("identity_id", sa.Integer, nullable=False),
        sa.Column("portal_id", sa.Integer, nullable=False),
        sa.Column("bitrix_user_id", sa.BigInteger, nullable=False),
        _text("recipient_name"),
        _text("proved_by"),
        _text("linked_by"),
        _time("linked_at", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("identity_id", name="uq_links_identity_id"),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name="fk_links_identity_id_identities"
        ),
        sa.ForeignKeyConstraint(["portal_id"], ["portals.id"], name="fk_links_portal_id_portals"),
    )


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer, nullable=False),
        _word("platform"),
        _text("workspace"),
        _text("event_id"),
        _text("sender"),
        _text("incoming"),
        _time("received_at", nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        _time("due_at"),
        _time("closed_at"),
        _text("reply", nullable=True),
        sa.Column("is_refused", sa.Boolean, nullable=False),
        _time("told_at"),
        _time("told_waiting_at"),
        _text("answer_id"),
        sa.Column("answer_attempts", sa.Integer, nullable=False),
        _time("answer_due_at"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint(
            "platform", "workspace", "event_id", name="uq_inbox_platform_workspace_event_id"
        ),
    )
    _create_partial("ix_inbox_open", "inbox", ["id"], where="closed_at IS NULL")
    _create_partial("ix_inbox_open_sender", "inbox", ["sender", "id"], where="closed_at IS NULL")
    _create_partial(
        "ix_inbox_untold",
        "inbox",
        ["platform", "answer_due_at"],
        where="answer_due_at IS NOT NULL",
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("inbox_id", sa.Integer, nullable=True),
        sa.Column("portal_id", sa.Integer, nullable=False),
        sa.Column("bitrix_user_id", sa.BigInteger, nullable=False),
        _text("recipient_name"),
        _text("message"),
        _text("message_out"),
        _text("tag"),
        _text("sub_tag"),
        _text("attach"),
        _word("state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _time("queued_at", nullable=False),
        _time("due_at"),
        _time("started_at"),
        _time("finished_at"),
        _text("code"),
        sa.Column("is_possibly_doubled", sa.Boolean, nullable=False),
        sa.Column("portal_notification_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name="fk_outbox_inbox_id_inbox"),
        sa.ForeignKeyConstraint(["portal_id"], ["portals.id"], name="fk_outbox_portal_id_portals"),
    )
    op.create_index("ix_outbox_inbox_id", "outbox", ["inbox_id"])
    _create_partial("ix_outbox_waiting", "outbox", ["portal_id", "id"], where="finished_at IS NULL")
    _create_partial("ix_outbox_due", "outbox", ["portal_id", "due_at"], where="finished_at IS NULL")
    _create_partial(
        "ix_outbox_recipient",
        "outbox",
        ["portal_id", "bitrix_user_id", "id"],
        where="finished_at IS NULL",
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _word(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(16), nullable=False)


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_partial(name: str, table: str, columns: list[str], *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)

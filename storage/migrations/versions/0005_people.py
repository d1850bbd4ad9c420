"""Proofs of links, groups, access; the buttons and the language of an answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_columns()
    _create_links()
    _create_groups()
    op.create_table(
        "access_rules",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("allowed_by", sa.Text, nullable=False),
        sa.Column("allowed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access_rules"),
        sa.UniqueConstraint(
            "role",
            "platform",
            "workspace",
            "external_id",
            name="uq_access_rules_role_platform_workspace_external_id",
        ),
    )


def downgrade() -> None:
    for name in ("access_rules", "group_members", "groups", "link_codes", "link_changes"):
        op.drop_table(name)
    op.drop_index("ix_inbox_sender", "inbox")
    for name in ("language", "buttons"):
        op.drop_column("inbox", name)
    op.drop_column("identities", "refused_at")


def _add_columns() -> None:
    # Each has a default of the database's own: an older bridge may still add rows.
    op.add_column("identities", sa.Column("refused_at", sa.DateTime(timezone=True)))
    for name in ("buttons", "language"):
        op.add_column("inbox", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_index("ix_inbox_sender", "inbox", ["sender", "received_at"])


def _create_links() -> None:
    op.create_table(
        "link_changes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("identity_id", sa.Integer, nullable=False),
        *_bitrix24_person(),
        sa.Column("is_end", sa.Boolean, nullable=False),
        sa.Column("proved_by", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_link_changes"),
        *_references("link_changes", identity_id="identities", portal_id="portals"),
    )
    op.create_index("ix_link_changes_identity_id", "link_changes", ["identity_id"])
    op.execute(
        "INSERT INTO link_changes (identity_id, portal_id, bitrix_user_id, recipient_name, is_end,"
        " proved_by, changed_by, changed_at) SELECT identity_id, portal_id, bitrix_user_id,"
        " recipient_name, false, proved_by, linked_by, linked_at FROM links"
    )
    op.create_table(
        "link_codes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("identity_id", sa.Integer, nullable=False),
        sa.Column("portal_id", sa.Integer),
        sa.Column("bitrix_user_id", sa.BigInteger),
        sa.Column("recipient_name", sa.Text, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("tries_left", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_link_codes"),
        *_references("link_codes", identity_id="identities", portal_id="portals"),
    )
    op.create_index(
        "ix_link_codes_identity_id_created_at", "link_codes", ["identity_id", "created_at"]
    )
    op.create_index(
        "ix_link_codes_portal_id_bitrix_user_id_created_at",
        "link_codes",
        ["portal_id", "bitrix_user_id", "created_at"],
    )


def _create_groups() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("portal_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_folded", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
        sa.UniqueConstraint("portal_id", "name_folded", name="uq_groups_portal_id_name_folded"),
        *_references("groups", portal_id="portals"),
    )
    op.create_table(
        "group_members",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("group_id", sa.Integer, nullable=False),
        *_bitrix24_person(),
        sa.PrimaryKeyConstraint("id", name="pk_group_members"),
        sa.UniqueConstraint(
            "group_id",
            "portal_id",
            "bitrix_user_id",
            name="uq_group_members_group_id_portal_id_bitrix_user_id",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
            name="fk_group_members_group_id_groups",
            ondelete="CASCADE",
        ),
        *_references("group_members", portal_id="portals"),
    )


def _bitrix24_person() -> tuple[sa.Column[int], sa.Column[int], sa.Column[str]]:
    return (
        sa.Column("portal_id", sa.Integer, nullable=False),
        sa.Column("bitrix_user_id", sa.BigInteger, nullable=False),
        sa.Column("recipient_name", sa.Text, nullable=False),
    )


def _references(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")
        for column, target in targets.items()
    ]

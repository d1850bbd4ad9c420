"""How each portal is reached: kind, encrypted credential, default."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Each has a default of the database's own: an older bridge may still add portals.
    for column in (
        sa.Column("kind", sa.String(16), nullable=False, server_default="settings"),
        sa.Column("is_default", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("credential", sa.Text),
        sa.Column("credential_version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("renewing_until", sa.DateTime(timezone=True)),
        sa.Column("connected_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("portals", column)


def downgrade() -> None:
    for name in (
        "connected_at",
        "renewing_until",
        "credential_version",
        "credential",
        "is_default",
        "kind",
    ):
        op.drop_column("portals", name)

"""Which upgrades there were, and from which revision on code can work with what came of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
usable_from = "0008"  # what came before does not look for this


def upgrade() -> None:
    op.create_table(
        "upgrades",
        sa.Column("revision", sa.Text, nullable=False),
        sa.Column("usable_from", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_upgrades"),
    )


def downgrade() -> None:
    op.drop_table("upgrades")

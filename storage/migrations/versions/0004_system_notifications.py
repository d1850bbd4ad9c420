"""Whether a notification is sent in the name of the portal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("is_system", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("outbox", column)


def downgrade() -> None:
    op.drop_column("outbox", "is_system")

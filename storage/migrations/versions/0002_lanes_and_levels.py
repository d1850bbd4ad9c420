"""Lanes in the outbox, and how full each portal's bucket was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OPEN = sa.text("finished_at IS NULL")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("lane", sa.Integer, nullable=False, server_default="1"))
    _index_waiting("portal_id", "lane", "id")
    op.add_column(
        "portals", sa.Column("bucket_level", sa.Float, nullable=False, server_default="0")
    )
    op.add_column("portals", sa.Column("bucket_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("portals", "bucket_at")
    op.drop_column("portals", "bucket_level")
    _index_waiting("portal_id", "id")
    op.drop_column("outbox", "lane")


def _index_waiting(*columns: str) -> None:
    op.drop_index("ix_outbox_waiting", "outbox")
    op.create_index(
        "ix_outbox_waiting", "outbox", columns, sqlite_where=_OPEN, postgresql_where=_OPEN
    )

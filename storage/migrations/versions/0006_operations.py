"""What administrators look at: the history of deliveries, how long a hold lasts, what is traced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Each has a default of the database's own: an older bridge may still add rows.
    op.add_column("outbox", sa.Column("trace", sa.Text, nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("received_at", sa.DateTime(timezone=True)))
    op.add_column("portals", sa.Column("held_at", sa.DateTime(timezone=True)))
    op.add_column("portals", sa.Column("hold_told", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "delivery_events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("delivery_id", sa.Integer, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_events"),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["outbox.id"],
            name="fk_delivery_events_delivery_id_outbox",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_delivery_events_delivery_id", "delivery_events", ["delivery_id"])


def downgrade() -> None:
    op.drop_table("delivery_events")
    for table, name in (
        ("portals", "hold_told"),
        ("portals", "held_at"),
        ("outbox", "received_at"),
        ("outbox", "trace"),
    ):
        op.drop_column(table, name)

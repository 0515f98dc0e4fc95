"""Hear what destinations say: of whom they unsubscribed, whose address bounced, what they deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

KNOWN = sa.text("remote_id IS NOT NULL")


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "inbound_messages",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_messages")),
    )
    op.create_index(op.f("ix_inbound_messages_heard_at"), "inbound_messages", ["heard_at"])
    op.create_table(
        "deleted_there",
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_deleted_there_lead_id")),
        sa.PrimaryKeyConstraint("lead_id", "recipient", name=op.f("pk_deleted_there")),
    )
    op.create_index("ix_deliveries_remote", "deliveries", ["remote_id"], sqlite_where=KNOWN, postgresql_where=KNOWN)


def downgrade() -> None:
    """Step down."""
    op.drop_index("ix_deliveries_remote", "deliveries")
    op.drop_table("deleted_there")
    op.drop_index(op.f("ix_inbound_messages_heard_at"), "inbound_messages")
    op.drop_table("inbound_messages")

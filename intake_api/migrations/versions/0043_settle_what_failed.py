"""Settle what failed by hand, and tell by mail that there is something to settle."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.add_column("deliveries", sa.Column("settled_by", sa.String(length=32), nullable=True))
    op.add_column("deliveries", sa.Column("settled_words", sa.String(length=200), nullable=True))
    op.add_column("alert_mails", sa.Column("destination", sa.String(length=40), nullable=True))
    op.add_column("alert_mails", sa.Column("reason", sa.String(length=64), nullable=True))
    op.create_table(
        "parked_alerts",
        sa.Column("destination", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("destination", "reason", name=op.f("pk_parked_alerts")),
    )


def downgrade() -> None:
    """Step down. What was settled by hand becomes a failure again, which the version before knows."""
    op.execute("UPDATE deliveries SET state = 'given_up' WHERE state IN ('by_hand', 'closed')")
    op.execute("DELETE FROM alert_mails WHERE destination IS NOT NULL")
    op.drop_table("parked_alerts")
    for table, column in (
        ("alert_mails", "reason"),
        ("alert_mails", "destination"),
        ("deliveries", "settled_words"),
        ("deliveries", "settled_by"),
    ):
        op.drop_column(table, column)

"""See how destinations fare: what waits, what was delivered, and what a person has to look at."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

INDEXES = (
    (
        "waiting",
        ["destination", "state", "created_at", "next_attempt_at"],
        "state IN ('queued', 'sending', 'retrying')",
    ),
    ("arrived", ["destination", "last_at"], "state = 'delivered'"),
    ("parked", ["parked_at", "id", "destination", "last_reason"], "parked_at IS NOT NULL"),
)


def upgrade() -> None:
    """Step up. What failed and was not tried again waits for a person from the moment it failed."""
    op.add_column("deliveries", sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE deliveries SET parked_at = last_at WHERE state IN ('refused', 'given_up', 'blocked')"
        " AND EXISTS (SELECT 1 FROM leads WHERE leads.id = deliveries.lead_id AND leads.state = 'delivery_failed')"
        " AND NOT EXISTS (SELECT 1 FROM deliveries AS later WHERE later.lead_id = deliveries.lead_id"
        " AND later.created_at > deliveries.created_at)"
    )
    for name, columns, where in INDEXES:
        only = sa.text(where)
        op.create_index(f"ix_deliveries_{name}", "deliveries", columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    """Step down."""
    for name, _, _ in INDEXES:
        op.drop_index(f"ix_deliveries_{name}", "deliveries")
    op.drop_column("deliveries", "parked_at")

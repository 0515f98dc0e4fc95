"""Keep apart when somebody opened a lead and when its page was last seen to be open."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up. What was looked at before is forgotten: it would count for minutes only."""
    op.execute("DELETE FROM lead_looks")
    op.add_column("lead_looks", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("lead_looks") as lead_looks:
        lead_looks.alter_column("seen_at", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    """Step down."""
    with op.batch_alter_table("lead_looks") as lead_looks:
        lead_looks.drop_column("seen_at")

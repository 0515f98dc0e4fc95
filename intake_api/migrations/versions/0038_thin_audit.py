"""Thin out after a year what the evidence says of who looked, came and went."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.add_column("evidence", sa.Column("thinned_by", sa.String(length=32), nullable=True))


def downgrade() -> None:
    """Step down."""
    op.drop_column("evidence", "thinned_by")

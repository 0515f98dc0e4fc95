"""Speak to each person of the staff in the language they chose."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.add_column("staff", sa.Column("language", sa.String(length=8), nullable=True))


def downgrade() -> None:
    """Step down."""
    op.drop_column("staff", "language")

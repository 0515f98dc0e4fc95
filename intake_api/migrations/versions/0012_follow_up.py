"""Say by when somebody who was not content is to hear from a person."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.add_column("leads", sa.Column("follow_up_by", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Step down."""
    op.drop_column("leads", "follow_up_by")

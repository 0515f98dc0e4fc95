"""Say of a lead why it is held."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.add_column("leads", sa.Column("held_for", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Step down. A lead that is held becomes one to decide: nothing is lost, and no mail went out for it."""
    op.execute("UPDATE leads SET state = 'new' WHERE state = 'held'")
    op.drop_column("leads", "held_for")

"""Keep answered presentations only: what was shown travels with the form as a signed id."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WITHOUT_ROW_IDS = {"sqlite_with_rowid": False}


def upgrade() -> None:
    """Step up. Forms open in a browser at this moment are shown anew."""
    op.execute("DELETE FROM presentations WHERE outcome = 'open'")
    op.drop_index(op.f("ix_presentations_outcome_expires_at"), "presentations")
    with op.batch_alter_table("presentations", table_kwargs=WITHOUT_ROW_IDS) as presentations:
        presentations.drop_column("expires_at")
        presentations.alter_column("decided_at", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    """Step down. The end of an answered presentation proves nothing; it gets the time of its answer."""
    with op.batch_alter_table("presentations", table_kwargs=WITHOUT_ROW_IDS) as presentations:
        presentations.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        presentations.alter_column("decided_at", existing_type=sa.DateTime(timezone=True), nullable=True)
    op.execute("UPDATE presentations SET expires_at = decided_at")
    with op.batch_alter_table("presentations", table_kwargs=WITHOUT_ROW_IDS) as presentations:
        presentations.alter_column("expires_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.create_index(op.f("ix_presentations_outcome_expires_at"), "presentations", ["outcome", "expires_at"])

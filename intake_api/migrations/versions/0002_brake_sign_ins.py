"""Brake sign-ins, and let a printed password be used once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "sign_in_tries",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_tries")),
    )
    op.create_index(op.f("ix_staff_sessions_staff_id"), "staff_sessions", ["staff_id"], unique=False)
    with op.batch_alter_table("staff") as staff:
        staff.add_column(sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Step down."""
    with op.batch_alter_table("staff") as staff:
        staff.drop_column("spent_at")
    op.drop_index(op.f("ix_staff_sessions_staff_id"), "staff_sessions")
    op.drop_table("sign_in_tries")

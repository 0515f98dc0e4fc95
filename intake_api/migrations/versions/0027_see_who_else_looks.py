"""See who else has a lead open: one row for each of the staff, for some minutes."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "lead_looks",
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_looks_lead_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_lead_looks_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_lead_looks")),
    )
    op.create_index(op.f("ix_lead_looks_lead_id"), "lead_looks", ["lead_id"])


def downgrade() -> None:
    """Step down."""
    op.drop_table("lead_looks")

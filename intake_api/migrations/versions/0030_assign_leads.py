"""Give leads to people of the staff, and tell them by mail."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

WAITS = sa.text("next_attempt_at IS NOT NULL")
ASSIGNED = sa.text("assigned_to IS NOT NULL")


def upgrade() -> None:
    """Step up."""
    op.add_column("leads", sa.Column("assigned_to", sa.String(length=32), nullable=True))
    op.create_index(
        op.f("ix_leads_assigned_to_received_at_id"),
        "leads",
        ["assigned_to", "received_at", "id"],
        sqlite_where=ASSIGNED,
        postgresql_where=ASSIGNED,
    )
    op.create_table(
        "assignment_mails",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reason", sa.String(length=64), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_assignment_mails_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_mails")),
    )
    op.create_index(op.f("ix_assignment_mails_staff_id_made_at"), "assignment_mails", ["staff_id", "made_at"])
    op.create_index(
        op.f("ix_assignment_mails_next_attempt_at"),
        "assignment_mails",
        ["next_attempt_at"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )


def downgrade() -> None:
    """Step down."""
    op.drop_table("assignment_mails")
    op.drop_index(op.f("ix_leads_assigned_to_received_at_id"), table_name="leads")
    op.drop_column("leads", "assigned_to")

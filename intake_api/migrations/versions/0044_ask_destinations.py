"""Ask destinations: would they take a lead, and do they hold this one."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "destination_questions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(32), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destination", sa.String(40), nullable=False),
        sa.Column("recipient", sa.String(64), nullable=False),
        sa.Column("lead_id", sa.String(32), nullable=True),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(24), nullable=True),
        sa.Column("reason", sa.String(64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("remote_id", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destination_questions")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_destination_questions_lead_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_destination_questions_asked_by")),
    )
    for columns in (["lead_id", "asked_at"], ["state", "next_attempt_at"]):
        op.create_index(f"ix_destination_questions_{'_'.join(columns)}", "destination_questions", columns)


def downgrade() -> None:
    """Step down."""
    op.drop_table("destination_questions")

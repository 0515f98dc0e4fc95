"""Act on many leads at once."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

WAITS = sa.text("next_attempt_at IS NOT NULL")


def upgrade() -> None:
    """Step up."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "bulk_jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("given_to", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("begun_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("stopped_for", sa.String(length=16), nullable=True),
        sa.Column("cut", sa.String(length=16), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("next_attempt_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_bulk_jobs_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_jobs")),
    )
    op.create_index(
        op.f("ix_bulk_jobs_next_attempt_at"),
        "bulk_jobs",
        ["next_attempt_at"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )
    op.create_index(op.f("ix_bulk_jobs_staff_id_made_at"), "bulk_jobs", ["staff_id", "made_at"])
    op.create_index(op.f("ix_bulk_jobs_made_at"), "bulk_jobs", ["made_at"])
    op.create_table(
        "bulk_job_leads",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["bulk_jobs.id"], name=op.f("fk_bulk_job_leads_job_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_bulk_job_leads_lead_id")),
        sa.PrimaryKeyConstraint("job_id", "place", name=op.f("pk_bulk_job_leads")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_bulk_job_leads_lead_id"), "bulk_job_leads", ["lead_id"])


def downgrade() -> None:
    """Step down."""
    op.drop_table("bulk_job_leads")
    op.drop_table("bulk_jobs")

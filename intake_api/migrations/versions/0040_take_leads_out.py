"""Take leads out as files."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "lead_exports",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("asked_of", sa.JSON(), nullable=False),
        sa.Column("shape", sa.String(length=16), nullable=True),
        sa.Column("words", sa.String(length=200), nullable=True),
        sa.Column("asked_at", moment, nullable=True),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("ready_at", moment, nullable=True),
        sa.Column("gone_at", moment, nullable=True),
        sa.Column("gone_for", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["bulk_jobs.id"], name=op.f("fk_lead_exports_job_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_lead_exports")),
    )
    op.create_table(
        "lead_export_lines",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["lead_exports.job_id"], name=op.f("fk_lead_export_lines_job_id")),
        sa.PrimaryKeyConstraint("job_id", "place", name=op.f("pk_lead_export_lines")),
    )


def downgrade() -> None:
    """Step down. Files go, and so do the acts that made them, which the version before does not know."""
    op.drop_table("lead_export_lines")
    op.drop_table("lead_exports")
    made = "SELECT id FROM bulk_jobs WHERE act = 'export'"
    op.execute(f"DELETE FROM bulk_job_leads WHERE job_id IN ({made})")  # noqa: S608 - our own words
    op.execute("DELETE FROM bulk_jobs WHERE act = 'export'")

"""Merge leads of one person."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "lead_merges",
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("into_id", sa.String(length=32), nullable=False),
        sa.Column("into_version", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("delete_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("into_delete_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_set", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_merges_lead_id")),
        sa.ForeignKeyConstraint(["into_id"], ["leads.id"], name=op.f("fk_lead_merges_into_id")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_merges")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_lead_merges_into_id"), "lead_merges", ["into_id"])


def downgrade() -> None:
    """Step down."""
    stood = "SELECT state FROM lead_merges WHERE lead_id = leads.id"
    op.execute(f"UPDATE leads SET state = ({stood}) WHERE state = 'merged'")  # noqa: S608 nothing comes from outside
    op.drop_table("lead_merges")

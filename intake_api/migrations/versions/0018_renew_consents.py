"""Renew consents: people are asked again by mail, and say yes on another notice than their lead's."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WAITS = sa.text("next_attempt_at IS NOT NULL")


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "renewals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reason", sa.String(length=64), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_renewals_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewals")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_renewals_lead_id"), "renewals", ["lead_id"])
    op.create_index(
        op.f("ix_renewals_next_attempt_at"),
        "renewals",
        ["next_attempt_at"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )
    op.add_column("decisions", sa.Column("notice_hash", sa.String(length=64), nullable=True))
    op.add_column("publications", sa.Column("asked_to", sa.String(length=32), nullable=True))
    op.add_column("publications", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Step down."""
    op.drop_column("publications", "asked_at")
    op.drop_column("publications", "asked_to")
    op.drop_column("decisions", "notice_hash")
    op.drop_table("renewals")

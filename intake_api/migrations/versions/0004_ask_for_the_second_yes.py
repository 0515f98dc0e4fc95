"""Ask for the second yes: confirmations."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "confirmations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reason", sa.String(length=64), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_confirmations_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_confirmations_lead_id"), "confirmations", ["lead_id"])
    for column, those in (
        ("next_attempt_at", "next_attempt_at IS NOT NULL"),
        ("made_at", "confirmed_at IS NULL AND ended_at IS NULL"),
    ):
        op.create_index(
            op.f(f"ix_confirmations_{column}"),
            "confirmations",
            [column],
            sqlite_where=sa.text(those),
            postgresql_where=sa.text(those),
        )


def downgrade() -> None:
    """Step down."""
    op.drop_table("confirmations")

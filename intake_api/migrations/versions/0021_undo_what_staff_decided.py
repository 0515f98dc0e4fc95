"""Undo what staff decided: how a lead stood before each act that can still be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "lead_moves",
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decline_reason", sa.String(length=40), nullable=True),
        sa.Column("held_for", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("delete_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_set", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_moves_lead_id")),
        sa.PrimaryKeyConstraint("lead_id", "version", name=op.f("pk_lead_moves")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Step down: the states that came with it become what they were nearest to."""
    op.drop_table("lead_moves")
    nearest = {"contacted": "new", "spam": "held", "withdrawn": "new"}
    for state, before in nearest.items():
        moved = sa.text("UPDATE leads SET state = :before WHERE state = :state")
        op.execute(moved.bindparams(before=before, state=state))

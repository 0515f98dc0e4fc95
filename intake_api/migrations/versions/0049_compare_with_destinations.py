"""Compare what we believe with what a destination holds."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "comparisons",
        sa.Column("destination", sa.String(length=40), nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_for", sa.String(length=64), nullable=True),
        sa.Column("held_until", moment, nullable=True),
        sa.Column("place", sa.String(length=32), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("destination", name=op.f("pk_comparisons")),
    )
    op.create_table(
        "differences",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("destination", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("found_at", moment, nullable=False),
        sa.Column("repair_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_differences_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_differences")),
    )
    op.create_index(op.f("ix_differences_rank_found_at"), "differences", ["rank", "found_at"])
    only = sa.text("state = 'delivered' AND kind = 'upsert'")
    op.create_index(
        "ix_deliveries_compared", "deliveries", ["destination", "id"], sqlite_where=only, postgresql_where=only
    )


def downgrade() -> None:
    """Step down."""
    op.drop_index("ix_deliveries_compared", "deliveries")
    op.drop_table("differences")
    op.drop_table("comparisons")

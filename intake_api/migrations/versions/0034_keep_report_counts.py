"""Keep the numbers of reports by day. What is there is counted by the worker, batch by batch."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

REFUSED = sa.text("outcome = 'refused'")


def upgrade() -> None:
    """Step up. The doors stay open while it is counted: reports say until then that older leads are missing."""
    op.create_table(
        "report_counts",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("one", sa.String(length=64), nullable=False),
        sa.Column("two", sa.String(length=64), nullable=False),
        sa.Column("three", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "day", "one", "two", "three", name=op.f("pk_report_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counted_leads",
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("counted", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_counted_leads_lead_id")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_counted_leads")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filled_id", sa.String(length=32), nullable=True),
        sa.Column("is_filled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counting")),
    )
    op.execute(
        "INSERT INTO counting (id, position, is_filled) SELECT 1, COALESCE((SELECT MAX(position) FROM evidence), -1), "
        "NOT EXISTS (SELECT 1 FROM leads)"
    )
    op.create_index(
        op.f("ix_presentations_shown_at_notice_hash"),
        "presentations",
        ["shown_at", "notice_hash"],
        sqlite_where=REFUSED,
        postgresql_where=REFUSED,
    )


def downgrade() -> None:
    """Step down."""
    op.drop_index(op.f("ix_presentations_shown_at_notice_hash"), table_name="presentations")
    op.drop_table("counting")
    op.drop_table("counted_leads")
    op.drop_table("report_counts")

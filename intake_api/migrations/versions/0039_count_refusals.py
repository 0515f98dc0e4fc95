"""Count refusals by day as well, and let go of the index that they were counted by."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

REFUSED = sa.text("outcome = 'refused'")


def upgrade() -> None:
    """Step up. What was refused is counted here: one pass through the answered presentations."""
    day = "date(shown_at)" if _is_sqlite() else "(shown_at AT TIME ZONE 'UTC')::date"
    op.execute(
        "INSERT INTO report_counts (kind, day, one, two, three, number) "  # noqa: S608 - our own names
        f"SELECT 'refused', {day}, notice_hash, '', '', COUNT(*) FROM presentations "
        f"WHERE outcome = 'refused' GROUP BY {day}, notice_hash"
    )
    op.drop_index(op.f("ix_presentations_shown_at_notice_hash"), table_name="presentations")


def downgrade() -> None:
    """Step down."""
    op.create_index(
        op.f("ix_presentations_shown_at_notice_hash"),
        "presentations",
        ["shown_at", "notice_hash"],
        sqlite_where=REFUSED,
        postgresql_where=REFUSED,
    )
    op.execute("DELETE FROM report_counts WHERE kind = 'refused'")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"

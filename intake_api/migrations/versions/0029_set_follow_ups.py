"""Let staff set a follow-up, also after a first contact; getting in touch settles the one that a form asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

INDEX = "ix_leads_follow_up_by_id"
BEFORE, AFTER = "state = 'new'", "state IN ('new', 'contacted')"


def upgrade() -> None:
    """Step up. What was contacted already has nothing due from before; undone, it has again."""
    op.add_column("lead_moves", sa.Column("follow_up_by", sa.DateTime(timezone=True), nullable=True))
    of_lead = "SELECT follow_up_by FROM leads WHERE leads.id = lead_moves.lead_id"
    op.execute(f"UPDATE lead_moves SET follow_up_by = ({of_lead})")  # noqa: S608 - our own names
    op.execute("UPDATE leads SET follow_up_by = NULL WHERE state = 'contacted'")
    _index(AFTER)


def downgrade() -> None:
    """Step down."""
    _index(BEFORE)
    op.drop_column("lead_moves", "follow_up_by")


def _index(states: str) -> None:
    where = sa.text(f"{states} AND follow_up_by IS NOT NULL")
    op.drop_index(op.f(INDEX), table_name="leads")
    op.create_index(op.f(INDEX), "leads", ["follow_up_by", "id"], sqlite_where=where, postgresql_where=where)

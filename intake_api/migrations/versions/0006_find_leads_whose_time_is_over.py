"""Find leads whose time is over without going through all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HELD = sa.text("state <> 'erased'")


def upgrade() -> None:
    """Step up."""
    op.create_index(op.f("ix_leads_delete_after"), "leads", ["delete_after"], sqlite_where=HELD, postgresql_where=HELD)


def downgrade() -> None:
    """Step down."""
    op.drop_index(op.f("ix_leads_delete_after"), "leads")

"""Say by when a person must be told of a lead that staff wrote down for them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UNTOLD = "tell_by IS NOT NULL"


def upgrade() -> None:
    """Step up. Everybody until now saw the notice on a screen."""
    op.add_column("leads", sa.Column("tell_by", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        op.f("ix_leads_tell_by"),
        "leads",
        ["tell_by"],
        sqlite_where=sa.text(UNTOLD),
        postgresql_where=sa.text(UNTOLD),
    )


def downgrade() -> None:
    """Step down."""
    op.drop_index(op.f("ix_leads_tell_by"), table_name="leads")
    op.drop_column("leads", "tell_by")

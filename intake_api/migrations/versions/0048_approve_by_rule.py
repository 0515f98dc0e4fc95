"""Know which leads the rule of their form has done with."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "rule_approvals",
        sa.Column("lead_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_rule_approvals_lead_id")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_rule_approvals")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Step down."""
    op.drop_table("rule_approvals")

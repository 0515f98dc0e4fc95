"""Count the codes of campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "code_uses",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=64), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", "form", name=op.f("pk_code_uses")),
    )


def downgrade() -> None:
    """Step down."""
    op.drop_table("code_uses")

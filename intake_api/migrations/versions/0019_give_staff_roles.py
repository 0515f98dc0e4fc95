"""Give staff roles. Whoever reviewed goes on reviewing; the first account lets in the others."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

FIRST = "(SELECT id FROM staff ORDER BY created_at, id LIMIT 1)"


def upgrade() -> None:
    """Step up."""
    op.add_column("staff", sa.Column("roles", sa.JSON(), nullable=False, server_default='["reviewer"]'))
    op.execute(f"""UPDATE staff SET roles = '["administrator", "reviewer"]' WHERE id IN {FIRST}""")  # noqa: S608


def downgrade() -> None:
    """Step down."""
    op.drop_column("staff", "roles")

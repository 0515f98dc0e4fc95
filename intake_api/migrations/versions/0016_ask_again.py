"""Ask again: which purposes a publication changed so that an older yes does not count for them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up. What was published before changed nothing that anybody would have been asked again for."""
    op.add_column("publications", sa.Column("asks_again", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Step down."""
    op.drop_column("publications", "asks_again")

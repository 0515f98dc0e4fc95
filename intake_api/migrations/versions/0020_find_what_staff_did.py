"""Find what staff did: whoever looks after data protection asks who looked at what."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BY_STAFF = "by_staff IS NOT NULL"
ACTOR = {"sqlite": "json_extract(CAST(body AS TEXT), '$.{}')", "postgresql": "convert_from(body, 'UTF8')::json->>'{}'"}


def upgrade() -> None:
    """Step up."""
    op.add_column("evidence", sa.Column("by_staff", sa.String(length=32), nullable=True))
    said = ACTOR[op.get_bind().dialect.name]
    actor, about = said.format("actor"), said.format("staff")
    op.execute(
        f"UPDATE evidence SET by_staff = CASE WHEN {actor} LIKE 'staff:%' THEN substr({actor}, 7) "  # noqa: S608
        f"WHEN {actor} = 'operator' THEN 'operator' ELSE {about} END"
    )
    for columns in (["at", "id"], ["by_staff", "at", "id"]):
        name = op.f("ix_evidence_" + "_".join(columns))
        op.create_index(name, "evidence", columns, sqlite_where=sa.text(BY_STAFF), postgresql_where=sa.text(BY_STAFF))


def downgrade() -> None:
    """Step down."""
    op.drop_index(op.f("ix_evidence_by_staff_at_id"), table_name="evidence")
    op.drop_index(op.f("ix_evidence_at_id"), table_name="evidence")
    op.drop_column("evidence", "by_staff")

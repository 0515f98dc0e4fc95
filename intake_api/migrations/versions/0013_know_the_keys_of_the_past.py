"""Know the keys of the past, which key signed a checkpoint, and who outside has got it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CHECKPOINTS = "EVIDENCE_KEY"


def upgrade() -> None:
    """Step up. A table's key cannot be changed in place on SQLite, and this table has a handful of rows."""
    kept = _rows()
    op.drop_table("keyring")
    keyring = op.create_table(
        "keyring",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("name", "key_id", name=op.f("pk_keyring")),
    )
    op.bulk_insert(keyring, kept)
    op.add_column("evidence_checkpoints", sa.Column("key_id", sa.String(length=64), nullable=True))
    checkpoints = sa.table("evidence_checkpoints", sa.column("key_id"))
    signed_by = next((row["key_id"] for row in kept if row["name"] == CHECKPOINTS), None)
    op.execute(checkpoints.update().values(key_id=signed_by))
    op.create_table(
        "checkpoint_copies",
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_checkpoint_copies")),
    )


def downgrade() -> None:
    """Step down; the keys of the past are forgotten."""
    kept = [row for row in _rows("until") if row.pop("until") is None]
    op.drop_table("checkpoint_copies")
    op.drop_column("evidence_checkpoints", "key_id")
    op.drop_table("keyring")
    keyring = op.create_table(
        "keyring",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_keyring")),
    )
    op.bulk_insert(keyring, kept)


def _rows(*more: str) -> list[dict[str, object]]:
    columns = [sa.column("name"), sa.column("key_id"), sa.column("since", sa.DateTime(timezone=True))]
    keyring = sa.table("keyring", *columns, *(sa.column(name) for name in more))
    return [dict(row._mapping) for row in op.get_bind().execute(sa.select(keyring))]

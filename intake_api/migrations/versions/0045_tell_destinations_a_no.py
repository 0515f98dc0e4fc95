"""Tell destinations what they were not told until now, and note which rights case is waiting for it."""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up. What no connector could say is due at once; of a merge both leads say what counts in them now."""
    op.add_column("deliveries", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deliveries", sa.Column("fields", sa.JSON(), nullable=True))
    op.execute("UPDATE deliveries SET left_at = COALESCE(last_at, created_at) WHERE attempts > 0")
    only = sa.text("kind <> 'upsert'")
    columns = ["state", "next_attempt_at"]
    op.create_index("ix_deliveries_nos", "deliveries", columns, sqlite_where=only, postgresql_where=only)
    op.create_table(
        "case_deliveries",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.Column("lead_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_case_deliveries_delivery_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_case_deliveries_lead_id")),
        sa.PrimaryKeyConstraint("case_id", "delivery_id", name=op.f("pk_case_deliveries")),
    )
    op.create_index(op.f("ix_case_deliveries_delivery_id"), "case_deliveries", ["delivery_id"])
    op.create_index(op.f("ix_case_deliveries_lead_id"), "case_deliveries", ["lead_id"])
    _tell_of_merges()
    now = sa.bindparam("now", datetime.now(UTC), sa.DateTime(timezone=True))
    untold = sa.text("UPDATE deliveries SET state = 'retrying', next_attempt_at = :now WHERE state = 'untold'")
    op.execute(untold.bindparams(now))


def _tell_of_merges() -> None:
    """Add for the lead that stays what is noted for the one that was merged into it."""
    tx = op.get_bind()
    table = sa.Table("deliveries", sa.MetaData(), autoload_with=tx)
    merges = sa.table("lead_merges", sa.column("lead_id"), sa.column("into_id"))
    noted = sa.select(table, merges.c.into_id).join(merges, merges.c.lead_id == table.c.lead_id)
    for row in tx.execute(noted.where(table.c.state == "untold", table.c.kind == "merge")).mappings().all():
        of_stays = {column.name: row[column.name] for column in table.c}
        of_stays |= {"id": secrets.token_hex(16), "lead_id": row["into_id"], "kind": "update_consent"}
        tx.execute(table.insert().values(**of_stays))
    told = table.update().where(table.c.state == "untold", table.c.kind == "merge")
    tx.execute(told.values(kind="update_consent"))


def downgrade() -> None:
    """Step down."""
    op.execute("UPDATE deliveries SET state = 'untold' WHERE kind <> 'upsert' AND state IN ('queued', 'retrying')")
    op.drop_table("case_deliveries")
    op.drop_index("ix_deliveries_nos", "deliveries")
    op.drop_column("deliveries", "fields")
    op.drop_column("deliveries", "left_at")

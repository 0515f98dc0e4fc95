"""Answer what is permitted: uses are counted, a yes ends by itself, a restriction holds."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ENDING = sa.text("yes_ends_at IS NOT NULL")


def upgrade() -> None:
    """Step up."""
    op.create_table(
        "contact_uses",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_contact_uses_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_uses")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_contact_uses_lead_id_purpose"), "contact_uses", ["lead_id", "purpose"])
    op.create_index(op.f("ix_contact_uses_used_at"), "contact_uses", ["used_at"])
    op.add_column("leads", sa.Column("yes_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("leads", sa.Column("restricted_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lead_index", sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        op.f("ix_leads_yes_ends_at"), "leads", ["yes_ends_at"], sqlite_where=ENDING, postgresql_where=ENDING
    )
    # When it really is, the notice says: the worker reads it when it comes by.
    op.execute("UPDATE leads SET yes_ends_at = received_at WHERE state <> 'erased'")


def downgrade() -> None:
    """Step down."""
    op.drop_index(op.f("ix_leads_yes_ends_at"), "leads")
    op.drop_column("lead_index", "bounced_at")
    op.drop_column("leads", "restricted_until")
    op.drop_column("leads", "yes_ends_at")
    op.drop_table("contact_uses")

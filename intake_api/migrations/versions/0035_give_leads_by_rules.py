"""Give leads to teams by rules of the catalogue."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TAKEN_BY_NOBODY = sa.text("state = 'new' AND assigned_to IS NULL")


def upgrade() -> None:
    """Step up. The leads of those who were switched off before are taken out of their hand by the worker."""
    op.create_index(
        op.f("ix_leads_form_locale_received_at_id"),
        "leads",
        ["form", "locale", "received_at", "id"],
        sqlite_where=TAKEN_BY_NOBODY,
        postgresql_where=TAKEN_BY_NOBODY,
    )
    op.create_table(
        "team_members",
        sa.Column("team", sa.String(length=40), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_team_members_staff_id")),
        sa.PrimaryKeyConstraint("team", "staff_id", name=op.f("pk_team_members")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "staff_presence",
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_presence_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_presence")),
    )
    op.create_table(
        "leads_left_free",
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_leads_left_free_lead_id")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_leads_left_free")),
    )
    op.create_table(
        "staff_departures",
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_departures_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_departures")),
    )
    op.execute(sa.text("INSERT INTO staff_departures (staff_id) SELECT id FROM staff WHERE disabled_at IS NOT NULL"))


def downgrade() -> None:
    """Step down."""
    for table in ("staff_departures", "leads_left_free", "staff_presence", "team_members"):
        op.drop_table(table)
    op.drop_index(op.f("ix_leads_form_locale_received_at_id"), table_name="leads")

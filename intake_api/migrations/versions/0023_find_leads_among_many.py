"""Find leads among a million: an index for each order and filter, and counts that are kept instead of counted."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INDEXES: tuple[tuple[tuple[str, ...], str | None], ...] = (
    (("state", "received_at", "id"), None),
    (("received_at", "id"), None),
    (("state", "score", "received_at", "id"), None),
    (("score", "received_at", "id"), None),
    (("form", "received_at", "id"), None),
    (("channel", "received_at", "id"), None),
    (("locale", "received_at", "id"), None),
    (("source", "received_at", "id"), "source IS NOT NULL"),
    (("campaign", "received_at", "id"), "campaign IS NOT NULL"),
    (("respond_by", "id"), "state = 'new' AND respond_by IS NOT NULL"),
    (("follow_up_by", "id"), "state = 'new' AND follow_up_by IS NOT NULL"),
)
REPLACED = (("state", "received_at"), ("received_at",))
KINDS = "state, form, channel, locale"
OF_OLD = f"INSERT INTO lead_counts ({KINDS}, number) VALUES (OLD.state, OLD.form, OLD.channel, OLD.locale, -1);"  # noqa: S608 - our own names
OF_NEW = f"INSERT INTO lead_counts ({KINDS}, number) VALUES (NEW.state, NEW.form, NEW.channel, NEW.locale, 1);"  # noqa: S608 - our own names
SQLITE = {
    "lead_counts_added": f"AFTER INSERT ON leads WHEN NEW.restricted_until IS NULL BEGIN {OF_NEW} END",
    "lead_counts_removed": f"AFTER DELETE ON leads WHEN OLD.restricted_until IS NULL BEGIN {OF_OLD} END",
    "lead_counts_left": "AFTER UPDATE OF state, restricted_until ON leads "
    f"WHEN OLD.restricted_until IS NULL BEGIN {OF_OLD} END",
    "lead_counts_entered": "AFTER UPDATE OF state, restricted_until ON leads "
    f"WHEN NEW.restricted_until IS NULL BEGIN {OF_NEW} END",
}
POSTGRESQL = f"""
CREATE FUNCTION keep_lead_counts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP <> 'INSERT' THEN
    IF OLD.restricted_until IS NULL THEN {OF_OLD} END IF;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    IF NEW.restricted_until IS NULL THEN {OF_NEW} END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_lead_counts AFTER INSERT OR DELETE OR UPDATE OF state, restricted_until ON leads
FOR EACH ROW EXECUTE FUNCTION keep_lead_counts();
"""


def upgrade() -> None:
    """Step up. What came by which campaign is read from what was kept of it."""
    op.add_column("leads", sa.Column("source", sa.String(length=64), nullable=True))
    op.add_column("leads", sa.Column("campaign", sa.String(length=64), nullable=True))
    op.add_column("leads", sa.Column("respond_by", sa.DateTime(timezone=True), nullable=True))
    said = "json_extract(attribution, '$.{}')" if _is_sqlite() else "(attribution->>'{}')"
    source = f"COALESCE({said.format('source')}, {said.format('utm_source')})"
    op.execute(f"UPDATE leads SET source = {source}, campaign = {said.format('utm_campaign')}")  # noqa: S608 - our own
    for columns in REPLACED:
        op.drop_index(op.f(f"ix_leads_{'_'.join(columns)}"), table_name="leads")
    for names, where in INDEXES:
        partial: dict[str, Any] = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)} if where else {}
        op.create_index(op.f(f"ix_leads_{'_'.join(names)}"), "leads", list(names), **partial)
    op.create_table(
        "lead_counts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("form", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_counts")),
    )
    op.execute(
        f"INSERT INTO lead_counts ({KINDS}, number) "  # noqa: S608 - our own names
        f"SELECT {KINDS}, COUNT(*) FROM leads WHERE restricted_until IS NULL GROUP BY {KINDS}"
    )
    for sql in _triggers():
        op.execute(sql)


def downgrade() -> None:
    """Step down."""
    if _is_sqlite():
        for name in SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP TRIGGER keep_lead_counts ON leads")
        op.execute("DROP FUNCTION keep_lead_counts()")
    op.drop_table("lead_counts")
    for names, _ in INDEXES:
        op.drop_index(op.f(f"ix_leads_{'_'.join(names)}"), table_name="leads")
    for columns in REPLACED:
        op.create_index(op.f(f"ix_leads_{'_'.join(columns)}"), "leads", list(columns))
    for name in ("respond_by", "campaign", "source"):
        op.drop_column("leads", name)


def _triggers() -> list[str]:
    return [f"CREATE TRIGGER {name} {what}" for name, what in SQLITE.items()] if _is_sqlite() else [POSTGRESQL]


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"

"""Publish notices: which one is current, since when, by whom and why.

What was kept before is taken as published by the start that kept it.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up."""
    publications = op.create_table(
        "publications",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("notice_hash", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
        sa.ForeignKeyConstraint(["notice_hash"], ["notices.hash"], name=op.f("fk_publications_notice_hash")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_publications_form_locale_number"), "publications", ["form", "locale", "number"], unique=True
    )
    kept = sa.table(
        "notices",
        sa.column("hash", sa.String),
        sa.column("form", sa.String),
        sa.column("locale", sa.String),
        sa.column("kept_since", sa.DateTime(timezone=True)),
    )
    columns = (kept.c.hash, kept.c.form, kept.c.locale, kept.c.kept_since)
    counts: dict[tuple[str, str], int] = {}
    for row in op.get_bind().execute(sa.select(*columns).order_by(kept.c.kept_since)).all():
        place = (row.form, row.locale)
        counts[place] = counts.get(place, 0) + 1
        op.get_bind().execute(
            sa.insert(publications).values(
                id=uuid.uuid4().hex,
                form=row.form,
                locale=row.locale,
                number=counts[place],
                notice_hash=row.hash,
                published_at=row.kept_since,
                author="system",
                reason="kept before notices were published",
            )
        )


def downgrade() -> None:
    """Step down."""
    op.drop_table("publications")

"""Run by Alembic; the connection comes from `flows/migrate_store.py`."""

from alembic import context

from intake_api.store import tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.Table.metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
    include_name=lambda name, kind, _parents: kind != "table" or name in tables.Table.metadata.tables,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()

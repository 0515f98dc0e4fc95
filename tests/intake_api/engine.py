"""Eyes for the durable engine."""

from sqlalchemy import text

from intake_api.store.base import Store


def engine_holds(store: Store) -> list[tuple[str, str]]:
    """Return what the engine holds, as (id, status)."""
    table = "workflow_status" if store.url.startswith("sqlite") else "dbos.workflow_status"
    with store.reading() as tx:
        return [tuple(row) for row in tx.execute(text(f"SELECT workflow_uuid, status FROM {table}"))]  # noqa: S608

"""Bring the database to the schema of this version: our tables by Alembic, the durable engine's by itself."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from intake_api.store.base import Store

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def migrate_store(store: Store, *, to: str = "head") -> str | None:
    """Step the schema up to a revision (the newest by default) and return the revision it then has.

    :raises StoreUnavailable: the database is away or locked.
    """
    with store.writing() as tx:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = tx
        command.upgrade(config, to)
    return newest_revision() if to == "head" else to


@cache  # asked at each start and by each check of readiness; finding it loads every migration
def newest_revision() -> str | None:
    """Return the revision that this version of the program needs."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()

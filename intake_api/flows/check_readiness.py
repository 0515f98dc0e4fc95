"""Check that a running process can still do its work: the store answers, and is the one it was started on."""

from datetime import datetime

from alembic.migration import MigrationContext

from intake_api.flows.migrate_store import newest_revision
from intake_api.flows.open_store import key_ids
from intake_api.settings import Settings
from intake_api.store import keyring
from intake_api.store.base import Store


class NotReady(Exception):
    """The database has another schema or other keys than this process."""

    code = "not_ready"


def check_readiness(store: Store, settings: Settings, *, now: datetime) -> None:
    """Look, change nothing.

    :raises NotReady: schema or keys differ, as after a restore of another database.
    :raises StoreUnavailable: the database does not answer.
    """
    with store.reading() as tx:
        if MigrationContext.configure(tx).get_current_revision() != newest_revision():
            raise NotReady("The database has another schema than this process.")
        try:
            # Start-up made the database know every key, so nothing is left for this to write.
            keyring.check_keys(tx, key_ids(settings), now=now)
        except keyring.KeyMismatch as error:
            raise NotReady("The database was made with other keys than this process has.") from error

"""Open the store for a process: right schema, right keys, and the catalogue's notices published."""

from datetime import datetime
from secrets import token_bytes

from alembic.migration import MigrationContext

from intake_api.catalogue.model import Catalogue
from intake_api.flows.migrate_store import newest_revision
from intake_api.flows.publish_notices import publish_at_start
from intake_api.settings import Settings
from intake_api.store import keyring, notices
from intake_api.store.base import Store
from intake_api.store.signer import Signer
from intake_api.store.vault import Vault, key_id


class SchemaOutOfDate(Exception):
    """The database has another schema than this version; migrate before starting."""

    code = "schema_out_of_date"


class RecipientUnknown(Exception):
    """The configured destination belongs to no recipient that the catalogue's notices name (N-06)."""

    code = "recipient_unknown"


def open_store(settings: Settings) -> Store:
    """Open the database; nothing is read or written yet."""
    secrets = settings.secrets
    vault = Vault(
        secrets.master_key,
        secrets.index_key,
        older_master_keys=secrets.older_keys["MASTER_KEY"],
        older_index_keys=secrets.older_keys["INDEX_KEY"],
    )
    return Store(settings.database_url, vault)


def open_tables(settings: Settings) -> Store:
    """Open the database for who has no key to what is sealed in it: to migrate, to verify the evidence."""
    return Store(settings.database_url, Vault(token_bytes(32), token_bytes(32)))


def ready_store(
    store: Store, catalogue: Catalogue, settings: Settings, *, shows_notices: bool = True, now: datetime
) -> None:
    """Check that this process may work on this database, and publish the notices it will show.

    :param shows_notices: False for a process that shows none: it does not wait for what is not published yet.
    :raises SchemaOutOfDate: migrations are missing.
    :raises KeyMismatch: a key is not the one the database was made with; says which (SEC-47).
    :raises NoticeAltered: a kept notice was changed in the database (V-04).
    :raises RecipientUnknown: leads would go to a company that no notice names (N-06).
    :raises NoticesUnpublished: in production, the catalogue's notices differ from those that were published (V-09).
    """
    _need_recipient(catalogue, settings.destination_recipient)
    with store.writing() as tx:
        keyring.hold_start(tx)
        if MigrationContext.configure(tx).get_current_revision() != newest_revision():
            raise SchemaOutOfDate("The database has another schema. Run: python -m intake_api db upgrade")
        keyring.check_keys(tx, key_ids(settings), now=now, public=public_keys(settings))
        if altered := notices.altered_notices(tx):
            raise notices.NoticeAltered(f"The notice {altered[0]} was changed in the database. Restore it first.")
        if shows_notices:
            publish_at_start(tx, catalogue, in_production=settings.mode == "production", now=now)


def key_ids(settings: Settings) -> dict[str, list[str]]:
    """Return the ids of the keys that this process holds, by the setting they come from, newest first."""
    held = {name: (key, *settings.secrets.older_keys[name]) for name, key in settings.secrets.keys.items()}
    ids = {name: [key_id(key) for key in keys] for name, keys in held.items()}
    # What signs is known by its public half, which checkpoints and receipts can be checked with.
    return ids | {name: [key_id(_public(seed)) for seed in held[name]] for name in keyring.SIGNING if name in held}


def public_keys(settings: Settings) -> dict[str, bytes]:
    """Return the public halves of the keys that this process signs with, by id."""
    held = settings.secrets
    seeds = [(held.keys[name], *held.older_keys[name]) for name in keyring.SIGNING if name in held.keys]
    return {key_id(public): public for of_name in seeds for seed in of_name for public in [_public(seed)]}


def signer_of(settings: Settings, name: str) -> Signer:
    """Return what signs checkpoints (`keyring.CHECKPOINTS`) or receipts (`keyring.RECEIPTS`) in this process."""
    secrets = settings.secrets
    newest = secrets.evidence_key if name == keyring.CHECKPOINTS else secrets.receipt_key
    return Signer(newest, secrets.older_keys[name])


def _public(seed: bytes) -> bytes:
    return Signer(seed).public_key


def _need_recipient(catalogue: Catalogue, recipient: str) -> None:
    if not any(recipient in notice.recipients for notice in catalogue.notices.values()):
        known = ", ".join(sorted(catalogue.recipients))
        raise RecipientUnknown(f"VESTIBULE_DESTINATION_RECIPIENT is {recipient!r}, which no notice names: use {known}.")

"""Look at everything a door or the worker looks at before it works; one sentence says what is wrong.

A process of its own: what it imports would stay in the supervisor's memory for as long as the house runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.problems import CatalogueError
from intake_api.crm.registry import open_destination
from intake_api.crm.webhook import SecretInvalid
from intake_api.flows.open_store import RecipientUnknown, SchemaOutOfDate, open_store, ready_store
from intake_api.mail.registry import open_mailer
from intake_api.settings import SettingsError, read_settings
from intake_api.store.base import StoreUnavailable
from intake_api.store.keyring import KeyMismatch
from intake_api.store.notices import NoticeAltered

NO_START = (
    SettingsError,
    CatalogueError,
    SecretInvalid,
    RecipientUnknown,
    SchemaOutOfDate,
    KeyMismatch,
    NoticeAltered,
    StoreUnavailable,
)


def check_start(environ: Mapping[str, str]) -> None:
    """Open what the processes will open, with every key, and close it again. The database must be up to date.

    :raises SettingsError, CatalogueError, SecretInvalid, RecipientUnknown, SchemaOutOfDate, KeyMismatch, NoticeAltered,
        StoreUnavailable: a process would not start; the text is the sentence to show.
    """
    settings = read_settings(environ)
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    open_destination(settings, catalogue)
    open_mailer(settings, catalogue.organisation)
    store = open_store(settings)
    try:
        ready_store(store, catalogue, settings, now=settings.clock())
    finally:
        store.close()


def main() -> None:
    try:
        check_start(os.environ)
    except NO_START as error:
        sys.exit(f"vestibule: {error}")


if __name__ == "__main__":
    main()

"""Opening the house for one command on leads, deliveries or staff: settings, the catalogue, the store."""

import os
from dataclasses import dataclass
from datetime import datetime

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.flows.open_store import open_store, ready_store
from intake_api.settings import Settings, read_settings
from intake_api.store.base import Store


@dataclass(frozen=True)
class Opened:
    """What a command works with."""

    settings: Settings
    catalogue: Catalogue
    store: Store
    now: datetime


def opened(*, shows_notices: bool = False) -> Opened:
    """Open everything, ready for work.

    :param shows_notices: whether the notices of the catalogue are to be at hand, published as at a start.

    :raises SettingsError, CatalogueError, SchemaOutOfDate, KeyMismatch, NoticeAltered, StoreUnavailable: one sentence.
    """
    settings = read_settings(os.environ, "operate")
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    store = open_store(settings)
    now = settings.clock()
    ready_store(store, catalogue, settings, shows_notices=shows_notices, now=now)
    return Opened(settings, catalogue, store, now)

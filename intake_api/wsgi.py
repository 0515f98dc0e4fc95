"""The ways in for a web server: `intake_api.wsgi:public`, `:internal` and `:review`.

Each is made when the server asks for it, never at import. What is wrong with settings, catalogue or store ends the
process with one sentence and exit code 1.
"""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from intake_api import app, log
from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.problems import CatalogueError
from intake_api.flows.open_store import RecipientUnknown, SchemaOutOfDate, open_store, ready_store
from intake_api.flows.publish_notices import NoticesUnpublished
from intake_api.settings import SettingsError, read_settings
from intake_api.store.base import StoreUnavailable
from intake_api.store.keyring import KeyMismatch
from intake_api.store.notices import NoticeAltered
from intake_api.web.door import door_of
from intake_api.web.showing import keep_counting
from intake_api.web.words import WordsDiffer

CANNOT_OPEN = (
    SettingsError,
    CatalogueError,
    RecipientUnknown,
    SchemaOutOfDate,
    KeyMismatch,
    NoticeAltered,
    NoticesUnpublished,
    StoreUnavailable,
    WordsDiffer,
)
MAKERS = {
    "public": app.create_public_app,
    "internal": app.create_internal_app,
    "review": app.create_review_app,
}


def __getattr__(name: str) -> Flask:
    """Make the app of a door when the web server asks for it by name."""
    if name not in MAKERS:
        raise AttributeError(name)
    try:
        return make_door(name, os.environ)
    except CANNOT_OPEN as error:
        _stop(str(error))


def make_door(name: str, environ: Mapping[str, str]) -> Flask:
    """Read settings and catalogue, open the store and make the app of a door.

    :raises CANNOT_OPEN: one of these, with one sentence on what to do.
    """
    settings = read_settings(environ, name)
    log.start_logging()
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    store = open_store(settings)
    ready_store(store, catalogue, settings, now=settings.clock())
    log.event("door.opened", door=name)
    door = MAKERS[name](settings, catalogue, store, settings.clock)
    keep_counting(door_of(door))
    if settings.proxies:
        # Whose request it is, and no more: what a door is called and how it is reached say the settings (SEC-19).
        only_from = ProxyFix(door.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0)
        door.wsgi_app = only_from  # type: ignore[method-assign]
    return door


def _stop(sentence: str) -> NoReturn:
    print(f"vestibule: {sentence}", file=sys.stderr, flush=True)  # noqa: T201
    raise SystemExit(1)

"""The real doors over a real store, knocked at through their WSGI side."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import text

from intake_api.app import create_internal_app, create_public_app, create_review_app
from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock, migrated_database
from tests.intake_api.web.browsing import running_chromium, served
from tests.intake_api.web.channel_server import Channel, running_channel
from tests.intake_api.web.demo_page import PAGE
from tests.intake_api.web.html import Page, read_page

FIELDS = {"name": "Zane Example", "email": "zane@guest.example"}
READING = 20  # seconds a person takes
PERSONAL_TABLES = ("leads", "lead_index", "decisions", "subjects")

Post = Callable[..., Any]
Count = Callable[[], int]


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """SQLite, since a door is the same over both; `parametrize(…, indirect=True)` asks for PostgreSQL too."""
    with migrated_database(request, getattr(request, "param", "sqlite"), tmp_path) as url:
        yield url


@pytest.fixture
def public_app(settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock) -> Flask:
    return create_public_app(settings, catalogue, store, clock)


@pytest.fixture
def internal_app(settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock) -> Flask:
    return create_internal_app(settings, catalogue, store, clock)


@pytest.fixture
def review_app(settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock) -> Flask:
    """The review door on plain http, as in development; `queue` has made the engine's tables."""
    return create_review_app(settings, catalogue, store, clock)


@pytest.fixture
def public(public_app: Flask) -> FlaskClient:
    """A visitor's client."""
    return public_app.test_client()


@pytest.fixture
def internal(internal_app: Flask) -> FlaskClient:
    """A client of the internal door, without its token."""
    return internal_app.test_client()


@pytest.fixture
def service(settings: Settings) -> dict[str, str]:
    """The headers of the bot."""
    return {"Authorization": f"Bearer {settings.secrets.service_token}"}


@pytest.fixture
def submission(public: FlaskClient, clock: DrivenClock) -> dict[str, Any]:
    """What a visitor may send: a form that was shown and read, and answers that are enough."""
    shown = public.get("/v1/forms/request_demo").json
    assert shown
    clock.advance(seconds=READING)
    return {"presentation": shown["presentation"]["id"], "locale": "en", "fields": FIELDS, "decisions": {}}


@pytest.fixture
def shown(public: FlaskClient, clock: DrivenClock) -> Page:
    """The page of the demo form, shown and read."""
    page = read_page(public.get(PAGE).text)
    clock.advance(seconds=READING)
    return page


@pytest.fixture
def kept(store: Store) -> Count:
    """Count the rows that exist only when something of a person was kept."""

    def count() -> int:
        with store.reading() as tx:
            return sum(int(tx.scalar(text(f"SELECT COUNT(*) FROM {table}")) or 0) for table in PERSONAL_TABLES)  # noqa: S608

    return count


@pytest.fixture
def channel() -> Iterator[Channel]:
    """What plays Rasa, on loopback; a door talks to it when a test makes it so."""
    with running_channel() as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser. No longer than a module: while it runs, no other event loop can."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def address(public_app: Flask) -> Iterator[str]:
    """The public door on a real port."""
    with served(public_app) as where:
        yield where

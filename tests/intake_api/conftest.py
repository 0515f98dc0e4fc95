"""What the service's tests stand on: a real store on both databases, the real catalogue, a clock that can be driven."""

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.migration import MigrationContext

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.flows.migrate_store import migrate_store, newest_revision
from intake_api.flows.open_store import open_store, ready_store
from intake_api.queue import Queue, prepare_queue
from intake_api.settings import Settings, read_settings
from intake_api.store.base import Store
from tests.intake_api.crm.receiver import Receiver, answer, receiving
from tests.intake_api.postgres import PostgresServer, running_postgres
from tests.intake_api.reused_database import ReusedDatabase, reused_database

ROOT = Path(__file__).parent.parent.parent
SHARED = ROOT.parent / "shared"
PUBLIC_URL = "http://127.0.0.1:8080"


class DrivenClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        """Move the time on, as `timedelta` counts it, and return it."""
        self.now += timedelta(**by)
        return self.now


def random_secrets() -> dict[str, str]:
    """Return an environment with fresh secrets, as a first start makes them."""
    keys = ("MASTER_KEY", "INDEX_KEY", "EVIDENCE_KEY", "RECEIPT_KEY", "TOKEN_KEY")
    secrets = {f"VESTIBULE_{name}": base64.b64encode(os.urandom(32)).decode() for name in keys}
    tokens = {f"VESTIBULE_{name}": os.urandom(24).hex() for name in ("SERVICE_TOKEN", "GATEWAY_TOKEN")}
    return {**secrets, **tokens, "VESTIBULE_WEBHOOK_SECRET": "whsec_" + base64.b64encode(os.urandom(32)).decode()}


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL of our own, for the whole run."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating anew for each test would take most of the run."""
    file = tmp_path_factory.mktemp("migrated") / "vestibule.sqlite"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> Iterator[ReusedDatabase]:
    """A migrated PostgreSQL database, empty for each who asks: copying it for each test would take most of the run."""
    with postgres.fresh_database() as url:
        _migrate(url)
        with reused_database(postgres, url) as reused:
            yield reused


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database without a row: each test that asks for it runs on both.

    A test about one of them says `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    with migrated_database(request, request.param, tmp_path) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table, for tests of migrations and of starting."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/vestibule.sqlite"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.fresh_database() as url:
        yield url


@contextmanager
def migrated_database(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[str]:
    """Give the address of a migrated database of a kind that nobody else has."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "vestibule.sqlite")
        yield f"sqlite:///{folder}/vestibule.sqlite"
        return
    reused: ReusedDatabase = request.getfixturevalue("migrated_postgres")
    with reused.emptied() as url:
        yield url


def _migrate(url: str) -> None:
    with closing(open_store(read_settings({**random_secrets(), "VESTIBULE_DATABASE_URL": url}))) as store:
        migrate_store(store)
    prepare_queue(url)


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> dict[str, str]:
    """The environment of a process under test."""
    return {
        **random_secrets(),
        "VESTIBULE_MODE": "test",
        "VESTIBULE_DATABASE_URL": database_url,
        "VESTIBULE_CATALOGUE": str(ROOT / "catalogue"),
        "VESTIBULE_PUBLIC_URL": PUBLIC_URL,
        "VESTIBULE_DESTINATION_FILE": str(tmp_path / "crm" / "leads.jsonl"),
        "VESTIBULE_MAIL_FOLDER": str(tmp_path / "mail"),
        "VESTIBULE_CHECKPOINT_FILE": str(tmp_path / "evidence" / "checkpoints.jsonl"),
        "VESTIBULE_WEBHOOK_ALLOW_LOOPBACK": "1",
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """The settings of a process under test."""
    return read_settings(environment)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue that is shipped."""
    return load_catalogue(ROOT / "catalogue", PUBLIC_URL)


@pytest.fixture
def clock() -> DrivenClock:
    """The time of the test."""
    return DrivenClock()


@pytest.fixture
def store(settings: Settings, catalogue: Catalogue, clock: DrivenClock) -> Iterator[Store]:
    """A migrated store with the catalogue's notices in it; on both databases."""
    opened = open_store(settings)
    with opened.reading() as tx:
        is_migrated = MigrationContext.configure(tx).get_current_revision() == newest_revision()
    if not is_migrated:  # a test has an empty one of its own
        _migrate(settings.database_url)
    ready_store(opened, catalogue, settings, now=clock())
    yield opened
    opened.close()


@pytest.fixture
def queue(store: Store, settings: Settings) -> Iterator[Queue]:
    """The way into the durable engine, with the engine's tables beside the store's."""
    opened = Queue(settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook's other side on loopback, which takes everything until a test tells it otherwise."""
    with receiving(answer(204)) as running:
        yield running

"""What 100,000 waiting deliveries cost: the pages of the review door, and the worker's looks for what is due."""

import secrets
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text

from intake_api.app import create_review_app
from intake_api.catalogue.load import load_catalogue
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.flows.mend_deliveries import mend_deliveries
from intake_api.flows.open_store import open_store, ready_store
from intake_api.flows.seed_leads import seed_leads
from intake_api.queue import DELIVER_LEAD, TELL_DESTINATION, Queue
from intake_api.settings import Settings, read_settings
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryRow, DeliveryState
from intake_api.store.leads import LeadRow
from tests.bench.asking import signed_in, timed
from tests.processes import service_environment

LEADS, WAITING = 20_000, 100_000
BATCH = 5_000
PAGES = {"queue": "/", "queue, all": "/?state=all", "destinations": "/destinations", "parked": "/destinations/parked"}


def bench_backlog(url: str, folder: Path) -> dict[str, Any]:
    """Return the milliseconds of each page and round: without the backlog, with it, and when it is gone again."""
    settings = read_settings({**service_environment(folder, url), "VESTIBULE_MODE": "test"})
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    with closing(open_store(settings)) as store, closing(Queue(url)) as queue:
        ready_store(store, catalogue, settings, now=settings.clock())
        to = {"destination": settings.destination, "recipient": settings.destination_recipient}
        for _ in seed_leads(store, catalogue, count=LEADS, mode="test", now=settings.clock(), **to):
            pass
        app = create_review_app(replace(settings, review_url="http://localhost"), catalogue, store, settings.clock)
        client = app.test_client()
        client.set_cookie("vestibule", signed_in(store, settings))
        asked: dict[str, Callable[[], Any]] = {
            name: lambda path=path: client.get(path).get_data() for name, path in PAGES.items()
        }
        asked |= {
            f"what is due for {name}": lambda name=name: enqueue_due(store, queue, name, now=settings.clock())
            for name in (DELIVER_LEAD, TELL_DESTINATION)
        }
        asked["what broke"] = lambda: mend_deliveries(store, queue, now=settings.clock())

        def measured() -> dict[str, Any]:
            return {name: timed(repeat(ask)) for name, ask in asked.items()}

        figures = {"before": measured()}
        due = _let_wait(store, settings)
        figures["with"] = measured()
        _take_away(store, due)
        return {**figures, "after": measured()}


def _let_wait(store: Store, settings: Settings) -> datetime:
    """Write deliveries that wait for their next attempt, to be made in an hour; return when."""
    now = settings.clock()
    due = now + timedelta(hours=1)
    with store.reading() as tx:
        leads = list(tx.scalars(select(LeadRow.id).limit(LEADS)))
    for begin in range(0, WAITING, BATCH):
        with store.writing() as tx:
            _add(tx, [leads[number % len(leads)] for number in range(begin, begin + BATCH)], settings, due)
    _settle_down(store)
    return due


def _take_away(store: Store, due: datetime) -> None:
    with store.writing() as tx:
        tx.execute(delete(DeliveryRow).where(DeliveryRow.next_attempt_at == due))
    _settle_down(store)


def _settle_down(store: Store) -> None:
    """Do what the databases' own rounds do in the minutes after."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if store.url.startswith("sqlite") else "VACUUM ANALYZE"))


def _add(tx: Connection, lead_ids: list[str], settings: Settings, due: datetime) -> None:
    waiting = {
        "destination": settings.destination,
        "recipient": settings.destination_recipient,
        "kind": "upsert",
        "state": DeliveryState.RETRYING,
        "turn": 1,
        "attempts": 1,
        "next_attempt_at": due,
        "created_at": due - timedelta(hours=1),
    }
    tx.execute(insert(DeliveryRow), [{**waiting, "id": secrets.token_hex(16), "lead_id": one} for one in lead_ids])

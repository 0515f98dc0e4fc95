"""Deliveries a second: one worker against a bare loop that makes the same requests of the same CRM, a real Tryton.

The loop calls the connector and nothing else, from as many threads as a worker has in hands. Both take turns, and each
is taken from its first finished delivery to its last. A machine may be half as fast a minute later: what counts is the
worker against the loop just before and just after it, in the middle of all rounds.
"""

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.clock import system_clock
from intake_api.crm.port import Done, ParcelPurpose
from intake_api.crm.registry import open_destination
from intake_api.flows.open_store import open_store, ready_store
from intake_api.queue import Queue
from intake_api.settings import Settings, read_settings
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryRow, DeliveryState
from intake_api.worker import AT_ONCE
from tests.intake_api.crm.parcels import parcel
from tests.intake_api.crm.worlds.tryton_server import own_tryton
from tests.intake_api.kept_leads import approve, keep_lead
from tests.intake_api.worker_process import running_worker
from tests.ports import free_port
from tests.processes import service_environment, wait_until
from tests.weather.storm import OFFERS, tryton_settings

COUNT = 100
ROUNDS = 8
TO_REACH = 0.9


def bench_deliveries(database_url: str, folder: Path) -> dict[str, Any]:
    """Return the rates of both by round, in deliveries a second, and the median of their ratios."""
    crm = folder / "tryton"
    crm.mkdir()
    with own_tryton(crm, free_port()) as server:
        given = tryton_settings(folder, server.account(server.process.url))
        environment = service_environment(folder, database_url, **given)
        settings = read_settings(environment)
        catalogue = load_catalogue(settings.catalogue, settings.public_url)
        with closing(open_store(settings)) as store, closing(Queue(settings.database_url)) as queue:
            ready_store(store, catalogue, settings, now=settings.clock())
            bare, ours = [_bare(settings, catalogue, 0)], []
            for number in range(ROUNDS):
                _approve(store, queue, catalogue, number)
                with running_worker(environment, folder / f"worker-{number}.log"):
                    wait_until(lambda: _all_are_there(store))
                ours.append(_worked(store, number))
                bare.append(_bare(settings, catalogue, number + 1))
    ratios = [one / statistics.mean(beside) for one, *beside in zip(ours, bare, bare[1:], strict=False)]
    return {"bare": bare, "worker": ours, "ratio": round(statistics.median(ratios), 2)}


def _bare(settings: Settings, catalogue: Catalogue, round_number: int) -> float:
    destination = open_destination(settings, catalogue)
    offers = ParcelPurpose(OFFERS, "A6-1-a", "given", system_clock(), "page", "e2")

    def send(number: int) -> float:
        key = f"bare-{round_number}-{number}"
        one = parcel(key, name=f"Person {key}", email=f"{key}@bakery.example", Message="Please call.")
        one = replace(one, lead=key, purposes=(*one.purposes, offers))
        outcome = destination.send("upsert", one, now=system_clock())
        assert isinstance(outcome, Done), outcome
        return time.perf_counter()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return _rate(list(pool.map(send, range(COUNT))))


def _approve(store: Store, queue: Queue, catalogue: Catalogue, round_number: int) -> None:
    for number in range(COUNT):
        key = f"ours-{round_number}-{number}"
        typed = {"name": f"Person {key}", "email": f"{key}@bakery.example", "message": "Please call."}
        lead = keep_lead(store, catalogue, now=system_clock(), decisions={OFFERS: True}, **typed)
        approve(store, queue, lead, now=system_clock(), destination="tryton")


def _all_are_there(store: Store) -> bool:
    with store.reading() as tx:
        return not tx.scalar(select(DeliveryRow.id).where(DeliveryRow.state != DeliveryState.DELIVERED).limit(1))


def _worked(store: Store, round_number: int) -> float:
    with store.reading() as tx:
        ended: Sequence[datetime] = tx.scalars(select(DeliveryRow.last_at).order_by(DeliveryRow.last_at)).all()
    mine = ended[round_number * COUNT :]
    return _rate([one.timestamp() for one in mine])


def _rate(ended: Sequence[float]) -> float:
    return round((len(ended) - 1) / (max(ended) - min(ended)), 1)

"""What appending to the evidence costs a submission: at most 15 % (`submit_lead` with it and without, by turns).

One call after the other in one thread, by the processor time of that thread: other processes of the machine and its
disk do not count, and both take turns at every call, so that a noisy minute hits both. The whole request, with HTTP
around it, is about twice as much work, so of that the share is about half.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import text

from intake_api.catalogue.load import load_catalogue
from intake_api.flows.open_store import open_store, ready_store
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.settings import read_settings
from intake_api.store import evidence
from intake_api.store.base import Store
from tests.bench.submissions import FIELDS
from tests.processes import service_environment

CALLS = 1000  # of each
WARM = 100


def bench_evidence(folder: Path) -> dict[str, Any]:
    """Measure both on one SQLite database; return milliseconds of processor time, and by how much the first is more."""
    settings = read_settings(service_environment(folder, f"sqlite:///{folder}/evidence.sqlite"))
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    took: dict[str, list[float]] = {"with": [], "without": []}
    with closing(open_store(settings)) as store, closing(Queue(settings.database_url)) as queue:
        ready_store(store, catalogue, settings, now=settings.clock())

        def submit(number: int) -> float:
            key, now = settings.secrets.token_key, settings.clock()
            shown = show_form(store, catalogue, key, "request_demo", "en", "page", now=now)
            fields = {**FIELDS, "email": f"visitor{number}@sample.example"}
            decisions = {"newsletter": False, "product_offers": True}
            submission = Submission("request_demo", shown.signed_id, "en", fields, decisions, {})
            begun = time.thread_time()
            submit_lead(store, queue, catalogue, key, submission, now=now)
            return time.thread_time() - begun

        for number in range(CALLS + WARM):
            took["with"].append(submit(2 * number))
            with _no_evidence():
                took["without"].append(submit(2 * number + 1))
        _check_that_they_differed(store)
    medians = {name: statistics.median(times[WARM:]) * 1000 for name, times in took.items()}
    percent = (medians["with"] / medians["without"] - 1) * 100
    return {**{f"{name}_ms": round(median, 3) for name, median in medians.items()}, "percent": round(percent, 1)}


@contextmanager
def _no_evidence() -> Iterator[None]:
    with (
        patch.object(evidence, "add_entry", lambda *_, entry_id="", **__: entry_id),
        patch.object(evidence, "commit_to", lambda *_, **__: b""),
    ):
        yield


def _check_that_they_differed(store: Store) -> None:
    with store.reading() as tx:
        leads, entries = (
            tx.execute(text(query)).scalar_one()
            for query in (
                "SELECT COUNT(*) FROM leads",
                "SELECT COUNT(*) FROM evidence WHERE kind = 'submission.received'",
            )
        )
    if (leads, entries) != (2 * (CALLS + WARM), CALLS + WARM):
        raise RuntimeError(f"{leads} leads and {entries} entries: not what was to be measured")

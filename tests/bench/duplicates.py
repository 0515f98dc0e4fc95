"""How often the suggestion of a duplicate is right: a hundred pairs of leads of invented people, over a real store."""

from contextlib import closing
from pathlib import Path
from typing import Any

from intake_api.catalogue.load import load_catalogue
from intake_api.flows.migrate_store import migrate_store
from intake_api.flows.open_store import open_store, ready_store
from intake_api.queue import prepare_queue
from intake_api.settings import read_settings
from tests.intake_api.duplicate_pairs import PAIRS, judge
from tests.processes import service_environment


def bench_duplicates(folder: Path) -> dict[str, Any]:
    """Return precision and recall, and how those came about that were missed or wrongly suggested."""
    url = f"sqlite:///{folder}/duplicates.sqlite"
    settings = read_settings({**service_environment(folder, url), "VESTIBULE_MODE": "test"})
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    with closing(open_store(settings)) as store:
        migrate_store(store)
        prepare_queue(url)
        ready_store(store, catalogue, settings, now=settings.clock())
        judged = judge(store, catalogue, now=settings.clock())
    return {
        "pairs": PAIRS,
        "precision": round(judged.precision, 2),
        "recall": round(judged.recall, 2),
        "missed": dict(judged.missed),
        "wrong": dict(judged.wrong),
    }

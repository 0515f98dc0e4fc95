"""The doors, as their own tests make them, and the track on which races are run."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.open_store import open_store
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import everything_kept
from tests.intake_api.flows.rights import Office
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Track
from tests.intake_api.web.conftest import database_url, internal_app, kept, public, public_app, review_app, submission

__all__ = ["database_url", "internal_app", "kept", "public", "public_app", "review_app", "submission"]


@pytest.fixture
def people(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path) -> People:
    """The people who race."""
    queue.load()
    return People(store, queue, catalogue, clock, Office(store, queue, catalogue, clock, tmp_path / "mail"))


@pytest.fixture
def track(store: Store, settings: Settings, people: People) -> Iterator[Track]:
    """Two lanes; when all races are over, the evidence verifies and nothing of who was erased is left."""
    with closing(open_store(settings)) as one, closing(open_store(settings)) as other:
        yield Track(one, other)
    signer = Signer(settings.secrets.evidence_key)
    while sequence_evidence(store, signer, settings.checkpoint_file, now=people.now):
        pass
    assert verify_evidence(store, signer, settings.checkpoint_file).faults == []
    kept = everything_kept(store)
    assert [mark for mark in people.gone if mark.encode() in kept] == []

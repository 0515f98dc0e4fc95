"""What flows are tried in."""

from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.flows.deliveries import House
from tests.intake_api.flows.publishing import Press
from tests.intake_api.flows.rights import Office
from tests.intake_api.kept_leads import keep_lead


@pytest.fixture
def house(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, receiver: Receiver) -> House:
    """A house whose leads go to the receiver."""
    return House(store, queue, catalogue, clock, receiver.url)


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead that nobody has looked at yet."""
    return keep_lead(store, catalogue, now=clock())


@pytest.fixture
def office(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path) -> Office:
    """Where rights are asked for and links sent."""
    return Office(store, queue, catalogue, clock, tmp_path / "mail")


@pytest.fixture
def press(store: Store, clock: DrivenClock, tmp_path: Path) -> Press:
    """What changes and publishes notices."""
    return Press(store, clock, tmp_path)

"""What flows are tried in."""

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.flows.deliveries import House


@pytest.fixture
def house(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, receiver: Receiver) -> House:
    """A house whose leads go to the receiver."""
    return House(store, queue, catalogue, clock, receiver.url)

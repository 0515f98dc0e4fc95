"""The rate of a destination, kept by several real workers together."""

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.settings import SettingsError, read_settings
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.worker import AT_ONCE, limits_of
from tests.intake_api.conftest import random_secrets
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.test_worker import Place
from tests.processes import wait_until

LIMIT, PERIOD = 16, 2  # twelve of them for leads: more than one worker takes at once
FOR_LEADS = 12


@pytest.fixture
def place(
    environment: dict[str, str], tmp_path: Path, store: Store, queue: Queue, catalogue: Catalogue, receiver: Receiver
) -> Place:
    return Place(environment, tmp_path, store, queue, catalogue, receiver.url)


def starts_of(store: Store) -> list[tuple[int, str]]:
    """Return when the engine began each delivery, in milliseconds by the database's clock, and in which worker."""
    table = "workflow_status" if store.url.startswith("sqlite") else "dbos.workflow_status"
    query = f"SELECT started_at_epoch_ms, executor_id FROM {table} WHERE queue_name = 'deliver_lead'"  # noqa: S608
    with store.reading() as tx:
        return sorted((int(at), str(worker)) for at, worker in tx.execute(text(query)))


class TestRate:
    def test_two_workers_together_keep_it_and_deliver_each_once(self, place: Place, receiver: Receiver) -> None:
        both_at_it = threading.Event()

        def hold(handler: BaseHTTPRequestHandler) -> None:
            """Answer nobody until more came than one worker has hands for."""
            if len(receiver.ids()) > AT_ONCE:
                both_at_it.set()
            both_at_it.wait(60)
            answer(204)(handler)

        receiver.behaviour = hold
        wanted = place.approved(3 * FOR_LEADS)
        place.environment["VESTIBULE_DESTINATION_RATE"] = f"{LIMIT}/{PERIOD}s"
        with place.worker(), place.worker():
            wait_until(lambda: place.all_are(DeliveryState.DELIVERED))
        assert Counter(receiver.ids()) == dict.fromkeys(wanted, 1)
        starts = starts_of(place.store)
        assert len({worker for _, worker in starts}) == 2
        times = [at for at, _ in starts]
        most = max(sum(begin <= at < begin + 1000 * PERIOD for at in times) for begin in times)
        assert most <= FOR_LEADS


class TestSetting:
    @pytest.fixture(autouse=True)
    def database_url(self) -> str:
        return "sqlite:///none"

    def limits(self, **more: str) -> dict[str, tuple[int, float]]:
        environment = {**random_secrets(), "VESTIBULE_MODE": "test", **more}
        return {name: (one.limit, one.period) for name, one in limits_of(read_settings(environment)).items()}

    def test_leaves_room_for_those_that_tell_a_no(self) -> None:
        assert self.limits(VESTIBULE_DESTINATION_RATE="10/s") == {"deliver_lead": (8, 1), "tell_destination": (2, 1)}

    def test_has_a_default_where_a_vendor_limits_an_account(self) -> None:
        hubspot = {"VESTIBULE_DESTINATION": "hubspot", "VESTIBULE_CRM_URL": "https://api.crm.example"}
        assert self.limits(**hubspot, VESTIBULE_CRM_KEY="k" * 24)["deliver_lead"] == (15, 10)
        assert self.limits() == {}

    def test_is_refused_where_it_is_none(self) -> None:
        with pytest.raises(SettingsError, match="VESTIBULE_DESTINATION_RATE is '10'"):
            self.limits(VESTIBULE_DESTINATION_RATE="10")

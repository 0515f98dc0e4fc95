"""The doors with a worker behind them: what is sent is kept, what is asked for is mailed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_lead import approve_lead
from intake_api.flows.deliver import deliver
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import get_lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.flows.rights import Office
from tests.intake_api.web.conftest import READING
from tests.intake_api.web.my_data.asker import EMAIL, SUBMIT, Send, ask


@pytest.fixture
def office(
    store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, settings: Settings, tmp_path: Path
) -> Office:
    """What the worker does with the cases that the door opened."""
    made = Office(store, queue, catalogue, clock, tmp_path / "mail")
    made.key = settings.secrets.token_key
    return made


@pytest.fixture
def send(public: FlaskClient, clock: DrivenClock) -> Send:
    """Send a form through the API; return the reference."""

    def sent(email: str = EMAIL, decisions: dict[str, bool] | None = None, **fields: object) -> str:
        form = public.get("/v1/forms/request_demo").json
        assert form
        clock.advance(seconds=READING)
        body = {"presentation": form["presentation"]["id"], "locale": "en", "decisions": decisions or {}}
        answer = public.post(SUBMIT, json={**body, "fields": {"name": "Zane Example", "email": email, **fields}})
        assert answer.json
        return str(answer.json["reference"])

    return sent


@pytest.fixture
def link(public: FlaskClient, office: Office) -> Callable[..., str]:
    """Ask through the API, let the worker send, and return the path of the link in the mail."""

    def asked(kind: str, locale: str = "en", email: str = EMAIL) -> str:
        before, mailed = office.case_ids(), set(office.links())
        assert ask(public, kind, email, locale).status_code == 202
        (case_id,) = office.case_ids() - before
        office.attempt(office.case(case_id))
        (path,) = set(office.links()) - mailed
        return path

    return asked


@pytest.fixture
def delivered(store: Store, queue: Queue, clock: DrivenClock, receiver: Receiver) -> Callable[[str], None]:
    """Let a reviewer approve a lead and the webhook take it."""

    def go(reference: str) -> None:
        with store.reading() as tx:
            seen = get_lead(tx, reference).version
        made = approve_lead(
            store, queue, reference, destination="webhook", recipient="crm", seen_version=seen, staff_id="5" * 32,
            now=clock(),
        )  # fmt: skip
        deliver(store, webhook(receiver.url), made.id, made.turn, clock=clock)

    return go

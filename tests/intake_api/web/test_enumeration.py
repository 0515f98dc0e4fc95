"""Nobody finds out by trying whether an address is known (S-03): same answer, same headers, same work at the door.

Same time follows from same work; `python -m tests.bench enumeration` measures it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from intake_api.catalogue.model import Catalogue
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.restrict_by_link import restrict_by_link
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.lead_index import contact_token, mark_bounced
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import token_of
from tests.intake_api.flows.rights import Office
from tests.intake_api.kept_leads import keep_first_yes, keep_lead, receipt_of
from tests.intake_api.web.conftest import READING

KNOWN, UNKNOWN = "zane@guest.example", "anna@guest.example"
NOBODY = "0" * 32
SECRET = "A" * 32
MOVING = {"Date"}
MakeKnown = Callable[["Past"], None]


class Past:
    """What was between the house and a known address before."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, office: Office) -> None:
        self.store, self.queue, self.catalogue, self.clock, self.office = store, queue, catalogue, clock, office

    def lead(self) -> Lead:
        return keep_lead(self.store, self.catalogue, now=self.clock(), email=KNOWN)

    def unconfirmed(self) -> Lead:
        return keep_first_yes(self.store, self.queue, self.catalogue, now=self.clock(), email=KNOWN)

    def confirmed(self) -> Lead:
        lead = self.unconfirmed()
        confirm_decision(self.store, token_of(self.store, lead), now=self.clock())
        return lead

    def withdrawn(self) -> None:
        withdraw_by_receipt(self.store, receipt_of(self.confirmed()), None, now=self.clock())

    def restricted(self) -> None:
        self.lead()
        restrict_by_link(self.store, self.office.sent("restriction", KNOWN), lift=False, now=self.clock())

    def bounced(self) -> None:
        self.lead()
        with self.store.writing() as tx:
            mark_bounced(tx, contact_token(self.store.vault, "email", KNOWN), self.clock())


@pytest.fixture
def past(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Any) -> Past:
    return Past(store, queue, catalogue, clock, Office(store, queue, catalogue, clock, tmp_path / "mail"))


@pytest.fixture
def work(store: Store) -> Iterator[list[str]]:
    """Every statement that reaches the database, without its values."""
    seen: list[str] = []

    def note(statement: str) -> None:
        seen.append(re.split(r"VALUES|WHERE|SET", statement)[0])

    def watch(connection: Any, *_: object) -> None:
        connection.set_trace_callback(note)

    event.listen(store.engine, "checkout", watch)
    yield seen
    event.remove(store.engine, "checkout", watch)


class TestSendingAForm:
    @pytest.mark.parametrize("form", ["newsletter", "request_contact", "request_demo"])
    @pytest.mark.parametrize(
        "known", [Past.lead, Past.unconfirmed, Past.confirmed, Past.withdrawn, Past.restricted, Past.bounced]
    )
    def test_s03_c18_with_a_known_address_is_answered_and_kept_like_any_other(
        self, public: FlaskClient, past: Past, clock: DrivenClock, work: list[str], known: MakeKnown, form: str
    ) -> None:
        send(public, clock, form, "warm.up@guest.example")
        known(past)
        seen = [told(work, lambda email=email: send(public, clock, form, email)) for email in (KNOWN, UNKNOWN)]
        assert seen[0] == seen[1]
        assert seen[0][0] == 201
        assert any(statement.startswith("INSERT INTO leads") for statement in seen[0][3])


class TestGuessingAtReceipts:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/receipts/{}"),
            ("GET", "/v1/receipts/{}.jsonld"),
            ("POST", "/v1/receipts/{}/withdrawals"),
            ("POST", "/v1/receipts/{}/erasures"),
            ("GET", "/receipts/{}"),
        ],
    )
    def test_s03_sec45_the_id_of_a_lead_with_a_wrong_secret_is_like_none(
        self, public: FlaskClient, past: Past, work: list[str], method: str, path: str
    ) -> None:
        ids = [NOBODY, past.lead().id, NOBODY]
        seen = [told(work, lambda one=one: public.open(path.format(f"{one}-{SECRET}"), method=method)) for one in ids]
        assert seen[1] == seen[2]
        assert seen[1][0] == 404
        assert seen[1][3]


def send(public: FlaskClient, clock: DrivenClock, form: str, email: str) -> Any:
    shown = public.get(f"/v1/forms/{form}").json
    assert shown
    clock.advance(seconds=READING)
    opt_in = [one["id"] for one in shown["notice"]["purposes"] if one["control"] == "opt_in"]
    typed = {**{one["name"]: "Zane" for one in shown["fields"] if one["necessity"] == "required"}}
    body = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": {**typed, "email": email}}
    return public.post(f"/v1/forms/{form}/submissions", json={**body, "decisions": dict.fromkeys(opt_in, True)})


def told(work: list[str], ask: Callable[[], Any]) -> tuple[int, object, str, list[str]]:
    """Return all that could tell: status, headers, body with what is random masked by its length, and the work."""
    work.clear()
    answer = ask()
    headers = sorted((name, value) for name, value in answer.headers if name not in MOVING)
    body = re.sub(r"VB-\w{4}-\w{4}|[0-9a-f]{32}(-[\w-]{32})?", lambda found: "x" * len(found[0]), answer.text)
    return answer.status_code, headers, body, [*work]

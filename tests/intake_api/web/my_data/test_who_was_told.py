"""The person reads who was told of what they wanted, when, and who is still to be told (G-03, Article 19)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.flows.deliver import deliver
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.queue import TELL_DESTINATION, Queue
from intake_api.store.base import Store
from intake_api.store.deliveries import UNSETTLED
from intake_api.store.leads import Lead, get_lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.kept_leads import deliveries_now
from tests.intake_api.web.conftest import READING
from tests.intake_api.web.html import read_page
from tests.intake_api.web.my_data.asker import HTML, PRESSED, SUBMIT, YESES, Send, press

CRM = "Brightledger Example GmbH"
WAITS = ("waits", f"{CRM}, {{what}}: not told yet; we try until they confirm it")


@pytest.fixture
def tell(store: Store, queue: Queue, clock: DrivenClock, receiver: Receiver) -> Callable[[Lead], None]:
    """Tell the webhook what is due of a lead, an attempt each."""

    def told(lead: Lead) -> None:
        enqueue_due(store, queue, TELL_DESTINATION, now=clock())
        for one in deliveries_now(store, lead):
            if one.is_no and one.state in UNSETTLED:
                deliver(store, webhook(receiver.url), one.id, one.turn, clock=clock)

    return told


def who_was_told(answered: Any) -> list[tuple[str, str]]:
    lines = [one for one in read_page(answered.text).all("li") if "data-told" in one.attributes]
    return [(one.get("data-told"), " ".join(one.text.split())) for one in lines]


def lead_of(store: Store, reference: str) -> Lead:
    with store.reading() as tx:
        return get_lead(tx, reference)


@pytest.mark.parametrize(
    ("kind", "sent", "what"),
    [("withdraw", "which=all", "what is allowed now"), ("erasure", "", "to erase it")],
)
def test_g03_the_page_after_the_press_and_the_used_link_say_so(
    kind: str, sent: str, what: str, public: FlaskClient, send: Send, link: Any, delivered: Any, tell: Any,
    store: Store, clock: DrivenClock, receiver: Receiver,
) -> None:  # fmt: skip
    reference = send(decisions=YESES)
    delivered(reference)
    lead = lead_of(store, reference)
    path = link(kind)
    receiver.behaviour = answer(503)
    assert who_was_told(press(public, path, sent)) == [(WAITS[0], WAITS[1].format(what=what))]
    tell(lead)
    assert who_was_told(public.get(path, headers=HTML)) == [(WAITS[0], WAITS[1].format(what=what))]
    receiver.behaviour = answer(204)
    clock.advance(seconds=120)
    tell(lead)
    at = clock().strftime("%Y-%m-%d %H:%M UTC")
    assert who_was_told(public.get(path, headers=HTML)) == [("told", f"{CRM}, {what}: {at}")]


def test_g03_the_receipt_says_so_and_goes_on_to_when_it_is_erased(
    public: FlaskClient, submission: dict[str, Any], delivered: Any, tell: Any, store: Store, clock: DrivenClock
) -> None:
    clock.advance(seconds=READING)
    kept = public.post(SUBMIT, json={**submission, "decisions": YESES}).json
    assert kept
    page = f"/receipts/{kept['receipt'].rpartition('/')[2]}"
    delivered(kept["reference"])
    lead = lead_of(store, kept["reference"])
    assert who_was_told(public.get(page)) == []
    public.post(f"{page}/withdraw", data=b"", headers=PRESSED)
    assert who_was_told(public.get(page)) == [(WAITS[0], WAITS[1].format(what="what is allowed now"))]
    tell(lead)
    at = clock().strftime("%Y-%m-%d %H:%M UTC")
    told = ("told", f"{CRM}, what is allowed now: {at}")
    assert who_was_told(public.get(page)) == [told]
    public.post(f"{page}/erase", data=b"", headers=PRESSED)
    assert who_was_told(public.get(page)) == [(WAITS[0], WAITS[1].format(what="to erase it")), told]


def test_who_had_nothing_is_not_named(public: FlaskClient, send: Send, link: Any) -> None:
    send(decisions=YESES)
    assert who_was_told(press(public, link("withdraw"), "which=all")) == []

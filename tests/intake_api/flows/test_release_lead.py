"""Held leads: kept like any other, silent until a reviewer lets them go, and gone when nobody does."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_lead import approve_lead
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.judge_arrival import Arrival
from intake_api.flows.release_lead import LeadChanged, LeadUnknown, MoveRefused, release_lead
from intake_api.flows.show_form import show_form
from intake_api.flows.show_receipt import show_receipt
from intake_api.flows.submit_lead import Submission, TooManySubmissions, submit_lead
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.suspicion import CONTACT_MOST, NETWORK_BUSY, NETWORK_FLOOD, Counted
from intake_api.store.arrivals import Arrivals
from intake_api.store.base import Store
from intake_api.store.confirmations import list_confirmations
from intake_api.store.leads import Lead, get_lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY, entries, kinds, lead_now, receipt_of

NETWORK = "192.0.2.0/24"
FIELDS = {"name": "Jānis Bērziņš", "email": "janis.berzins@example.lv"}
YES = {"newsletter": True}
STAFF = "s" * 32
Send = Callable[..., Lead]
Release = Callable[[Lead], None]


@pytest.fixture
def arrivals() -> Arrivals:
    return Arrivals()


@pytest.fixture
def send(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, arrivals: Arrivals) -> Send:
    """Send the demo form some seconds after it was shown, with whatever a door saw of how it came."""

    def sent(after: float = 30, fields: dict[str, str] = FIELDS, network: str | None = NETWORK, **seen: object) -> Lead:
        shown = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock())
        arrival = Arrival(arrivals, network, **seen)  # type: ignore[arg-type]
        submission = Submission("request_demo", shown.signed_id, "en", fields, YES, {}, arrival=arrival)
        now = clock.advance(seconds=after)
        receipt = submit_lead(store, queue, catalogue, TOKEN_KEY, submission, now=now)
        assert receipt.state is LeadState.NEW  # what a visitor is told, whatever came of it
        assert submit_lead(store, queue, catalogue, TOKEN_KEY, submission, now=now).state is LeadState.NEW
        with store.reading() as tx:
            return get_lead(tx, receipt.reference)

    return sent


@pytest.fixture
def release(store: Store, queue: Queue, clock: DrivenClock) -> Release:
    """Let an invented reviewer release a lead as it was seen."""

    def released(lead: Lead) -> None:
        release_lead(
            store,
            queue,
            TOKEN_KEY,
            lead.reference,
            seen_version=lead.version,
            staff_id=STAFF,
            now=clock.advance(hours=1),
        )

    return released


def asked(store: Store, lead: Lead) -> list[str]:
    """Return the purposes whose second yes is asked for."""
    with store.reading() as tx:
        return [one.purpose for one in list_confirmations(tx, lead.id)]


class TestHolding:
    """SEC-38: sealed and on the record, and nobody is written to."""

    def test_sec38_what_people_send_is_not_held(self, store: Store, send: Send) -> None:
        lead = send()
        assert (lead.state, lead.held_for) == (LeadState.NEW, None)
        assert asked(store, lead) == ["newsletter"]
        assert "held" not in entries(store, lead)[0]

    def test_sec38_a_script_that_answers_at_once_is_held(self, store: Store, send: Send, clock: DrivenClock) -> None:
        lead = send(after=1.5)
        assert (lead.state, lead.held_for) == (LeadState.HELD, ["too_quick"])
        assert lead.delete_after == clock() + timedelta(days=14)
        assert asked(store, lead) == []
        (entry,) = entries(store, lead)
        assert (entry["kind"], entry["held"]) == ("submission.received", ["too_quick"])
        assert show_receipt(store, receipt_of(lead)).lead.reference == lead.reference

    def test_sec38_a_filled_trap_holds(self, send: Send) -> None:
        assert send(trap="http://pills.example").held_for == ["hidden_field"]
        assert send(trap=" ").held_for is None

    def test_sec38_the_time_and_network_of_the_bot_are_not_the_visitors(self, send: Send) -> None:
        assert send(after=0, network=None, is_direct=False).state is LeadState.NEW

    def test_sec37_one_contact_again_and_again(self, send: Send, arrivals: Arrivals, clock: DrivenClock) -> None:
        for _ in range(CONTACT_MOST):
            arrivals.count(Counted.CONTACT, "email|janis.berzins@example.lv", now=clock())
        assert send(after=5, fields={**FIELDS, "email": "Janis.Berzins@EXAMPLE.lv"}).held_for == ["contact_again"]
        assert send(after=5, fields={**FIELDS, "email": "zane@example.lv"}).held_for is None

    def test_sec37_only_what_was_kept_counts(self, send: Send, arrivals: Arrivals, clock: DrivenClock) -> None:
        send()  # and sent once more by `send`, which got the first answer
        assert arrivals.lately(Counted.NETWORK, NETWORK, now=clock()) == 1
        assert arrivals.lately(Counted.FORM, "request_demo", now=clock()) == 1
        assert arrivals.lately(Counted.CONTACT, "email|janis.berzins@example.lv", now=clock()) == 1
        assert arrivals.lately(Counted.SUSPECTED_NETWORK, NETWORK, now=clock()) == 0
        send(after=0)
        assert arrivals.lately(Counted.SUSPECTED_NETWORK, NETWORK, now=clock()) == 1
        assert arrivals.lately(Counted.SUSPECTED_FORM, "request_demo", now=clock()) == 1

    def test_sec37_a_busy_network_is_held_and_only_a_flood_refused(
        self, send: Send, arrivals: Arrivals, clock: DrivenClock
    ) -> None:
        for _ in range(NETWORK_BUSY):
            arrivals.count(Counted.NETWORK, NETWORK, now=clock())
        assert send(after=2).held_for == ["network_busy"]
        assert send(after=2, network="198.51.100.0/24").held_for is None
        for _ in range(NETWORK_FLOOD):
            arrivals.count(Counted.NETWORK, NETWORK, now=clock())
        with pytest.raises(TooManySubmissions) as refused:
            send(after=2)
        assert refused.value.wait == timedelta(minutes=1)
        assert send(after=2, network="198.51.100.0/24").held_for is None


class TestReleasing:
    """A reviewer saw a person in it."""

    def test_it_is_one_to_decide_and_the_second_yes_is_asked_for(
        self, store: Store, send: Send, release: Release, clock: DrivenClock
    ) -> None:
        lead = send(after=0)
        release(lead)
        released = lead_now(store, lead)
        assert (released.state, released.held_for) == (LeadState.NEW, None)
        assert (released.decided_at, released.decided_by) == (None, None)
        assert released.delete_after > clock() + timedelta(days=14)
        assert asked(store, lead) == ["newsletter"]
        entry = entries(store, lead)[-1]
        assert (entry["kind"], entry["actor"]) == ("lead.released", f"staff:{STAFF}")
        assert (entry["held"], entry["asked"]) == (["too_quick"], ["newsletter"])

    def test_only_once_and_only_as_it_was_seen(self, store: Store, send: Send, release: Release) -> None:
        lead = send(after=0)
        release(lead)
        with pytest.raises(LeadChanged):
            release(lead)
        with pytest.raises(MoveRefused):
            release(lead_now(store, lead))
        assert asked(store, lead) == ["newsletter"]

    def test_a_lead_that_nobody_held_cannot_be_released(
        self, store: Store, queue: Queue, send: Send, release: Release, clock: DrivenClock
    ) -> None:
        lead = send()
        decline_lead(store, lead.reference, seen_version=lead.version, reason="duplicate", staff_id=STAFF, now=clock())
        with pytest.raises(MoveRefused):
            release(lead_now(store, lead))
        with pytest.raises(LeadUnknown):
            release_lead(store, queue, TOKEN_KEY, "VB-0000-0000", seen_version=1, staff_id=STAFF, now=clock())

    def test_w02_what_was_taken_back_meanwhile_is_not_asked_about(
        self, store: Store, send: Send, release: Release, clock: DrivenClock
    ) -> None:
        lead = send(after=0)
        withdraw_by_receipt(store, receipt_of(lead), ["newsletter"], now=clock.advance(minutes=1))
        release(lead_now(store, lead))
        assert asked(store, lead) == []

    def test_declined_while_held_it_must_be_released_before_it_is_approved(
        self, store: Store, queue: Queue, send: Send, release: Release, clock: DrivenClock
    ) -> None:
        lead = send(after=0)
        decline_lead(
            store, lead.reference, seen_version=lead.version, reason="no_real_person", staff_id=STAFF, now=clock()
        )
        declined = lead_now(store, lead)
        sending = {"destination": "file", "recipient": "crm", "staff_id": STAFF, "now": clock()}
        with pytest.raises(MoveRefused):
            approve_lead(store, queue, lead.reference, seen_version=declined.version, **sending)  # type: ignore[arg-type]
        release(declined)
        released = lead_now(store, lead)
        assert (released.state, released.decline_reason) == (LeadState.NEW, None)
        approve_lead(store, queue, lead.reference, seen_version=released.version, **sending)  # type: ignore[arg-type]
        assert asked(store, lead) == ["newsletter"]


class TestTimeIsOver:
    """T-01: nobody looked; it goes by rule, and the record says so."""

    def test_sec38_after_fourteen_days_it_is_erased_on_the_record(
        self, store: Store, send: Send, clock: DrivenClock
    ) -> None:
        lead = send(after=0)
        assert erase_expired(store, now=clock.advance(days=13, hours=23)) == 0
        assert erase_expired(store, now=clock.advance(hours=1)) == 1
        assert lead_now(store, lead).state is LeadState.ERASED
        assert kinds(store, lead) == ["submission.received", "lead.erased"]
        assert entries(store, lead)[-1]["why"] == "retention"

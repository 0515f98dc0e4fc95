"""What looks like a machine's: apart from what is to decide, in sight, and let go by a person."""

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.judge_arrival import Arrival
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.rules.suspicion import SAYS, Reason
from intake_api.store.arrivals import Arrivals
from intake_api.store.base import Store
from intake_api.store.leads import Lead, get_lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY, keep_lead, kinds, lead_now
from tests.intake_api.web.review.visitor import Browser, path_of


@pytest.fixture
def held(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead that came at once, with the hidden field filled in."""
    shown = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock())
    fields = {"name": "Best Offers", "email": "offers@pills.example"}
    arrival = Arrival(Arrivals(), trap="https://pills.example")
    submission = Submission("request_demo", shown.signed_id, "en", fields, {"newsletter": True}, {}, arrival=arrival)
    receipt = submit_lead(store, queue, catalogue, TOKEN_KEY, submission, now=clock())
    with store.reading() as tx:
        return get_lead(tx, receipt.reference)


class TestTheHeldFilter:
    """SEC-38: visible to reviewers, never lost in silence."""

    def test_sec38_it_is_not_among_those_to_decide(self, reviewer: Browser, held: Lead, lead: Lead) -> None:
        queue = reviewer.get("/").text
        assert lead.reference in queue
        assert held.reference not in queue

    def test_sec38_it_stands_under_its_own_filter_with_count_and_reasons(
        self, reviewer: Browser, held: Lead, lead: Lead
    ) -> None:
        page = reviewer.page("/?state=held")
        assert held.reference in page.text
        assert lead.reference not in page.text
        assert "Held 1" in page.text
        assert "too quick, unseen field filled" in page.text
        assert held.reference in reviewer.get("/?state=all").text

    def test_m10_no_typed_value_is_in_the_list(self, reviewer: Browser, held: Lead) -> None:
        assert "pills.example" not in reviewer.get("/?state=held").text

    def test_an_empty_filter_says_what_it_is_for(self, reviewer: Browser, lead: Lead) -> None:
        assert "Nothing is held" in reviewer.get("/?state=held").text


class TestDecidingOnIt:
    def test_sec38_the_page_says_why_in_plain_sentences_and_does_not_offer_to_send(
        self, reviewer: Browser, held: Lead
    ) -> None:
        page = reviewer.page(path_of(held))
        for reason in (Reason.TOO_QUICK, Reason.HIDDEN_FIELD):
            assert SAYS[reason] in page.text
        assert not [action for action in page.forms if action.endswith("/approve")]
        page.forms[path_of(held, "/approve")] = page.forms[path_of(held, "/release")]
        assert reviewer.send(page, path_of(held, "/approve")).status_code == 409

    def test_released_it_is_to_decide(self, reviewer: Browser, store: Store, held: Lead) -> None:
        path = path_of(held)
        answer = reviewer.send(reviewer.page(path), f"{path}/release")
        assert answer.status_code == 303
        page = reviewer.page(path)
        assert f"{path}/approve" in page.forms
        assert f"{path}/release" not in page.forms
        assert "Released" in page.text
        assert held.reference in reviewer.get("/").text
        assert sorted(kinds(store, held, "lead.r")) == ["lead.read", "lead.read", "lead.released"]

    def test_declined_the_next_held_one_follows(
        self, reviewer: Browser, store: Store, held: Lead, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock.advance(minutes=1))
        path = path_of(held)
        answer = reviewer.send(reviewer.page(f"{path}?state=held"), f"{path}/decline", reason="no_real_person")
        assert answer.headers["Location"] == f"/?state=held&decided={held.reference}"
        assert lead_now(store, held).state.value == "declined"
        again = reviewer.page(path)
        assert f"{path}/approve" not in again.forms
        assert f"{path}/release" in again.forms

    def test_two_reviewers_release_it_once(self, reviewer: Browser, held: Lead) -> None:
        path = path_of(held)
        page = reviewer.page(path)
        assert reviewer.send(page, f"{path}/release").status_code == 303
        assert reviewer.send(page, f"{path}/release").status_code == 409

    @pytest.mark.parametrize("reference", ["VB-0000-0000", "nothing"])
    def test_an_unknown_one_is_not_found(self, reviewer: Browser, held: Lead, reference: str) -> None:
        page = reviewer.page(path_of(held))
        page.forms[f"/leads/{reference}/release"] = page.forms[path_of(held, "/release")]
        assert reviewer.send(page, f"/leads/{reference}/release").status_code == 404

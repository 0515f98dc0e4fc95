"""Staff take back for a person what they say on the telephone (W-09)."""

import json

import pytest
from werkzeug.test import TestResponse

from intake_api.catalogue.model import Catalogue
from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.evidence import list_entries
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.review.visitor import Browser, path_of


@pytest.fixture
def agreed(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})


def states_of(store: Store, lead: Lead) -> dict[str, DecisionState]:
    with store.reading() as tx:
        return {one.purpose: one.state for one in current_decisions(tx, lead.id).values()}


def take_back(reviewer: Browser, lead: Lead, purpose: str) -> TestResponse:
    """Press a button of the lead's page."""
    page = reviewer.page(path_of(lead))
    return reviewer.send(page, path_of(lead, "/withdraw"), purpose=purpose)


class TestWithdrawing:
    def test_w09_one_button_behind_one_line_takes_back_every_yes(
        self, reviewer: Browser, store: Store, agreed: Lead
    ) -> None:
        page = reviewer.get(path_of(agreed)).text
        assert page.count('<details class="take-back">') == 1
        assert '<button name="purpose" value="">All they said yes to</button>' in page
        assert take_back(reviewer, agreed, "").status_code == 303
        states = states_of(store, agreed)
        assert states.pop("product_offers") is DecisionState.WITHDRAWN
        assert states["respond_to_request"] is DecisionState.ACTED
        assert "All they said yes to" not in reviewer.get(path_of(agreed)).text

    def test_w03_one_purpose_by_itself(self, reviewer: Browser, store: Store, agreed: Lead) -> None:
        take_back(reviewer, agreed, "respond_to_request")
        states = states_of(store, agreed)
        assert states["respond_to_request"] is DecisionState.STOPPED
        assert states["product_offers"] is DecisionState.GIVEN

    def test_w03_the_same_yes_of_the_same_address_goes_with_it(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        other = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        take_back(reviewer, agreed, "product_offers")
        assert states_of(store, other)["product_offers"] is DecisionState.WITHDRAWN
        assert states_of(store, other)["respond_to_request"] is DecisionState.ACTED

    def test_s05_who_wrote_it_stands_in_an_entry_that_no_receipt_shows(
        self, reviewer: Browser, store: Store, agreed: Lead
    ) -> None:
        take_back(reviewer, agreed, "product_offers")
        with store.reading() as tx:
            entries = {entry.kind: json.loads(entry.body) for entry in list_entries(tx, agreed.id)}
        assert entries["consent.withdrawn"]["actor"] == "staff"
        noted = entries["lead.withdrawal_noted"]
        assert noted["actor"].startswith("staff:")
        assert (noted["purposes"], noted["on_behalf"]) == (["product_offers"], "subject")

    def test_said_again_it_writes_nothing(self, reviewer: Browser, store: Store, agreed: Lead) -> None:
        page = reviewer.page(path_of(agreed))
        for _ in range(2):
            reviewer.send(page, path_of(agreed, "/withdraw"), purpose="product_offers")
        with store.reading() as tx:
            kinds = [entry.kind for entry in list_entries(tx, agreed.id)]
        assert (kinds.count("consent.withdrawn"), kinds.count("lead.withdrawal_noted")) == (1, 1)

    def test_what_was_never_asked_about_is_refused(self, reviewer: Browser, store: Store, agreed: Lead) -> None:
        before = states_of(store, agreed)
        assert take_back(reviewer, agreed, "no_such").status_code == 422
        assert states_of(store, agreed) == before

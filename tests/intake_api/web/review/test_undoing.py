"""Contacted, spam, undone, taken back after it left: on the pages, for whoever decides."""

from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.crm.json_lines import JsonLinesFile
from intake_api.flows.deliver import deliver
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.web.review.words import OPERATIONS
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import deliveries_now, keep_lead, lead_now
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, Page, path_of, words_of


class TestMarking:
    @pytest.mark.parametrize(
        ("act", "state", "says"),
        [
            ("/contact", LeadState.CONTACTED, "is marked as contacted."),
            ("/spam", LeadState.SPAM, "is marked as spam. Nobody is mailed"),
        ],
    )
    def test_it_is_done_said_and_leads_on(
        self,
        reviewer: Browser,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        act: str,
        state: LeadState,
        says: str,
    ) -> None:
        older, lead = (keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(2))
        answer = reviewer.send(reviewer.page(path_of(lead)), path_of(lead, act))
        assert answer.headers["Location"].startswith(path_of(older))
        assert lead_now(store, lead).state is state
        following = reviewer.page(answer.headers["Location"])
        assert f"{lead.reference} {says}" in words_of(following)
        assert path_of(lead, "/undo") in following.forms
        assert lead.reference in reviewer.get(f"/?state={state.value}").text

    def test_a_contacted_lead_is_decided_in_its_own_filter(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(3)]
        for lead in leads[:2]:
            reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/contact"))
        page = reviewer.page(path_of(leads[1]) + "?state=contacted")
        answer = reviewer.send(page, path_of(leads[1], "/approve"))
        assert answer.headers["Location"].startswith(f"{path_of(leads[0])}?state=contacted")

    def test_spam_is_let_go_like_what_is_held(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/spam"))
        page = reviewer.page(path_of(lead))
        assert "Somebody of staff marked it as spam." in page.text
        assert path_of(lead, "/approve") not in page.forms
        reviewer.send(page, path_of(lead, "/release"))
        assert lead_now(store, lead).state is LeadState.NEW


class TestUndo:
    @pytest.mark.parametrize("act", ["/approve", "/decline", "/contact", "/spam"])
    def test_on_the_next_page_and_on_the_lead(self, reviewer: Browser, store: Store, lead: Lead, act: str) -> None:
        for where in ("next", "lead"):
            answer = reviewer.send(reviewer.page(path_of(lead)), path_of(lead, act), reason="duplicate")
            page = reviewer.page(answer.headers["Location"] if where == "next" else path_of(lead))
            answer = reviewer.send(page, path_of(lead, "/undo"))
            assert answer.headers["Location"] == f"{path_of(lead)}?state=new&undone={lead.reference}"
            shown = reviewer.page(answer.headers["Location"])
            assert f"{lead.reference} is as it was before it was" in words_of(shown)
            assert path_of(lead, "/undo") not in shown.forms
            assert lead_now(store, lead).state is LeadState.NEW

    def test_another_reviewer_may_and_a_late_one_is_told(
        self, reviewing: MakeReviewer, store: Store, lead: Lead
    ) -> None:
        ilze, piotr = reviewing(), reviewing("piotr@tidewick.example")
        ilze.send(ilze.page(path_of(lead)), path_of(lead, "/decline"), reason="duplicate")
        seen_by_piotr = piotr.page(path_of(lead))
        ilze.send(ilze.page(path_of(lead)), path_of(lead, "/approve"))
        answer = piotr.send(seen_by_piotr, path_of(lead, "/undo"))
        assert answer.status_code == 409
        assert "You were about to undo what was done to" in words_of(Page(answer.text))
        assert lead_now(store, lead).state is LeadState.QUALIFIED
        answer = piotr.send(piotr.page(path_of(lead)), path_of(lead, "/undo"))
        assert lead_now(store, lead).state is LeadState.DECLINED
        assert "before it was approved" in piotr.get(answer.headers["Location"]).text
        assert "before it was approved" not in ilze.get(answer.headers["Location"]).text


class TestAfterDelivery:
    @pytest.mark.usefixtures("delivered")
    def test_g07_it_is_declined_and_the_page_says_who_still_has_it(
        self, reviewer: Browser, store: Store, lead: Lead
    ) -> None:
        page = reviewer.page(path_of(lead))
        assert path_of(lead, "/undo") not in page.forms
        assert reviewer.send(page, path_of(lead, "/reverse"), reason="").status_code == 422
        answer = reviewer.send(page, path_of(lead, "/reverse"), reason="duplicate")
        shown = words_of(reviewer.page(answer.headers["Location"]))
        assert lead_now(store, lead).state is LeadState.DECLINED
        assert "CRM not yet told" in shown
        assert str(OPERATIONS["erase"]) in shown
        assert "CRM not yet told" in reviewer.page("/?state=declined").text

    @pytest.fixture
    def delivered(self, reviewer: Browser, store: Store, lead: Lead, clock: DrivenClock, tmp_path: Path) -> None:
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/approve"))
        (delivery,) = deliveries_now(store, lead)
        deliver(store, JsonLinesFile(tmp_path / "leads.jsonl", "crm"), delivery.id, delivery.turn, clock=clock)
        assert lead_now(store, lead).state is LeadState.DELIVERED

"""Deciding a lead: through the gate, as it was seen, with a reason, and never by two."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.app import create_review_app
from intake_api.catalogue.definitions import Recipient
from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.rules.lead_state import DECLINE_REASONS, LeadState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, deliveries_now, entries, keep_lead, lead_now
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, Page, path_of, words_of


class TestGate:
    @pytest.fixture
    def elsewhere(
        self, settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock
    ) -> Callable[[Browser], Browser]:
        """The same house with a destination that no notice names."""
        other = Recipient("partner", "Fernpost Example Ltd", "controller", "GB", None)
        changed = replace(catalogue, recipients={**catalogue.recipients, "partner": other})
        app = create_review_app(replace(settings, destination_recipient="partner"), changed, store, clock)
        return lambda browser: Browser(app, browser.token)

    def test_x01_says_before_the_button_that_the_notice_did_not_name_the_destination(
        self, reviewer: Browser, lead: Lead, elsewhere: Callable[[Browser], Browser]
    ) -> None:
        page = elsewhere(reviewer).page(path_of(lead))
        said = words_of(page)
        assert "May not go to Fernpost Example Ltd." in said
        assert "The notice this person saw does not name this destination as a recipient." in said
        assert said.index("May not go to") < said.index("Approve and send")
        assert path_of(lead, "/approve") not in page.forms
        assert path_of(lead, "/decline") in page.forms

    def test_x01_a_forced_approval_is_refused(
        self, reviewer: Browser, store: Store, lead: Lead, elsewhere: Callable[[Browser], Browser]
    ) -> None:
        page = reviewer.page(path_of(lead))
        answer = elsewhere(reviewer).send(page, path_of(lead, "/approve"))
        assert answer.status_code == 409
        assert "does not name this destination" in answer.text
        assert lead_now(store, lead).state is LeadState.NEW
        assert deliveries_now(store, lead) == []

    def test_a_lead_past_its_time_may_not_go(self, reviewing: MakeReviewer, lead: Lead, clock: DrivenClock) -> None:
        clock.now = lead.delete_after + timedelta(seconds=1)
        page = reviewing().page(path_of(lead))
        assert "The time for which this lead may be kept is over." in page.text
        assert path_of(lead, "/approve") not in page.forms


class TestDeciding:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_approving_queues_the_delivery_and_goes_on_to_the_next(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        older, lead, newer = (keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(3))
        answer = reviewer.send(reviewer.page(path_of(lead) + "?state=all"), path_of(lead, "/approve"))
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"{path_of(older)}?state=all&decided={lead.reference}"
        assert lead_now(store, lead).state is LeadState.QUALIFIED
        (delivery,) = deliveries_now(store, lead)
        assert (delivery.destination, delivery.recipient) == ("file", "crm")
        following = reviewer.page(answer.headers["Location"])
        assert f"{lead.reference} was approved and goes to Brightledger Example GmbH." in words_of(following)

        answer = reviewer.send(following, path_of(older, "/approve"))
        assert answer.headers["Location"].startswith(path_of(newer))
        answer = reviewer.send(reviewer.page(answer.headers["Location"]), path_of(newer, "/approve"))
        assert answer.headers["Location"] == f"/?state=all&decided={newer.reference}"
        assert f"{newer.reference} was approved" in words_of(reviewer.page(answer.headers["Location"]))

    @pytest.mark.parametrize("reason", list(DECLINE_REASONS))
    def test_declining_needs_a_reason_of_the_list_and_says_it(
        self, reviewer: Browser, store: Store, lead: Lead, reason: str
    ) -> None:
        answer = reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/decline"), reason=reason)
        assert answer.headers["Location"] == f"/?state=new&decided={lead.reference}"
        declined = lead_now(store, lead)
        assert (declined.state, declined.decline_reason) == (LeadState.DECLINED, reason)
        assert (
            f"was declined: {DECLINE_REASONS[reason].lower()}."
            in words_of(reviewer.page(answer.headers["Location"])).lower()
        )

    @pytest.mark.parametrize("reason", ["", "because", "NOT_A_FIT", "💥"])
    def test_declining_without_one_does_nothing(self, reviewer: Browser, store: Store, lead: Lead, reason: str) -> None:
        answer = reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/decline"), reason=reason)
        assert answer.status_code == 422
        assert "Choose a reason from the list" in answer.text
        assert lead_now(store, lead).state is LeadState.NEW

    def test_a_declined_lead_can_still_be_approved(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/decline"), reason="duplicate")
        page = reviewer.page(path_of(lead) + "?state=declined")
        assert path_of(lead, "/decline") not in page.forms
        answer = reviewer.send(page, path_of(lead, "/approve"))
        assert answer.headers["Location"] == f"/?state=declined&decided={lead.reference}"
        assert lead_now(store, lead).state is LeadState.QUALIFIED

    def test_what_was_decided_is_said_to_the_one_who_did_and_cannot_be_made_up(
        self, reviewing: MakeReviewer, store: Store, lead: Lead
    ) -> None:
        ilze, piotr = reviewing(), reviewing("piotr@tidewick.example")
        assert "was approved" not in ilze.page(f"/?decided={lead.reference}").text
        answer = ilze.send(ilze.page(path_of(lead)), path_of(lead, "/approve"))
        assert "was approved" in ilze.page(answer.headers["Location"]).text
        assert "was approved" not in piotr.page(answer.headers["Location"]).text

    @pytest.mark.parametrize("version", ["", "x", "-1", "1.0", "٣", "9" * 40])
    def test_a_form_without_a_version_is_malformed(
        self, reviewer: Browser, store: Store, lead: Lead, version: str
    ) -> None:
        page = reviewer.page(path_of(lead))
        assert reviewer.send(page, path_of(lead, "/approve"), seen_version=version).status_code == 400
        assert lead_now(store, lead).state is LeadState.NEW

    @pytest.mark.parametrize("act", ["/approve", "/decline"])
    def test_a_lead_that_is_not_there_cannot_be_decided(self, reviewer: Browser, lead: Lead, act: str) -> None:
        form = reviewer.page(path_of(lead)).forms[path_of(lead, act)]
        answer = reviewer.client.post(f"/leads/VB-0000-0000{act}", data={**form.fields, "reason": "duplicate"})
        assert answer.status_code == 404

    def test_if_the_decision_cannot_be_recorded_nothing_is_decided(
        self, reviewer: Browser, store: Store, lead: Lead
    ) -> None:
        page = reviewer.page(path_of(lead))
        with store.writing() as tx:
            tx.execute(text("DROP TABLE evidence"))
        for act in ("/approve", "/decline"):
            assert reviewer.send(page, path_of(lead, act), reason="duplicate").status_code == 503
        assert lead_now(store, lead) == lead


class TestTwoReviewers:
    def test_a_late_decision_is_told_what_changed_and_changes_nothing(
        self, reviewing: MakeReviewer, store: Store, lead: Lead
    ) -> None:
        ilze, piotr = reviewing(), reviewing("piotr@tidewick.example")
        seen_by_piotr = piotr.page(path_of(lead))
        ilze.send(ilze.page(path_of(lead)), path_of(lead, "/decline"), reason="out_of_region")
        before = entries(store, lead, "lead.read")
        answer = piotr.send(seen_by_piotr, path_of(lead, "/approve"))
        assert answer.status_code == 409
        said = words_of(Page(answer.text))
        for part in ("Somebody was quicker", "Declined", "ilze@tidewick.example", "Outside the countries we serve"):
            assert part in said
        assert not [value for value in FIELDS.values() if str(value) in answer.text]
        assert entries(store, lead, "lead.read") == before
        assert lead_now(store, lead).state is LeadState.DECLINED
        assert deliveries_now(store, lead) == []

    def test_pressing_twice_is_told_so(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        page = reviewer.page(path_of(lead))
        assert reviewer.send(page, path_of(lead, "/approve")).status_code == 303
        answer = reviewer.send(page, path_of(lead, "/approve"))
        assert answer.status_code == 409
        assert "You decided this already" in answer.text
        assert len(deliveries_now(store, lead)) == 1

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_of_two_at_the_same_moment_one_decides(
        self, reviewing: MakeReviewer, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        ilze, piotr = reviewing(), reviewing("piotr@tidewick.example")
        sides = [(ilze, "/approve"), (piotr, "/decline")]
        for _ in range(10):
            lead = keep_lead(store, catalogue, now=clock())
            acts = [(who, who.page(path_of(lead)), path_of(lead, act)) for who, act in sides]
            with ThreadPoolExecutor(2) as pool:
                begun = [pool.submit(who.send, page, act, reason="duplicate") for who, page, act in acts]
                answers = [one.result() for one in begun]
            assert sorted(answer.status_code for answer in answers) == [303, 409]
            approved = answers[0].status_code == 303
            assert lead_now(store, lead).state is (LeadState.QUALIFIED if approved else LeadState.DECLINED)
            assert len(deliveries_now(store, lead)) == int(approved)

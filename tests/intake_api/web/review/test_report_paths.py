"""How far leads came and how quickly: worked out by both databases, compared with what is known of a few leads."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.refuse_form import refuse_form
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.period import days_until
from intake_api.rules.span_steps import Spans, end_of, step_of
from intake_api.rules.staff_roles import Role
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.counted_leads import BAND, current_counts
from intake_api.store.leads import Lead
from intake_api.store.presentations import new_presentation, sign_presentation
from intake_api.store.report_paths import Reached, reached_by_form, states_by_score, time_to_decision
from intake_api.store.showings import add_showings
from intake_api.web.review.report_tables import how_long
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY, approve, keep_lead
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, words_of

TODAY = date(2026, 11, 21)
WEEK = days_until(TODAY, 7)


@pytest.fixture
def team_lead(reviewing: MakeReviewer) -> Browser:
    """Marta, who leads the team."""
    return reviewing("marta@tidewick.example", roles=[Role.LEAD])


def note(store: Store, lead: Lead, kind: str, *, after: timedelta) -> None:
    """Write down that staff did something about a lead."""
    with store.writing() as tx:
        evidence.add_entry(tx, kind, actor="staff:" + "s" * 32, now=lead.received_at + after, lead_id=lead.id)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestTimeToDecision:
    def test_is_the_middle_and_the_ninth_tenth_of_the_first_decisions(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        clock.now = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
        for minutes in (4, 10, 1, 7, 3, 9, 2, 8, 6, 5):
            lead = keep_lead(store, catalogue, now=clock())
            note(store, lead, "lead.read", after=timedelta(seconds=1))
            note(store, lead, "lead.contacted", after=timedelta(minutes=minutes))
            note(store, lead, "lead.declined", after=timedelta(hours=5))
        keep_lead(store, catalogue, now=clock())
        with store.reading() as tx:
            found = time_to_decision(current_counts(tx), WEEK)
            assert time_to_decision(current_counts(tx), WEEK.before) == {}
        (spans,) = found.values()
        assert spans.count == 10
        assert spans.median == end_of(step_of(timedelta(minutes=5)))
        assert spans.most == end_of(step_of(timedelta(minutes=9)))

    def test_one_lead_is_its_own_middle(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        note(store, keep_lead(store, catalogue, now=clock()), "lead.approved", after=timedelta(0))
        with store.reading() as tx:
            assert time_to_decision(current_counts(tx), WEEK) == {
                "request_demo": Spans(1, timedelta(seconds=1), timedelta(seconds=1))
            }


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestPath:
    def test_counts_what_was_approved_and_taken_also_when_it_is_erased_since(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock()) for _ in range(4)]
        deliveries = [approve(store, queue, lead, now=clock()) for lead in leads[:3]]
        with store.writing() as tx:
            update = text("UPDATE deliveries SET state = :state WHERE id = :id")
            tx.execute(update, {"state": "delivered", "id": deliveries[0].id})
            tx.execute(update, {"state": "cancelled", "id": deliveries[1].id})
            erase_lead(tx, leads[0], actor="subject", why="asked", now=clock())
        with store.reading() as tx:
            assert reached_by_form(current_counts(tx), WEEK) == {"request_demo": Reached(2, 1)}
            assert reached_by_form(current_counts(tx), WEEK.before) == {}

    def test_scores_are_told_of_where_leads_stood_before_they_were_erased(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock()) for _ in range(3)]
        decline_lead(store, leads[0].reference, seen_version=1, reason="not_a_fit", staff_id="s" * 32, now=clock())
        with store.writing() as tx:
            erase_lead(tx, leads[0], actor="subject", why="asked", now=clock())
        with store.reading() as tx:
            found = states_by_score(current_counts(tx), WEEK)
        band = leads[1].score // BAND
        assert found == {(band, LeadState.NEW): 2, (band, LeadState.DECLINED): 1}


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestPages:
    def test_the_path_says_what_was_shown_refused_sent_and_agreed_to(
        self, team_lead: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        yes = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        keep_lead(store, catalogue, now=clock())
        no = new_presentation("request_demo", "en", "page", yes.notice_hash, now=clock())
        with store.writing() as tx:
            place = (TODAY, yes.notice_hash, "page", "request_demo", "en")
            staff = (TODAY, yes.notice_hash, "staff", "request_demo", "en")
            add_showings(tx, Counter({place: 8, staff: 5}))
        refuse_form(store, TOKEN_KEY, "request_demo", sign_presentation(TOKEN_KEY, no), now=clock())
        page = words_of(team_lead.page("/reports/path?days=7"))
        assert "Request demo 8 before: 0 1 before: 0 2 before: 0 25% before: – 0 before: 0 0 before: 0" in page
        assert "Shown 8 before: 0 Sent 2 before: 0 Qualified 0 before: 0 Delivered 0 before: 0" in page
        assert "Product offers · English 8 before: 0 1 before: 0 2 before: 0 5 before: 0 12% before: –" in page

    def test_the_pace_says_how_long_people_wait_and_what_became_of_them(
        self, team_lead: Browser, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock())
        approve(store, queue, lead, now=clock.advance(minutes=20))
        page = words_of(team_lead.page("/reports/pace?days=7"))
        at_most = how_long(end_of(step_of(timedelta(minutes=20))))
        assert f"Request demo 1 before: 0 {at_most} before: – {at_most} before: –" in page
        band = f"{lead.score // 20 * 20}–{lead.score // 20 * 20 + 19}"
        assert f"{band} 1 before: 0 0 before: 0 0 before: 0 0 before: 0 100% before: –" in page
        assert "webhook 0 before: 0 1 before: 0 0 before: 0" in page

    def test_an_empty_house_has_empty_reports(self, team_lead: Browser) -> None:
        for name in ("path", "pace", "campaigns"):
            assert "Nothing was counted yet." in words_of(team_lead.page(f"/reports/{name}"))

    def test_there_is_no_other_report(self, team_lead: Browser) -> None:
        assert team_lead.get("/reports/nothing").status_code == 404

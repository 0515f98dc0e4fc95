"""Reports: counts that are right, on both databases, and nobody in them."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.seed_leads import seed_leads
from intake_api.rules.period import Period, days_until
from intake_api.rules.staff_roles import Role
from intake_api.store.base import Store
from intake_api.store.counted_leads import current_counts
from intake_api.store.leads import Lead
from intake_api.store.reports import By, leads_by, leads_by_day
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, keep_lead
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, Page, words_of

TODAY = date(2026, 11, 21)


@pytest.fixture
def team_lead(reviewing: MakeReviewer) -> Browser:
    """Marta, who leads the team."""
    return reviewing("marta@tidewick.example", roles=[Role.LEAD])


def keep_at(store: Store, catalogue: Catalogue, clock: DrivenClock, *moments: str) -> list[Lead]:
    """Keep a lead at each moment, and come back to the present."""
    present, kept = clock.now, []
    for moment in moments:
        clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        kept.append(keep_lead(store, catalogue, now=clock()))
    clock.now = present
    return kept


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestCounts:
    def test_a_lead_belongs_to_its_day_in_utc_and_to_one_period(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_at(store, catalogue, clock, "2026-11-14 23:59:59.999", "2026-11-15 00:00", "2026-11-21 08:00")
        week = days_until(TODAY, 7)
        with store.reading() as tx:
            assert leads_by_day(current_counts(tx), week) == {date(2026, 11, 15): 1, TODAY: 1}
            assert leads_by_day(current_counts(tx), week.before) == {date(2026, 11, 14): 1}
            assert leads_by(current_counts(tx), By.FORM, week) == {"request_demo": 2}
            assert leads_by(current_counts(tx), By.CHANNEL, week.before) == {"page": 1}

    def test_adds_up_to_the_same_whichever_way_it_is_counted(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        seed = seed_leads(store, catalogue, count=300, mode="test", destination="file", recipient="crm", now=clock())
        assert list(seed) == [300]
        with store.reading() as tx:
            for period in (Period(date(2026, 9, 1), TODAY), days_until(TODAY, 7), days_until(TODAY, 7).before):
                query = text("SELECT COUNT(*) FROM leads WHERE received_at >= :begin AND received_at < :end")
                moments = {
                    name: at if tx.dialect.name == "postgresql" else f"{at:%Y-%m-%d}"
                    for name, at in (("begin", period.begins), ("end", period.ends))
                }
                whole = tx.scalar(query, moments)
                for by in By:
                    assert sum(leads_by(current_counts(tx), by, period).values()) == whole
                assert sum(leads_by_day(current_counts(tx), period).values()) == whole

    def test_what_was_erased_came_all_the_same(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        (lead,) = keep_at(store, catalogue, clock, "2026-11-20 08:00")
        with store.writing() as tx:
            erase_lead(tx, lead, actor="subject", why="asked", now=clock())
        with store.reading() as tx:
            assert leads_by_day(current_counts(tx), days_until(TODAY, 7)) == {date(2026, 11, 20): 1}


class TestPage:
    def test_sets_what_came_beside_the_period_before(
        self, team_lead: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_at(store, catalogue, clock, "2026-11-10 08:00", "2026-11-18 08:00", "2026-11-18 09:00", "2026-11-18 10:00")
        page = team_lead.page("/reports?days=7")
        assert "Leads 3 before: 1 (+200%) A day, on average 0.4 before: 0.1 (+200%)" in words_of(page)
        assert "15 Nov 2026 to 21 Nov 2026, beside 8 Nov 2026 to 14 Nov 2026." in words_of(page)
        assert "18 Nov 2026 3 11 Nov 2026 0" in words_of(page)
        assert "Request demo 3 before: 1 (+200%) 100% before: 100%" in words_of(page)

    def test_is_about_30_days_unless_the_address_says_otherwise(self, team_lead: Browser) -> None:
        assert "23 Oct 2026 to 21 Nov 2026" in words_of(team_lead.page("/reports"))
        assert "1 Nov 2026 to 1 Nov 2026" in words_of(team_lead.page("/reports?from=2026-11-01&to=2026-11-01"))

    @pytest.mark.parametrize(
        "query",
        [
            "days=8",
            "days=",
            "days=7&days=30",
            "days=7&from=2026-11-01&to=2026-11-02",
            "from=2026-11-01",
            "to=2026-11-01",
            "from=2026-11-02&to=2026-11-01",
            "from=2026-11-01&to=2026-11-22",
            "from=0001-01-01&to=0001-01-02",
            "from=2024-01-01&to=2026-01-01",
            "from=%00&to=2026-11-01",
            "email=zane%40guest.example",
        ],
    )
    def test_sec26_an_address_that_is_no_period_is_refused(self, team_lead: Browser, query: str) -> None:
        answer = team_lead.get(f"/reports?{query}")
        assert answer.status_code == 422
        assert "zane" not in answer.text

    def test_holds_nothing_of_anybody(
        self, team_lead: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        (lead,) = keep_at(store, catalogue, clock, "2026-11-20 08:00")
        html = team_lead.get("/reports").text
        assert not [value for value in (*map(str, FIELDS.values()), lead.reference, lead.id) if value in html]

    def test_an_empty_house_says_so(self, team_lead: Browser) -> None:
        page = team_lead.page("/reports")
        assert "svg" not in page.names
        assert "Nothing was counted yet." in words_of(page)

    def test_each_picture_has_a_table_of_the_same_numbers(
        self, team_lead: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_at(store, catalogue, clock, "2026-11-18 08:00", "2026-11-18 09:00")
        html = team_lead.get("/reports?days=7").text
        for section in html.partition("</main>")[0].split("<h2")[2:]:
            assert "<svg" in section
            assert "2" in Page(section.partition("<table")[2]).text.split()

    def test_a_team_lead_an_officer_and_an_administrator_get_them_a_reviewer_does_not(
        self, team_lead: Browser, reviewer: Browser, reviewing: MakeReviewer
    ) -> None:
        others = [reviewing(f"{role}@tidewick.example", roles=[role]) for role in (Role.OFFICER, Role.ADMINISTRATOR)]
        assert [one.get("/reports").status_code for one in (team_lead, *others, reviewer)] == [200, 200, 200, 403]

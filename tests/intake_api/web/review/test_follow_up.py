"""A follow-up that is due: it stands in the queue until somebody decides, and goes with what was sent."""

from datetime import timedelta

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.set_follow_up import MoveRefused, set_follow_up
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.leads import Lead, get_lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY, entries, lead_now
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of, words_of


def rate(store: Store, catalogue: Catalogue, clock: DrivenClock, **fields: object) -> tuple[Lead, str]:
    """Send feedback; return the lead and its receipt's token."""
    shown = show_form(store, catalogue, TOKEN_KEY, "feedback", "en", "page", now=clock())
    submission = Submission("feedback", shown.signed_id, "en", fields, {}, {})
    receipt = submit_lead(store, Queue(store.url), catalogue, TOKEN_KEY, submission, now=clock())
    with store.reading() as tx:
        return get_lead(tx, receipt.reference), receipt.token


class TestAFollowUp:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_is_due_after_a_low_score_and_said_in_the_queue_and_on_the_lead(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead, _ = rate(store, catalogue, clock, rating=3, email="zane@guest.example")
        assert lead.follow_up_by == clock() + timedelta(days=2)
        assert "Follow up by" in words_of(reviewer.page("/"))
        assert "Follow up by" in words_of(reviewer.page(f"/leads/{lead.reference}"))

    @pytest.mark.parametrize("fields", [{"rating": 9, "email": "zane@guest.example"}, {"rating": 1}])
    def test_is_not_due_where_all_is_well_or_nobody_can_be_reached(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock, fields: dict[str, object]
    ) -> None:
        lead, _ = rate(store, catalogue, clock, **fields)
        assert lead.follow_up_by is None
        assert "Follow up by" not in words_of(reviewer.page("/"))

    def test_is_overdue_after_its_day(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        three_days_ago = DrivenClock()
        three_days_ago.now = clock() - timedelta(days=3)
        rate(store, catalogue, three_days_ago, rating=3, phone="+37126123456")
        assert "Overdue since" in words_of(reviewer.page("/"))

    def test_goes_with_what_was_sent(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        lead, token = rate(store, catalogue, clock, rating=3, phone="+37126123456")
        erase_by_receipt(store, token, now=clock())
        with store.reading() as tx:
            assert get_lead(tx, lead.reference).follow_up_by is None


class TestADaySetByStaff:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_is_due_on_that_day_and_overdue_after_it(
        self, reviewer: Browser, reviewing: MakeReviewer, lead: Lead, clock: DrivenClock
    ) -> None:
        day = clock() + timedelta(days=3)
        assert set_day(reviewer, lead, f"{day:%Y-%m-%d}") == 303
        due = "/?state=all&due=follow_up"
        assert "Follow up by 24 Nov 2026" in words_of(reviewer.page("/"))
        assert lead.reference not in reviewer.get(due).text
        clock.now = day.replace(hour=0, minute=1)
        assert lead.reference in reviewing("piotr@tidewick.example").get(due).text
        clock.advance(hours=24)
        assert "Overdue since 24 Nov 2026" in words_of(reviewing("anna@tidewick.example").page("/"))

    def test_is_set_and_taken_away_on_the_record(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        for day in ("2026-11-24", "2026-11-24", "2026-11-25", ""):
            assert set_day(reviewer, lead, day) == 303
        assert lead_now(store, lead).follow_up_by is None
        said = {entry["day"] for entry in entries(store, lead, "lead.follow_up_set")}
        assert said == {"2026-11-24", "2026-11-25", None}
        assert len(entries(store, lead, "lead.follow_up_set")) == 3

    @pytest.mark.parametrize("day", ["2026-11-20", "2031-01-01", "tomorrow", "2026-11-31", "20261124", "1.1.2027"])
    def test_is_a_day_from_today_on_and_within_the_leads_time(
        self, reviewer: Browser, store: Store, lead: Lead, day: str
    ) -> None:
        assert set_day(reviewer, lead, day) == 422
        assert lead_now(store, lead) == lead

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_getting_in_touch_settles_it_and_a_new_day_can_be_set_then(
        self, reviewer: Browser, store: Store, lead: Lead
    ) -> None:
        set_day(reviewer, lead, "2026-11-24")
        before = lead_now(store, lead).follow_up_by
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/contact"))
        assert lead_now(store, lead).follow_up_by is None
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/undo"))
        assert lead_now(store, lead).follow_up_by == before
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/contact"))
        assert set_day(reviewer, lead, "2026-11-21") == 303
        assert lead.reference in reviewer.get("/?state=contacted&due=follow_up").text
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/undo"))
        assert "Follow up by 21 Nov 2026" in words_of(reviewer.page(path_of(lead)))

    def test_a_decision_ends_it_and_is_not_made_to_wait(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        seen = reviewer.page(path_of(lead))
        set_day(reviewer, lead, "2026-11-21")
        page = reviewer.page(path_of(lead))
        assert reviewer.send(seen, path_of(lead, "/contact")).status_code == 409  # somebody changed it since
        reviewer.send(page, path_of(lead, "/decline"), reason="not_a_fit")
        assert lead.reference not in reviewer.get("/?state=all&due=follow_up").text
        assert "Follow up by" not in words_of(reviewer.page(path_of(lead)))
        late = reviewer.send(page, path_of(lead, "/follow-up"), day="2026-11-25")
        assert (late.status_code, "set a day for" in late.text) == (409, True)
        with pytest.raises(MoveRefused):
            set_follow_up(
                store, lead.reference, "2026-11-25", seen_version=lead_now(store, lead).version, staff_id="5" * 32,
                now=lead.received_at,
            )  # fmt: skip


def set_day(browser: Browser, lead: Lead, day: str) -> int:
    """Set a day by the form of the page."""
    return browser.send(browser.page(path_of(lead)), path_of(lead, "/follow-up"), day=day).status_code

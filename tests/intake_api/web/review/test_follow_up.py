"""A follow-up that is due: it stands in the queue until somebody decides, and goes with what was sent."""

from datetime import timedelta

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.leads import Lead, get_lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY
from tests.intake_api.web.review.visitor import Browser, words_of


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
        assert "Follow" not in words_of(reviewer.page("/"))

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

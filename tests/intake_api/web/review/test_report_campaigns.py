"""Where leads come from: sources, campaigns and codes; nobody is to be told from the others by a link."""

from datetime import date

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role
from intake_api.store.base import Store
from intake_api.store.code_uses import count_use
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY
from tests.intake_api.web.review.visitor import MakeReviewer, words_of

TODAY = date(2026, 11, 21)


def come(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, times: int, **by: str) -> list[str]:
    """Let as many people come by a link; return the references of their leads."""
    references = []
    for _ in range(times):
        shown = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock())
        asked = {field.name for field in shown.view.form.fields}
        typed = {name: value for name, value in FIELDS.items() if name in asked}
        sent = Submission("request_demo", shown.signed_id, "en", typed, {}, by)
        references.append(submit_lead(store, queue, catalogue, TOKEN_KEY, sent, now=clock()).reference)
    return references


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestCampaigns:
    def test_says_what_became_of_each_and_puts_the_few_together(
        self, reviewing: MakeReviewer, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        many = come(store, queue, catalogue, clock, 6, utm_source="fair", utm_campaign="autumn")
        come(store, queue, catalogue, clock, 1, utm_campaign="for-anna-only")
        come(store, queue, catalogue, clock, 2, utm_campaign="for-olga-and-igor")
        come(store, queue, catalogue, clock, 1)
        decline_lead(store, many[0], seen_version=1, reason="not_a_fit", staff_id="s" * 32, now=clock())
        with store.writing() as tx:
            count_use(tx, "FAIR-26", "request_demo", times=3)
        page = words_of(reviewing("marta@tidewick.example", roles=[Role.LEAD]).page("/reports/campaigns?days=7"))
        assert "fair · autumn 6 before: 0 1 before: 0 0 before: 0 0 before: 0 0% before: –" in page
        assert "Others, fewer than 5 leads each 3 before: 0 0 before: 0" in page
        assert "Neither said 1 before: 0" in page
        assert "anna" not in page
        assert "olga" not in page
        assert "FAIR-26 Request demo 3" in page

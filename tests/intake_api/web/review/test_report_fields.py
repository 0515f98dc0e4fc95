"""What is asked for and what it is used for: names and numbers, never what somebody typed."""

from datetime import date

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.read_lead import read_lead
from intake_api.rules.period import days_until
from intake_api.rules.staff_roles import Role
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.counted_leads import current_counts
from intake_api.store.report_fields import Use, uses_of_fields
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, keep_lead
from tests.intake_api.web.review.visitor import MakeReviewer, words_of

WEEK = days_until(date(2026, 11, 21), 7)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestFields:
    def test_says_by_form_and_field_what_was_asked_given_skipped_read_and_forwarded(
        self, reviewing: MakeReviewer, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        read = keep_lead(store, catalogue, now=clock())
        keep_lead(store, catalogue, now=clock(), headcount=12)
        for _ in range(3):
            read_lead(store, read.reference, actor="operator", why="test", now=clock())
        with store.writing() as tx:
            passed_on = {"fields": ["email", "name"], "operation": "upsert"}
            evidence.add_entry(tx, "delivery.delivered", actor="system", now=clock(), lead_id=read.id, facts=passed_on)
            evidence.add_entry(tx, "delivery.tried", actor="system", now=clock(), lead_id=read.id, facts=passed_on)
        with store.reading() as tx:
            uses = uses_of_fields(current_counts(tx), WEEK)
            assert uses_of_fields(current_counts(tx), WEEK.before) == {}
        assert uses["request_demo", "email", Use.GIVEN] == 2
        assert uses["request_demo", "headcount", Use.GIVEN] == 1
        assert uses["request_demo", "email", Use.READ] == 1
        assert uses["request_demo", "email", Use.FORWARDED] == 1
        answer = reviewing("dace@tidewick.example", roles=[Role.OFFICER]).page("/reports/fields?days=7")
        page = words_of(answer).replace(" before: 0", "")
        assert "Request demo · email 2 2 0 1 1 50%" in page
        assert "Request demo · headcount 2 1 1 0 0 0%" in page
        assert "Request demo · phone 2 0 2 0 0 –" in page
        assert not [value for value in map(str, FIELDS.values()) if value in answer.text]

    def test_an_empty_house_has_an_empty_report(self, reviewing: MakeReviewer) -> None:
        page = words_of(reviewing("dace@tidewick.example", roles=[Role.OFFICER]).page("/reports/fields"))
        assert "Nothing was counted yet." in page

"""Asking the CRM from a lead's page, and sending a test: by whom, and what the answer says."""

from dataclasses import replace

import pytest
from flask import Flask

from intake_api.app import create_review_app
from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.rules.staff_roles import PEOPLE_ROLES, Role
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.destination_questions import Answer, find_question, record_answer
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, entries, keep_first_yes
from tests.intake_api.web.review.test_dry_run import ODOO
from tests.intake_api.web.review.test_roles import proof_of
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, path_of, words_of

HERE, CHECK = "/destinations", "/destinations/check"


@pytest.fixture
def review_app(settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock) -> Flask:
    """The review door before a CRM that tells what it holds."""
    mapped = replace(catalogue, destinations={"odoo": ODOO})
    return create_review_app(replace(settings, destination="odoo"), mapped, store, clock)


@pytest.fixture
def administrator(reviewing: MakeReviewer) -> Browser:
    return reviewing("anna@tidewick.example", roles=[Role.ADMINISTRATOR])


def answered(store: Store, clock: DrivenClock, answer: Answer, lead: Lead | None = None) -> None:
    """Leave the worker's answer to what was asked last."""
    with store.writing() as tx:
        about = lead.id if lead else None
        question = find_question(tx, destination="odoo", recipient="crm", lead_id=about, now=clock())
        assert question is not None
        record_answer(tx, question.id, answer)


class TestAskingAboutALead:
    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (Answer("absent"), "It makes a new record there."),
            (Answer("held", remote_id="17"), "It updates a record there: 17"),
            (Answer("retry", "too_slow"), "It could not be found out: too slow. See whether the address is right"),
            (
                Answer("not_allowed_in", "credential_refused", 401),
                "credential refused (401). Put the key or the password",
            ),
            (Answer("unknown", "search_refused"), "search refused. docs/delivery.md says what this answer means"),
        ],
    )
    def test_the_page_says_what_came_of_it(
        self, reviewer: Browser, store: Store, lead: Lead, clock: DrivenClock, answer: Answer, said: str
    ) -> None:
        page = reviewer.page(path_of(lead))
        assert "Not asked yet." in page.text
        asked = reviewer.send(page, path_of(lead, "/ask"))
        assert (asked.status_code, asked.headers["Location"]) == (303, f"{path_of(lead)}?state=new#dry-run")
        waiting = reviewer.page(path_of(lead))
        assert "Asked. The answer comes within seconds." in waiting.text
        assert path_of(lead, "/ask") not in waiting.forms
        answered(store, clock, answer, lead)
        assert said in words_of(reviewer.page(path_of(lead)))
        assert said in words_of(reviewer.page(path_of(lead, "/question")))

    def test_a_worker_that_is_silent_is_looked_for(self, reviewer: Browser, lead: Lead, clock: DrivenClock) -> None:
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/ask"))
        clock.advance(minutes=2)
        assert "python -m intake_api worker --check" in reviewer.page(path_of(lead, "/question")).text

    def test_m10_the_answer_alone_is_no_reading_and_holds_nothing_of_the_person(
        self, reviewer: Browser, store: Store, lead: Lead
    ) -> None:
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/ask"))
        read = len(entries(store, lead, "lead.read"))
        part = reviewer.get(path_of(lead, "/question")).text
        assert not [value for value in FIELDS.values() if str(value) in part]
        assert len(entries(store, lead, "lead.read")) == read

    def test_x01_nothing_is_asked_where_nothing_may_go(
        self, reviewer: Browser, store: Store, queue: Queue, catalogue: Catalogue, lead: Lead, clock: DrivenClock
    ) -> None:
        closed = keep_first_yes(store, queue, catalogue, now=clock())
        assert path_of(closed, "/ask") not in reviewer.page(path_of(closed)).forms
        proof = {"proof": proof_of(reviewer)}
        assert reviewer.client.post(path_of(closed, "/ask"), data=proof, headers=OURS).status_code == 409
        assert entries(store, closed, "lead.looked_for_there") == []


class TestSendingATest:
    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (Answer("done"), "It would take a lead: address, credential and rights are right."),
            (
                Answer("not_allowed_in", "credential_refused", 401),
                "It would take no lead: credential refused (401). Put",
            ),
            (Answer("refused", "map_missing"), "map of fields missing. Put right the destination's file"),
            (Answer("not_asked", "destination_not_configured"), "restart both"),
        ],
    )
    def test_an_administrator_sends_one_and_reads_what_to_do(
        self, administrator: Browser, store: Store, clock: DrivenClock, answer: Answer, said: str
    ) -> None:
        asked = administrator.send(administrator.page(HERE), CHECK)
        assert (asked.status_code, asked.headers["Location"]) == (303, f"{HERE}#check")
        waiting = administrator.page(HERE)
        assert "Asked. The answer comes within seconds." in waiting.text
        assert CHECK not in waiting.forms
        answered(store, clock, answer)
        assert said in words_of(administrator.page(HERE))
        assert said in words_of(administrator.page("/destinations/question"))

    def test_it_is_on_the_record(self, administrator: Browser, reviewing: MakeReviewer) -> None:
        administrator.send(administrator.page(HERE), CHECK)
        officer = reviewing("dace@tidewick.example", roles=[Role.OFFICER])
        assert "anna@tidewick.example Sent a destination a test" in words_of(officer.page("/audit"))

    @pytest.mark.parametrize("role", sorted(PEOPLE_ROLES - {Role.ADMINISTRATOR}))
    def test_sec06_nobody_else_does(
        self, reviewing: MakeReviewer, store: Store, clock: DrivenClock, role: Role
    ) -> None:
        browser = reviewing(roles=[role])
        assert browser.client.post(CHECK, data={"proof": proof_of(browser)}, headers=OURS).status_code == 403
        assert "Send a test" not in browser.get(HERE).text
        with store.reading() as tx:
            assert find_question(tx, destination="odoo", recipient="crm", lead_id=None, now=clock()) is None

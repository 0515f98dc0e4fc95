"""Who is asked again is asked for the age, too, where today's notice asks and the old yes told none (K-01, K-02)."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.flows.ask_again import ask_again
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import state_of
from tests.intake_api.flows.publishing import MATERIAL, Press
from tests.intake_api.flows.renewals import token_of
from tests.intake_api.kept_leads import TOKEN_KEY, entries, keep_lead
from tests.intake_api.web.html import read_page
from tests.intake_api.web.test_renewals import send

ASKING = ("organisation.yml", "children: not_for_children", "children: asked\nchildren_in: LT")
OFFERS = {"purpose": "product_offers", "answer": "yes"}


class Asked:
    """Somebody who said yes before the house asked for an age, and is asked again since something changed."""

    def __init__(self, store: Store, lead: Lead, today: Catalogue) -> None:
        self.store, self.lead = store, lead
        self.notice = today.notice("request_demo", "en")
        self.path = f"/renew/{token_of(store, lead)}"

    @property
    def state(self) -> DecisionState:
        return state_of(self.store, self.lead, "product_offers")


@pytest.fixture
def asked(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path) -> Asked:
    lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
    today = Press(store, clock, tmp_path).publish(MATERIAL, ASKING)
    ask_again(store, queue, TOKEN_KEY, now=clock())
    return Asked(store, lead, today)


class TestAskingAgain:
    def test_k01_n19_the_question_stands_before_yes_and_no_and_nothing_is_chosen(
        self, public: FlaskClient, asked: Asked
    ) -> None:
        page = read_page(public.get(asked.path).text)
        old, young = page.all("input", type="radio", name="age")
        assert (old.get("value"), young.get("value")) == ("at_or_over", "under")
        assert "checked" not in {**old.attributes, **young.attributes}
        assert young.place < page.all("button", type="submit")[0].place
        assert asked.notice.texts["age.question"] == "Are you 14 or older?"
        assert asked.notice.texts["age.question"] in page.text

    def test_k01_a_yes_without_the_answer_is_asked_for_it(self, public: FlaskClient, asked: Asked) -> None:
        before = asked.state
        answer = send(public, asked.path, **OFFERS, notice=asked.notice.hash)
        assert answer.status_code == 422
        assert asked.notice.texts["age.missing"] in read_page(answer.text).text
        assert asked.state is before
        assert entries(asked.store, asked.lead, "consent.renewed") == []

    def test_k04_a_yes_of_somebody_old_enough_is_kept_with_threshold_and_answer(
        self, public: FlaskClient, asked: Asked
    ) -> None:
        answer = send(public, asked.path, **OFFERS, notice=asked.notice.hash, age="at_or_over")
        assert answer.status_code == 303
        (entry,) = entries(asked.store, asked.lead, "consent.renewed")
        assert entry["age"] == {"threshold": 14, "answer": "at_or_over"}

    def test_k01_a_no_needs_none(self, public: FlaskClient, asked: Asked) -> None:
        answer = send(public, asked.path, purpose="product_offers", answer="no", notice=asked.notice.hash)
        assert answer.status_code == 303
        assert asked.state is DecisionState.WITHDRAWN

    def test_k02_under_ends_the_old_yes_and_takes_no_new_one(self, public: FlaskClient, asked: Asked) -> None:
        answer = send(public, asked.path, **OFFERS, notice=asked.notice.hash, age="under")
        assert answer.status_code == 200
        assert "Please ask a parent or another grown-up" in answer.text
        assert asked.state is DecisionState.WITHDRAWN
        assert entries(asked.store, asked.lead, "consent.renewed") == []

    @pytest.mark.parametrize("age", ["13", "yes", "2012-01-01", ""])
    def test_k01_nothing_but_the_two_answers_is_taken(self, public: FlaskClient, asked: Asked, age: str) -> None:
        answer = send(public, asked.path, **OFFERS, notice=asked.notice.hash, age=age)
        assert answer.status_code == 422
        assert entries(asked.store, asked.lead, "consent.renewed") == []

    def test_k05_a_house_that_does_not_ask_shows_no_question(
        self,
        public: FlaskClient,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        clock: DrivenClock,
        tmp_path: Path,
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        Press(store, clock, tmp_path).publish(MATERIAL)
        ask_again(store, queue, TOKEN_KEY, now=clock())
        assert read_page(public.get(f"/renew/{token_of(store, lead)}").text).all("input", name="age") == []

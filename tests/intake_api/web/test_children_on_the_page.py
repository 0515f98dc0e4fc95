"""The question about the age on the hosted page, without scripts: beside the decisions, and with a kind end."""

import json
import re
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.app import create_public_app
from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.flows.open_store import ready_store
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import PUBLIC_URL, ROOT, DrivenClock
from tests.intake_api.web.conftest import READING, Count
from tests.intake_api.web.html import Page, read_page

CONTEST = "/f/contest"
DEMO = "/f/request_demo"
LOCALES = ["en", "lv", "ru", "pl", "cs"]
TYPED = {"f-message": "Keys on a board", "f-email": "zane@guest.example"}


def shown(public: FlaskClient, clock: DrivenClock, path: str = CONTEST, locale: str = "en") -> Page:
    """Show a page, and read it."""
    page = read_page(public.get(f"{path}?lang={locale}").text)
    clock.advance(seconds=READING)
    return page


def choice(page: Page, name: str, answer: str) -> dict[str, str]:
    """Choose yes or no at a control of a page."""
    button = page.one("input", id=f"{name}-{answer}")
    return {button.get("name"): button.get("value")}


def filled(page: Page, *, news: str | None = "yes", age: str | None = None) -> dict[str, str]:
    """Fill the contest in."""
    decided = choice(page, "d-newsletter", news) if news else {}
    return {**page.form(), **TYPED, **decided, **(choice(page, "age", age) if age else {}), "go": "send"}


class TestTheQuestion:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_k01_n19_stands_after_the_decisions_with_two_equal_answers_and_none_chosen(
        self, public: FlaskClient, clock: DrivenClock, catalogue: Catalogue, locale: str
    ) -> None:
        page = shown(public, clock, locale=locale)
        yes, no = page.all("input", type="radio", name="age")
        assert (yes.get("id"), no.get("id")) == ("age-yes", "age-no")
        assert "checked" not in {**yes.attributes, **no.attributes}
        assert yes.attributes.keys() == no.attributes.keys()
        assert page.one("input", id="d-newsletter-no").place < yes.place < page.one("button", type="submit").place
        texts = catalogue.notice("contest", locale).texts
        asked = [texts[f"age.{name}"] for name in ("question", "why", "at_or_over", "younger")]
        assert all(" ".join(said.split()) in " ".join(page.text.split()) for said in asked)
        assert texts["age.too_young"] not in page.text

    def test_k01_no_input_takes_a_number_or_a_date_of_it(self, public: FlaskClient, clock: DrivenClock) -> None:
        page = shown(public, clock)
        assert {one.get("type") for one in page.all("input", name="age")} == {"radio"}
        assert page.all("input", type="date") == page.all("input", type="number") == []

    def test_k05_a_form_that_does_not_ask_takes_no_answer(self, public: FlaskClient, clock: DrivenClock) -> None:
        page = shown(public, clock, DEMO)
        assert page.all("input", name="age") == []
        assert public.post(DEMO, data={**page.form(), "age": "yes"}).status_code == 422

    @pytest.mark.parametrize("locale", LOCALES)
    def test_k01_k05_the_whole_notice_says_which_of_the_two_it_is(
        self, public: FlaskClient, catalogue: Catalogue, locale: str
    ) -> None:
        for form, key in (("contest", "children_asked"), ("request_demo", "children_not_for")):
            notice = catalogue.notice(form, locale)
            whole = " ".join(read_page(public.get(f"/notices/{notice.hash}").text).text.split())
            assert " ".join(notice.texts[f"page.{key}"].split()) in whole
            assert notice.texts["page.children"] in whole


class TestAnswering:
    def test_k01_k04_a_yes_of_somebody_old_enough_is_kept_with_it(
        self, public: FlaskClient, clock: DrivenClock, store: Store
    ) -> None:
        answer = public.post(CONTEST, data=filled(shown(public, clock, locale="cs"), age="yes"))
        assert answer.status_code == 303
        with store.reading() as tx:
            (body,) = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'submission.received'"))
        assert json.loads(body)["age"] == {"threshold": 15, "answer": "at_or_over"}

    @pytest.mark.parametrize("news", ["no", None])
    def test_k01_a_no_needs_no_answer(self, public: FlaskClient, clock: DrivenClock, news: str | None) -> None:
        assert public.post(CONTEST, data=filled(shown(public, clock), news=news)).status_code == 303

    @pytest.mark.parametrize("locale", LOCALES)
    def test_k01_a_yes_without_it_is_asked_again_and_nothing_typed_or_chosen_is_lost(
        self, public: FlaskClient, clock: DrivenClock, catalogue: Catalogue, kept: Count, locale: str
    ) -> None:
        answer = public.post(CONTEST, data=filled(shown(public, clock, locale=locale)))
        page = read_page(answer.text)
        assert answer.status_code == 422
        assert page.one("p", id="problem-age").text == catalogue.notice("contest", locale).texts["age.missing"]
        assert page.one("a", href="#age-yes")
        assert page.form()["f-email"] == TYPED["f-email"]
        assert "checked" in page.one("input", id="d-newsletter-yes").attributes
        assert kept() == 0
        assert public.post(CONTEST, data={**page.form(), **choice(page, "age", "yes")}).status_code == 303

    @pytest.mark.parametrize("news", ["yes", "no", None])
    def test_k02_under_ends_it_kindly_and_the_form_does_not_come_back(
        self, public: FlaskClient, clock: DrivenClock, catalogue: Catalogue, kept: Count, news: str | None
    ) -> None:
        answer = public.post(CONTEST, data=filled(shown(public, clock, locale="lv"), news=news, age="no"))
        page = read_page(answer.text)
        assert answer.status_code == 422
        assert " ".join(catalogue.notice("contest", "lv").texts["age.too_young"].split()) in page.text
        assert page.all("form") == []
        assert not [typed for typed in TYPED.values() if typed in answer.text]
        assert kept() == 0

    @pytest.mark.parametrize("value", ["yes", "at_or_over", "under", ""])
    def test_c02_only_what_was_rendered_for_this_showing_is_taken(
        self, public: FlaskClient, clock: DrivenClock, kept: Count, value: str
    ) -> None:
        page, other = shown(public, clock), shown(public, clock)
        for forged in (value, choice(other, "age", "yes")["age"], choice(page, "d-newsletter", "yes")["d-newsletter"]):
            assert public.post(CONTEST, data={**filled(page), "age": forged}).status_code == 422
        assert kept() == 0


@pytest.fixture
def asking(tmp_path: Path, settings: Settings, store: Store, queue: Queue, clock: DrivenClock) -> FlaskClient:
    """A house that asks everywhere, also in a form long enough to be checked, and in pages."""
    folder = copytree(ROOT / "catalogue", tmp_path / "catalogue")
    house = folder / "organisation.yml"
    house.write_text(re.sub("children: not_for_children", "children: asked", house.read_text("utf-8")), "utf-8")
    demo = folder / "forms/request_demo.yml"
    pages = "\npages:\n  - [name, email, phone]\n  - [company, role, headcount, budget, message]\n"
    demo.write_text(demo.read_text("utf-8") + pages, "utf-8")
    loaded = load_catalogue(folder, PUBLIC_URL)
    ready_store(store, loaded, settings, now=clock())
    return create_public_app(settings, loaded, store, clock).test_client()


class TestTheCheckOfTheAnswers:
    def press(self, asking: FlaskClient, page: Page, go: str, **more: str) -> tuple[int, Page]:
        answer: Any = asking.post(DEMO, data={**page.form(), **more, "go": go})
        return answer.status_code, read_page(answer.text)

    def last(self, asking: FlaskClient, clock: DrivenClock) -> Page:
        return self.press(asking, shown(asking, clock, DEMO), "2", **{"f-name": "Zane", "f-email": "z@guest.example"})[
            1
        ]

    def test_k01_it_is_shown_once_more_and_travels_with_the_pages(
        self, asking: FlaskClient, clock: DrivenClock
    ) -> None:
        page = self.last(asking, clock)
        chosen = {**choice(page, "d-newsletter", "yes"), **choice(page, "age", "yes")}
        status, check = self.press(asking, page, "check", **chosen)
        assert status == 200
        assert "Yes, I am 16 or older" in check.text
        _, first = self.press(asking, check, "1")
        assert first.form()["age"] == chosen["age"]
        _, again = self.press(asking, first, "2")
        assert "checked" in again.one("input", id="age-yes").attributes
        assert asking.post(DEMO, data={**check.form(), "go": "send"}).status_code == 303

    def test_k01_a_missing_one_is_asked_for_before_the_check(self, asking: FlaskClient, clock: DrivenClock) -> None:
        page = self.last(asking, clock)
        status, again = self.press(asking, page, "check", **choice(page, "d-newsletter", "yes"))
        assert status == 422
        assert again.one("p", id="problem-age")
        assert self.press(asking, page, "check", **choice(page, "d-newsletter", "no"))[0] == 200

    @pytest.mark.parametrize("go", ["check", "1"])
    def test_k02_under_ends_it_at_the_next_step(
        self, asking: FlaskClient, clock: DrivenClock, kept: Count, go: str
    ) -> None:
        page = self.last(asking, clock)
        status, end = self.press(asking, page, go, **choice(page, "age", "no"))
        assert (status, end.all("form")) == (422, [])
        assert "You are not 16 yet." in end.text
        assert kept() == 0

"""A form in the place of its line: drawn, filled in, sent, refused."""

import json

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.rules.suspicion import PROOF_FROM_SUSPECTED_FORM, Counted
from intake_api.store.base import Store
from intake_api.web.door import door_of
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.browsing import ALL_TEXT
from tests.intake_api.web.conftest import READING, Count
from tests.intake_api.web.embedded.visitor import (
    EMAIL,
    LANGUAGES,
    details,
    heard,
    open_form,
    reference,
    refusals,
    send,
    words,
)
from tests.intake_api.web.host_pages import Site
from tests.intake_api.web.widget.visitor import TOUCHED, UNTOUCHED

pytestmark = pytest.mark.browser

FAR = "<div style='height: 9000px'></div>"


def say_yes(page: Page) -> None:
    page.locator(".vestibule-decision input[value=yes]").check()


class TestHowItStands:
    def test_nothing_is_asked_before_the_visitor_comes_near(self, page: Page, site: Site, address: str) -> None:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        site.before, site.options = FAR, ' data-form="newsletter" data-mode="inline"'
        page.goto(f"{site.url}/en")
        page.wait_for_load_state("networkidle")
        assert [url for url in asked if url.startswith(address)] == [f"{address}/embed.js"]
        assert heard(page) == []
        page.mouse.wheel(0, 8600)
        expect(page.locator(".vestibule-sheet")).to_be_visible()
        paths = [url.removeprefix(address).partition("?")[0] for url in asked if url.startswith(address)]
        assert paths == ["/embed.js", "/embed/form-en.js", "/v1/forms/newsletter"]
        assert page.evaluate(TOUCHED) == UNTOUCHED

    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_v08_notice_questions_and_decisions_are_those_of_the_notice(
        self, page: Page, site: Site, locale: str, catalogue: Catalogue
    ) -> None:
        form = open_form(page, site, "newsletter", path=f"/{locale}")
        texts = catalogue.notice("newsletter", locale).texts
        shown = form.inner_text()
        places = [shown.index(texts[key]) for key in ("form_title", "short", "withdraw", "field.email.label")]
        assert places == sorted(places)
        purpose = ("title", "text", "label", "if_not_given", "retention")
        for key in ("field.email.why", "page.necessity_required", *(f"{name}.newsletter" for name in purpose)):
            assert texts[key] in shown, key
        notice = form.get_by_role("link", name=words(locale)["form"]["whole_notice"])
        expect(notice).to_have_attribute("href", catalogue.view("newsletter", locale).document["notice"]["page"])  # type: ignore[index]
        expect(form.get_by_role("button", name=texts["submit_label"])).to_be_visible()

    def test_c01_c03_each_purpose_has_one_control_with_nothing_chosen_and_yes_like_no(
        self, page: Page, site: Site
    ) -> None:
        form = open_form(page, site, "request_contact")
        expect(form.locator(".vestibule-decision")).to_have_count(1)
        expect(form.locator("input:checked")).to_have_count(0)
        yes, no = (form.locator(f".vestibule-pair label:has([value={each}])").bounding_box() for each in ("yes", "no"))
        assert yes
        assert no
        assert (yes["width"], yes["height"]) == (no["width"], no["height"])

    def test_n05_an_objection_is_told_apart_and_questions_for_some_come_up_for_them(
        self, page: Page, site: Site, catalogue: Catalogue
    ) -> None:
        form = open_form(page, site, "feedback")
        texts = catalogue.notice("feedback", "en").texts
        phone = form.get_by_label(texts["field.phone.label"])
        expect(phone).to_be_hidden()
        form.get_by_label("3", exact=True).check()
        expect(form.locator("strong", has_text=texts["object.learn_from_feedback"])).to_be_visible()
        phone.fill("+371 2012 3456")
        form.get_by_label("9", exact=True).check()
        expect(phone).to_be_hidden()
        with page.expect_request("**/submissions") as sent:
            send(page)
        reference(page)
        assert sent.value.post_data_json["fields"] == {"rating": 9}


class TestSent:
    def test_it_is_kept_and_the_visitor_gets_reference_what_is_next_and_receipt(
        self, page: Page, site: Site, kept: Count
    ) -> None:
        form = open_form(page, site, "newsletter")
        page.fill("#f-email", EMAIL)
        say_yes(page)
        send(page)
        number = reference(page)
        expect(form.get_by_role("heading", name=words("en")["thanks"]["title"])).to_be_focused()
        expect(form).to_contain_text("Within one working day we write once")
        expect(form).to_contain_text(words("en")["receipt"]["states"]["requested"])
        link = form.get_by_role("link", name=words("en")["thanks"]["receipt_link"]).get_attribute("href")
        assert link
        assert kept() > 0
        assert EMAIL not in page.evaluate(ALL_TEXT)
        assert page.evaluate(TOUCHED) == UNTOUCHED
        assert page.evaluate("heard") == [
            ["ready", {"form": "newsletter", "mode": "inline"}, "vestibule-form"],
            ["shown", {"form": "newsletter", "mode": "inline"}, "vestibule-form"],
            ["submitted", {"form": "newsletter", "mode": "inline", "reference": number}, "vestibule-form"],
        ]

    def test_sec38_what_a_machine_writes_into_the_field_nobody_sees_is_sent_along(self, page: Page, site: Site) -> None:
        form = open_form(page, site, "newsletter")
        expect(form.locator("#remark")).not_to_be_in_viewport()
        form.locator("#remark").evaluate("e => { e.value = 'buy'; }")
        page.fill("#f-email", EMAIL)
        say_yes(page)
        with page.expect_request("**/submissions") as sent:
            send(page)
        reference(page)
        assert sent.value.post_data_json["trap"] == "buy"

    def test_c04_a_download_is_there_whatever_was_said_to_the_newsletter(self, page: Page, site: Site) -> None:
        form = open_form(page, site, "download")
        form.locator(".vestibule-field [type=radio]").first.check()
        page.fill("#f-email", EMAIL)
        form.locator(".vestibule-decision [value=no]").check()
        send(page)
        reference(page)
        expect(form.locator("a[href*='/downloads/']")).to_have_count(1)

    def test_a_long_form_shows_the_answers_once_more_and_sends_nothing_before_the_last_step(
        self, page: Page, site: Site, kept: Count
    ) -> None:
        sent: list[str] = []
        page.on("request", lambda asked: sent.append(asked.post_data or "") if asked.method == "POST" else None)
        form = open_form(page, site, "request_demo", path="/en?utm_source=letter&utm_campaign=<b>&gclid=x")
        page.locator(".vestibule-next").click()
        expect(page.locator("#problem-name")).to_have_text(words("en")["embed"]["missing"])
        expect(page.locator("#f-name")).to_be_focused()
        page.fill("#f-name", "Zane Example")
        page.fill("#f-email", EMAIL)
        page.select_option("#f-role", "owner")
        page.fill("#f-headcount", "12")
        page.locator(".vestibule-next").click()
        assert form.locator("dd").all_inner_texts() == ["Zane Example", EMAIL, "I own it", "12"]
        expect(form.locator(".vestibule-decision")).to_have_count(2)
        assert sent == []
        send(page)
        reference(page)
        body = json.loads(sent[0])
        assert body["fields"] == {"name": "Zane Example", "email": EMAIL, "role": "owner", "headcount": 12}
        assert body["decisions"] == {}
        assert body["attribution"] == {"utm_source": "letter"}
        assert len(sent) == 1
        assert kept() > 0


class TestWhatGoesWrong:
    def test_problems_stand_beside_their_fields_and_the_first_gets_the_focus(self, page: Page, site: Site) -> None:
        form = open_form(page, site, "newsletter")
        page.fill("#f-email", "zane@@guest.example")
        say_yes(page)
        send(page)
        problem = page.locator("#problem-email")
        expect(problem).to_be_visible()
        box = page.locator("#f-email")
        expect(box).to_be_focused()
        expect(box).to_have_attribute("aria-invalid", "true")
        assert "problem-email" in (box.get_attribute("aria-describedby") or "").split()
        expect(box).to_have_value("zane@@guest.example")
        expect(form.get_by_role("alert")).to_contain_text(words("en")["problems"]["heading"])
        page.fill("#f-email", EMAIL)
        send(page)
        reference(page)

    @pytest.mark.parametrize(("status", "sentence"), [(503, "unavailable"), (429, "unavailable"), (500, "not_sent")])
    def test_what_was_typed_survives_a_refused_send(
        self, page: Page, site: Site, status: int, sentence: str, kept: Count
    ) -> None:
        form = open_form(page, site, "newsletter")
        page.fill("#f-email", EMAIL)
        say_yes(page)
        page.route(
            "**/submissions", lambda route: route.fulfill(status=status, json={"code": "x"}, headers=shared(site))
        )
        send(page)
        said = words("en")
        expect(form.get_by_role("alert")).to_contain_text(said["problems"].get(sentence) or said["embed"][sentence])
        expect(page.locator("#f-email")).to_have_value(EMAIL)
        expect(page.locator("[value=yes]")).to_be_checked()
        assert kept() == 0
        page.unroute("**/submissions")
        send(page)
        reference(page)

    def test_an_answer_that_was_lost_on_the_way_makes_no_second_lead(
        self, page: Page, site: Site, context: BrowserContext, kept: Count
    ) -> None:
        form = open_form(page, site, "newsletter")
        page.fill("#f-email", EMAIL)
        say_yes(page)

        def lose(route: Route) -> None:
            route.fetch()
            route.abort()

        page.route("**/submissions", lose)
        send(page)
        expect(form.get_by_role("alert")).to_contain_text(words("en")["embed"]["no_answer"])
        rows = kept()
        assert rows > 0
        expect(page.locator("#f-email")).to_have_value(EMAIL)
        page.unroute("**/submissions")
        send(page)
        reference(page)
        assert kept() == rows

    def test_a_double_click_sends_once(self, page: Page, site: Site) -> None:
        sent: list[str] = []
        page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
        open_form(page, site, "newsletter")
        page.fill("#f-email", EMAIL)
        say_yes(page)
        page.dblclick(".vestibule-send")
        reference(page)
        assert len(sent) == 1

    def test_c06_after_half_an_hour_a_fresh_form_keeps_what_was_typed_and_asks_for_the_yes_again(
        self, page: Page, site: Site, clock: DrivenClock, kept: Count
    ) -> None:
        form = open_form(page, site, "newsletter")
        page.fill("#f-email", EMAIL)
        say_yes(page)
        clock.advance(minutes=31)
        send(page)
        expect(form.get_by_role("alert")).to_contain_text(words("en")["problems"]["presentation_expired"])
        expect(page.locator("#f-email")).to_have_value(EMAIL)
        expect(form.locator("input:checked")).to_have_count(0)
        assert kept() == 0
        say_yes(page)
        send(page)
        reference(page)

    def test_k02_a_child_is_sent_home_kindly_and_nothing_stays(self, page: Page, site: Site, kept: Count) -> None:
        form = open_form(page, site, "request_contact")
        page.fill("#f-email", EMAIL)
        page.fill("#f-message", "I am 12 years old and my name is zq7f3")
        send(page)
        expect(form.get_by_role("heading", name=words("en")["too_young"]["title"])).to_be_visible()
        assert "zq7f3" not in page.evaluate(ALL_TEXT)
        assert kept() == 0

    def test_when_the_form_cannot_be_had_its_page_is_offered_and_it_can_be_tried_again(
        self, page: Page, site: Site, address: str
    ) -> None:
        site.options = ' data-form="newsletter" data-mode="inline"'
        page.route("**/v1/forms/newsletter*", lambda route: route.abort())
        page.goto(f"{site.url}/en")
        trouble = page.locator(".vestibule-trouble")
        expect(trouble).to_contain_text(words("en")["embed"]["form_away"])
        expect(trouble.get_by_role("link")).to_have_attribute("href", f"{address}/f/newsletter?lang=en")
        page.unroute("**/v1/forms/newsletter*")
        trouble.get_by_role("button").click()
        expect(page.locator(".vestibule-sheet")).to_be_visible()

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (' data-form="nothing" data-mode="inline"', 'there is no form "nothing"'),
            (' data-mode="popup"', "needs data-form"),
            (' data-form="newsletter" data-mode="banner"', "Write one of: chat, inline, button, popup"),
            (' data-form="newsletter" data-mode="inline" type="module"', "leave out type"),
        ],
    )
    def test_a_line_with_a_mistake_says_so_to_whoever_wrote_it(
        self, page: Page, site: Site, options: str, sentence: str
    ) -> None:
        site.options = options
        with page.expect_console_message(lambda said: sentence in said.text):
            page.goto(f"{site.url}/en")
        expect(page.locator("vestibule-form, vestibule-chat")).to_have_count(0)


class TestNo:
    def test_c10_a_no_is_counted_and_leaves_nothing(self, page: Page, site: Site, kept: Count, store: Store) -> None:
        form = open_form(page, site, "request_contact")
        page.fill("#f-email", EMAIL)
        page.get_by_role("button", name=words("en")["embed"]["decline"]).click()
        expect(form.get_by_role("heading", name=words("en")["refused"]["title"])).to_be_focused()
        assert EMAIL not in page.evaluate(ALL_TEXT)
        assert kept() == 0
        assert refusals(store) == 1
        page.get_by_role("button", name=words("en")["refused"]["again"]).click()
        expect(page.locator("#f-email")).to_have_value("")

    def test_c10_a_no_to_all_there_is_to_agree_to_is_a_no(self, page: Page, site: Site, store: Store) -> None:
        form = open_form(page, site, "newsletter")
        page.fill("#f-email", EMAIL)
        send(page)
        expect(form.locator(".vestibule-decision")).to_contain_text(words("en")["problems"]["decision_missing"])
        assert refusals(store) == 0
        form.locator("[value=no]").check()
        send(page)
        expect(form).to_contain_text(words("en")["refused"]["text"])
        assert refusals(store) == 1
        assert details(page, "ready") == {"form": "newsletter", "mode": "inline"}
        assert "submitted" not in heard(page)


def shared(site: Site) -> dict[str, str]:
    """The header without which the page may not read an answer."""
    return {"Access-Control-Allow-Origin": site.url}


class TestTheCalculation:
    """SEC-38: what a form asks of the browser when very much is coming in is done here as on its own page."""

    @pytest.fixture
    def suspicion(self, public_app: Flask, clock: DrivenClock) -> None:
        """Much that was held came by this form lately."""
        for _ in range(PROOF_FROM_SUSPECTED_FORM):
            door_of(public_app).arrivals.count(Counted.SUSPECTED_FORM, "newsletter", now=clock())

    def test_sec38_who_presses_before_it_is_done_waits_a_moment_and_nothing_is_held(
        self, page: Page, site: Site, clock: DrivenClock, suspicion: None, store: Store
    ) -> None:
        open_form(page, site, "newsletter")
        page.fill("#f-email", EMAIL)
        say_yes(page)
        clock.advance(seconds=READING)
        send(page)
        expect(page.locator(".vestibule-reference")).to_be_visible()
        with store.reading() as tx:
            assert [tuple(row) for row in tx.execute(text("SELECT state, held_for FROM leads"))] == [("new", None)]

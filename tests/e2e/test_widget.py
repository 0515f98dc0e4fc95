"""The chat on somebody else's page, with all that runs behind it: in five languages, and when things go wrong."""

import json
import re
import signal
import sqlite3
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.e2e.journey import REFERENCE, TYPED, shown_lead
from tests.intake_api.web.browsing import running_chromium
from tests.intake_api.web.host_pages import Site, running_site
from tests.intake_api.web.widget.visitor import LANGUAGES, words
from tests.processes import WholeHouse, whole_house

pytestmark = pytest.mark.browser

MOST_TURNS = 30
CORRECTED = "Ilze Corrected"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[WholeHouse]:
    with whole_house(tmp_path_factory.mktemp("house"), ALLOWED_ORIGINS=site.url) as running:
        site.door = running.url("public")
        yield running


@pytest.fixture(scope="module")
def chromium(house: WholeHouse) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext, site: Site, house: WholeHouse) -> "Visit":
    """A visitor on the English page who has asked for a demo and sees the notice."""
    visit = Visit(context.new_page(), house, "en", f"{site.url}/en")
    visit.asks_for_the_demo()
    return visit


class Visit:
    """A visitor in a browser who knows the form, as its API describes it."""

    def __init__(self, page: Page, house: WholeHouse, locale: str, url: str) -> None:
        self.page = page
        address = f"{house.url('public')}/v1/forms/request_demo?locale={locale}&channel=chat"
        with urllib.request.urlopen(address, timeout=30) as answer:
            self.form: dict[str, Any] = json.load(answer)
        page.goto(url)
        page.click(".vestibule-bubble")
        # The very first turn of a house takes longest: until then nothing is loaded that a turn needs.
        expect(page.locator(".vestibule-choice").first).to_be_visible()
        self.settled()

    def asks_for_the_demo(self) -> None:
        """Press the button of the form; the notice comes before any question (H-02)."""
        self.presses(self.form["title"])
        expect(self.page.locator(".vestibule-notice")).to_contain_text(self.form["notice"]["short"])
        link = self.page.locator(".vestibule-notice a")
        expect(link).to_have_attribute("href", self.form["notice"]["page"])

    def says(self, text: str) -> None:
        """Type a line, press Enter, and wait for the answer."""
        count = self.page.locator(".vestibule-turn").count()
        self.page.fill("#vestibule-input", text)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".vestibule-turn")).to_have_count(count + 2)
        self.settled()

    def presses(self, title: str) -> None:
        """Press a button by its title and wait for the answer."""
        count = self.page.locator(".vestibule-turn").count()
        self.page.get_by_role("button", name=title, exact=True).click()
        expect(self.page.locator(".vestibule-turn")).to_have_count(count + 2)
        self.settled()

    def settled(self) -> None:
        """Wait until the assistant has answered."""
        expect(self.page.locator(".vestibule-typing")).to_be_hidden()

    @property
    def heard(self) -> str:
        """Return the last that the assistant said."""
        return self.page.locator(".vestibule-turn").last.inner_text()

    @property
    def titles(self) -> list[str]:
        """Return the titles of the buttons that can be pressed."""
        return self.page.locator(".vestibule-choice").all_inner_texts()

    def answers(self) -> None:
        """Answer what is asked: a field by what TYPED says or not at all, an offer by no."""
        heard, titles = self.heard, self.titles
        asked = next((field["name"] for field in self.form["fields"] if field["question"] in heard), None)
        offers = [one["question"] for one in self.form["notice"]["purposes"] if one["control"] == "opt_in"]
        if asked in TYPED:
            self.says(TYPED[asked])
        elif asked:
            self.presses(titles[-2])  # before "Why do you ask?": "Rather not say"
        else:
            assert any(offer in heard for offer in offers), heard
            self.presses(titles[1])

    def answers_until_the_summary(self) -> None:
        """Answer everything; at the end the contact is shown masked (H-16)."""
        for _ in range(MOST_TURNS):
            if len(self.titles) == 3 and "• " in self.heard:
                assert TYPED["email"] not in self.heard
                return
            self.answers()
        raise AssertionError(self.heard)

    def sends(self) -> str:
        """Press the first button of the summary and return the reference."""
        self.presses(self.titles[0])
        found = REFERENCE.search(self.heard)
        assert found, self.heard
        return found[0]


def service(house: WholeHouse) -> list[str]:
    settings = [f"{name}={value}" for name, value in house.environment.items() if name.startswith("VESTIBULE_")]
    return ["env", *settings, sys.executable, "-m", "intake_api"]


def leads_in(house: WholeHouse) -> int:
    with closing(sqlite3.connect(f"file:{house.state}/vestibule.sqlite?mode=ro", uri=True)) as database:
        (count,) = database.execute("SELECT COUNT(*) FROM leads").fetchone()
        return int(count)


@contextmanager
def rasa_stopped(house: WholeHouse) -> Iterator[None]:
    """Let Rasa accept and never answer until the block ends."""
    port = str(house.ports["rasa"])
    (rasa,) = (
        each
        for each in psutil.Process(house.process.pid).children(recursive=True)
        if any(str(one.laddr.port) == port for one in each.net_connections("tcp") if one.status == "LISTEN")
    )
    rasa.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        rasa.send_signal(signal.SIGCONT)


class TestLanguages:
    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_a_whole_conversation_with_a_correction(
        self, context: BrowserContext, site: Site, house: WholeHouse, locale: str
    ) -> None:
        visit = Visit(context.new_page(), house, locale, f"{site.url}/{locale}")
        expect(visit.page.locator(".vestibule-assistant")).to_contain_text(words(locale)["assistant"])
        visit.asks_for_the_demo()
        visit.presses(visit.titles[0])
        visit.answers_until_the_summary()
        visit.presses(visit.titles[1])
        name = next(field["label"] for field in visit.form["fields"] if field["name"] == "name")
        visit.presses(name)
        visit.says(CORRECTED)
        assert CORRECTED in visit.heard
        reference = visit.sends()
        receipt = visit.page.locator(".vestibule-turn").last.locator("a")
        assert re.match(rf"{re.escape(house.url('public'))}/receipts/", receipt.get_attribute("href") or "")
        lead = shown_lead(service(house), reference)
        assert (lead["fields"]["name"], lead["locale"], lead["channel"]) == (CORRECTED, locale, "chat")
        assert lead["fields"]["email"] == TYPED["email"]
        expect(visit.page.locator("#vestibule-input")).to_have_value("")

    def test_it_follows_the_visitor_into_another_language(
        self, context: BrowserContext, site: Site, house: WholeHouse
    ) -> None:
        visit = Visit(context.new_page(), house, "en", f"{site.url}/en")
        visit.says("lūdzu, runāsim latviski")
        if words("lv")["assistant"] not in visit.page.locator(".vestibule-assistant").inner_text():
            visit.presses("Latviešu")
        expect(visit.page.locator(".vestibule-assistant")).to_contain_text(words("lv")["assistant"])
        expect(visit.page.get_by_role("dialog")).to_have_attribute("lang", "lv")


class TestRefusing:
    def test_c10_after_a_no_nothing_is_kept_and_the_chat_goes_on(self, visit: Visit, house: WholeHouse) -> None:
        before = leads_in(house)
        visit.presses(visit.titles[1])
        assert "nothing is kept" in visit.heard
        visit.says("what are your opening hours?")
        assert "9:00" in visit.heard
        assert leads_in(house) == before


class TestWhenThingsGoWrong:
    def test_a_double_click_on_yes_is_one_yes(self, visit: Visit) -> None:
        visit.page.get_by_role("button", name=visit.titles[0], exact=True).dblclick()
        expect(visit.page.locator(".vestibule-turn").last).to_contain_text(visit.form["fields"][0]["question"])
        expect(visit.page.locator(".vestibule-you")).to_have_count(2)

    def test_a_reload_and_an_outage_in_the_middle_lose_nothing_and_send_once(
        self, visit: Visit, context: BrowserContext, house: WholeHouse
    ) -> None:
        before = leads_in(house)
        visit.presses(visit.titles[0])
        visit.answers()
        open_question = visit.heard
        visit.page.reload()
        visit.page.click(".vestibule-bubble")
        expect(visit.page.locator(".vestibule-note")).to_have_text(words("en")["resumed"])
        visit.settled()
        assert visit.heard == open_question
        context.set_offline(True)
        visit.page.fill("#vestibule-input", TYPED["email"])
        visit.page.keyboard.press("Enter")
        expect(visit.page.locator(".vestibule-problem")).to_contain_text(words("en")["away"])
        expect(visit.page.locator("#vestibule-input")).to_have_value(TYPED["email"])
        context.set_offline(False)
        visit.page.get_by_role("button", name=words("en")["retry"]).click()
        expect(visit.page.locator(".vestibule-problem")).to_be_empty()
        visit.settled()
        visit.answers_until_the_summary()
        lost: list[int] = []

        def lose(route: Route) -> None:
            lost.append(route.fetch().status)
            route.abort()

        visit.page.route("**/v1/chat/messages", lose)
        visit.page.get_by_role("button", name=visit.titles[0], exact=True).click()
        expect(visit.page.locator(".vestibule-problem")).to_contain_text(words("en")["away"])
        visit.page.unroute("**/v1/chat/messages")
        visit.page.get_by_role("button", name=words("en")["retry"]).click()
        expect(visit.page.locator(".vestibule-problem")).to_be_empty()
        visit.settled()
        assert lost == [200]
        assert leads_in(house) == before + 1

    def test_a_rasa_that_hangs_is_told_and_a_turn_that_it_takes_late_counts_once(
        self, visit: Visit, house: WholeHouse
    ) -> None:
        visit.presses(visit.titles[0])
        with rasa_stopped(house):
            visit.page.fill("#vestibule-input", "Ilze Example")
            visit.page.keyboard.press("Enter")
            expect(visit.page.locator(".vestibule-problem")).to_contain_text(words("en")["away"])
            expect(visit.page.locator("#vestibule-input")).to_have_value("Ilze Example")
            form = visit.page.locator(".vestibule-problem a")
            expect(form).to_have_attribute("href", f"{house.url('public')}/f/request_demo?lang=en")
        visit.page.get_by_role("button", name=words("en")["retry"]).click()
        expect(visit.page.locator(".vestibule-problem")).to_be_empty()
        visit.settled()
        expect(visit.page.locator("#vestibule-input")).to_have_value("")
        visit.answers_until_the_summary()
        assert "• Your name: Ilze Example" in visit.heard

    @pytest.mark.parametrize("sign", ["ж", "\U0001f600", "ā\u0301"])
    def test_h15_two_thousand_characters_arrive(self, visit: Visit, sign: str) -> None:
        visit.says(sign * (2000 // len(sign)))
        expect(visit.page.locator(".vestibule-problem")).to_be_empty()

    def test_h19_end_and_forget_does_both_sides(self, visit: Visit, house: WholeHouse) -> None:
        token = visit.page.evaluate("sessionStorage['vestibule-chat']")
        visit.page.click(".vestibule-forget")
        expect(visit.page.locator(".vestibule-news")).to_contain_text(words("en")["forgotten"])
        assert visit.page.evaluate("sessionStorage.length") == 0
        asked = urllib.request.Request(
            f"{house.url('public')}/v1/chat/conversations/current", headers={"Authorization": f"Bearer {token}"}
        )
        with pytest.raises(urllib.error.HTTPError) as gone:
            urllib.request.urlopen(asked, timeout=30)
        with gone.value as answer:
            assert (answer.status, json.load(answer)["code"]) == (404, "conversation_unknown")

"""The page of a lead in a browser: it says that somebody looks at it while it can be seen, and no longer."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.review.test_in_a_browser import signed_in
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
TOO = "opened this lead, too"
# What a browser does when its tab is put behind another one, and brought back.
TURN = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def page(chromium: Chromium, address: str, reviewer: Browser, lead: Lead) -> Iterator[Page]:
    """A page of Ilze's on a lead, with a clock that stands still until the test moves it."""
    context = signed_in(chromium, address, reviewer)
    opened = context.new_page()
    opened.clock.install()
    opened.goto(address + path_of(lead))
    opened.clock.pause_at(opened.evaluate("Date.now() + 1000"))
    yield opened
    context.close()


@pytest.fixture
def piotr(reviewing: MakeReviewer) -> Browser:
    """Somebody else who reviews."""
    return reviewing("piotr@tidewick.example")


def pass_two_minutes(page: Page, clock: DrivenClock) -> None:
    """Let two minutes pass here and there, and wait until the page has said that it is open."""
    clock.advance(minutes=2)
    with page.expect_response("**/look") as answer:
        page.clock.run_for(120_000)
    assert answer.value.status == 204


class TestLooking:
    def test_an_open_page_says_so_for_as_long_as_it_can_be_seen(
        self, page: Page, piotr: Browser, lead: Lead, clock: DrivenClock
    ) -> None:
        for _ in range(4):
            pass_two_minutes(page, clock)
        assert f"{TOO}" in piotr.get(path_of(lead)).text

    def test_a_hidden_page_asks_nothing_and_one_that_is_seen_again_says_so_at_once(
        self, page: Page, piotr: Browser, lead: Lead, clock: DrivenClock
    ) -> None:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(TURN, True)
        page.clock.run_for(1_200_000)
        clock.advance(minutes=20)
        assert page.evaluate("fetch('/assets/mark.svg').then((answer) => answer.status)") == 200
        assert [url.rpartition("/")[2] for url in asked] == ["mark.svg"]
        assert TOO not in piotr.get(path_of(lead)).text
        with page.expect_response("**/look") as answer:
            page.evaluate(TURN, False)
            page.clock.run_for(1)
        assert answer.value.status == 204
        assert TOO in piotr.get(path_of(lead)).text

    def test_a_page_without_a_lead_asks_nothing(self, page: Page) -> None:
        page.keyboard.press("/")
        page.get_by_role("searchbox").wait_for()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.clock.run_for(600_000)
        assert page.evaluate("fetch('/assets/mark.svg').then((answer) => answer.status)") == 200
        assert [url.rpartition("/")[2] for url in asked] == ["mark.svg"]

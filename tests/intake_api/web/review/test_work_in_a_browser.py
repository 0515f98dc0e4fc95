"""A lead in hand in a real browser: by the key, on phone and laptop, light and dark, with a note nobody can break."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium

from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import lead_now
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of

pytestmark = pytest.mark.browser
NOTE = "Call after five.\nAsks for <script>document.title = 'ran'</script> " + "a-very-long-word" * 20


@pytest.fixture
def worked_on(reviewer: Browser, reviewing: MakeReviewer, lead: Lead, clock: DrivenClock) -> Lead:
    """A lead with two notes and a day, given to somebody with a long address, who is not here."""
    reviewing("anna.with.a.rather.long.name@tidewick.example")
    for note in (NOTE, "Called, nobody there."):
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/notes"), note=note)
        clock.advance(minutes=1)
    day = f"{clock() + timedelta(days=3):%Y-%m-%d}"
    reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/follow-up"), day=day)
    return lead


class TestALeadInHand:
    def test_it_is_taken_by_a_key_and_shown_without_a_violation(
        self, chromium: Chromium, address: str, reviewer: Browser, worked_on: Lead, store: Store
    ) -> None:
        context = chromium.new_context()
        context.add_cookies([{"name": "vestibule", "value": reviewer.token, "url": address}])
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(address + path_of(worked_on))
        page.locator("#note").press("a")  # in a field a key is a letter
        assert page.locator("#note").input_value() == "a"
        page.locator("h1").click()
        page.keyboard.press("a")
        page.locator("[data-assignee]", has_text="You have it in hand.").wait_for()
        assert lead_now(store, worked_on).assigned_to is not None
        assert page.title().startswith(worked_on.reference)
        assert "<script>document.title" in page.locator("[data-note] .typed").first.inner_text()
        found = {}
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                for path in (path_of(worked_on), "/", "/?assignee=me"):
                    page.goto(address + path)
                    violations = [one["id"] for one in Axe().run(page).response["violations"]]
                    overflow = page.evaluate("document.documentElement.scrollWidth") - width
                    if violations or overflow > 0 or (faint := page.evaluate(FAINT_TEXT)):
                        found[path, scheme, width] = (violations, overflow, faint)
        assert found == {}
        assert trap.caught == []
        context.close()

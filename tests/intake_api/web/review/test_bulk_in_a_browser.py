"""Many leads at once in a real browser: by keys, without scripts, as it goes on; on a phone and a laptop."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from intake_api.catalogue.model import Catalogue
from intake_api.flows.act_on_many import BulkDesk, act_on_many
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_first_yes, keep_lead, lead_now
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow
from tests.intake_api.web.review.test_in_a_browser import signed_in
from tests.intake_api.web.review.visitor import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def leads(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> list[Lead]:
    """Four leads, newest first; the second of them has not confirmed yet."""
    kept = [keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(2)]
    waiting = keep_first_yes(store, queue, catalogue, now=clock.advance(seconds=1))
    return [keep_lead(store, catalogue, now=clock.advance(seconds=1)), waiting, *kept[::-1]]


@pytest.fixture
def page(chromium: Chromium, address: str, reviewer: Browser) -> Iterator[Page]:
    context = signed_in(chromium, address, reviewer)
    yield context.new_page()
    context.close()


def work(store: Store, queue: Queue, clock: DrivenClock, page: Page) -> None:
    """Do the worker's part of the job on the page."""
    job = page.url.partition("?")[0].rpartition("/")[2]
    act_on_many(store, BulkDesk(queue, "file", "crm"), job, 1, clock=clock)


class TestByKeys:
    def test_x_ticks_the_chosen_one_and_the_page_goes_on_by_itself(
        self, page: Page, address: str, leads: list[Lead], store: Store, queue: Queue, clock: DrivenClock
    ) -> None:
        trap = Trap(page, address)
        page.goto(address)
        for key in "jxjxjxjkx":  # three are ticked, and the third is given back
            page.keyboard.press(key)
        expect(page.locator("#many-tools")).to_have_attribute("open", "")
        expect(page.locator("#many-tools summary")).to_have_text("Several at once: 2 chosen")
        expect(page.locator("#said")).to_have_text("Several at once: 2 chosen")
        page.get_by_label("What to do").select_option("approve")
        follow(page.get_by_role("button", name="See what would happen"))
        expect(page.locator("main")).to_contain_text("It would be done with 1")
        expect(page.locator("main")).to_contain_text("This person has not confirmed yet")
        follow(page.get_by_role("button", name="Do it with this one"))
        expect(page.locator("[data-progress=running]")).to_be_visible()
        work(store, queue, clock, page)
        expect(page.locator("[data-progress=over]")).to_be_visible()
        expect(page.locator("#said")).to_have_text("Done. Done: 1. Left out: 1. Still to do: 0.")
        assert [lead_now(store, lead).state for lead in leads[:2]] == [LeadState.QUALIFIED, LeadState.NEW]
        assert (trap.caught, trap.failed) == ([], [])

    def test_keys_go_on_beside_a_box_that_was_clicked(self, page: Page, address: str, leads: list[Lead]) -> None:
        page.goto(address)
        page.locator(".pick input").nth(1).click()
        page.keyboard.press("j")
        expect(page.locator(".rows .reference").nth(2)).to_be_focused()
        expect(page.locator(".pick input:checked")).to_have_count(1)
        assert page.url.rstrip("/") == address

    def test_a_row_still_opens_by_a_click_beside_its_box(self, page: Page, address: str, leads: list[Lead]) -> None:
        page.goto(address)
        follow(page.locator(".row").nth(0))
        expect(page.locator("h1")).to_have_text(leads[0].reference)


class TestWithoutScripts:
    def test_all_of_it(
        self,
        chromium: Chromium,
        address: str,
        reviewer: Browser,
        leads: list[Lead],
        store: Store,
        queue: Queue,
        clock: DrivenClock,
    ) -> None:
        context = chromium.new_context(java_script_enabled=False)
        context.add_cookies([{"name": "vestibule", "value": reviewer.token, "url": address}])
        page = context.new_page()
        page.goto(address)
        page.get_by_label(f"Choose {leads[0].reference}").check()
        page.locator("#many-tools summary").click()
        page.get_by_label("What to do").select_option("decline:not_a_fit")
        follow(page.get_by_role("button", name="See what would happen"))
        follow(page.get_by_role("button", name="Do it with this one"))
        work(store, queue, clock, page)
        follow(page.get_by_role("link", name="Look again"))
        expect(page.locator("[data-progress=over]")).to_be_visible()
        assert lead_now(store, leads[0]).state is LeadState.DECLINED
        context.close()


class TestForEverybody:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(("width", "height"), SIZES)
    def test_no_state_has_a_violation_faint_text_or_is_wider_than_the_screen(
        self,
        chromium: Chromium,
        address: str,
        reviewer: Browser,
        leads: list[Lead],
        store: Store,
        queue: Queue,
        clock: DrivenClock,
        scheme: str,
        width: int,
        height: int,
    ) -> None:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        context.add_cookies([{"name": "vestibule", "value": reviewer.token, "url": address}])
        page, found = context.new_page(), {}

        def look(state: str) -> None:
            violations = [one["id"] for one in Axe().run(page).response["violations"]]
            overflow = page.evaluate("document.documentElement.scrollWidth") - width
            if violations or overflow > 0 or (faint := page.evaluate(FAINT_TEXT)):
                found[state] = (violations, overflow, faint)

        page.goto(address)
        page.locator(".pick input").nth(0).check()
        page.locator(".pick input").nth(1).check()
        look("chosen")
        follow(page.get_by_role("button", name="See what would happen"))
        look("looked at")
        follow(page.get_by_role("button", name="Do it with this one"))
        look("under way")
        work(store, queue, clock, page)
        page.reload()
        look("over")
        page.goto(f"{address}/bulk")
        look("list")
        assert found == {}
        context.close()

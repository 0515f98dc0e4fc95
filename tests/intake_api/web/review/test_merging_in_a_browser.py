"""Merging in a real browser: by the key, without scripts, on phone and laptop, light and dark, whatever was typed."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.merging import Pair
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow
from tests.intake_api.web.review.test_in_a_browser import ATTACKS, FOREIGN, signed_in
from tests.intake_api.web.review.visitor import MakeReviewer, path_of

pytestmark = pytest.mark.browser


@pytest.fixture
def pair(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Pair:
    return Pair(store, queue, catalogue, clock, message=ATTACKS + " a-very-long-word" + "-again" * 40)


def problems_of(page: Page, address: str, *paths: str) -> dict[tuple[str, str, int], object]:
    """Return what is wrong with some pages, by path, scheme and width."""
    found: dict[tuple[str, str, int], object] = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for path in paths:
                page.goto(address + path)
                violations = [one["id"] for one in Axe().run(page).response["violations"]]
                overflow = page.evaluate("document.documentElement.scrollWidth") - width
                if violations or overflow > 0 or (faint := page.evaluate(FAINT_TEXT)):
                    found[path, scheme, width] = (violations, overflow, faint)
    return found


class TestMerging:
    def test_by_the_key_and_back_again(
        self, chromium: Chromium, address: str, pair: Pair, reviewing: MakeReviewer
    ) -> None:
        context = signed_in(chromium, address, reviewing())
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(address + path_of(pair.confirmed))
        page.keyboard.press("m")
        expect(page.locator("h1")).to_have_text(f"Merge {pair.later.reference} into {pair.confirmed.reference}")
        assert page.evaluate(FOREIGN) == 0
        follow(page.get_by_role("button", name=f"Merge: {pair.confirmed.reference} stays"))
        expect(page.locator(".said")).to_contain_text("is part of this lead now")
        assert pair.now(pair.later).state is LeadState.MERGED
        assert page.evaluate(FOREIGN) == 0
        follow(page.get_by_role("button", name=f"Undo: {pair.later.reference}"))
        expect(page.locator(".said")).to_contain_text("is a lead of its own again")
        assert pair.now(pair.later).state is LeadState.NEW
        assert trap.caught == trap.failed == []
        context.close()

    def test_without_scripts(self, chromium: Chromium, address: str, pair: Pair, reviewing: MakeReviewer) -> None:
        context = signed_in(chromium, address, reviewing(), java_script_enabled=False)
        page = context.new_page()
        page.goto(address + path_of(pair.later))
        follow(page.locator("a.merge"))
        follow(page.get_by_role("link", name=f"Let {pair.confirmed.reference} stay instead"))
        follow(page.get_by_role("button", name=f"Merge: {pair.confirmed.reference} stays"))
        assert pair.now(pair.later).state is LeadState.MERGED
        follow(page.get_by_role("button", name=f"Undo: {pair.later.reference}"))
        assert pair.now(pair.later).state is LeadState.NEW
        context.close()

    def test_no_page_of_it_has_a_violation(
        self, chromium: Chromium, address: str, pair: Pair, reviewing: MakeReviewer
    ) -> None:
        other = pair.keep(email="anna@sample.example")
        context = signed_in(chromium, address, reviewing())
        page = context.new_page()
        preview, refused = (f"{path_of(pair.confirmed, '/merge')}?with={one.reference}" for one in (pair.later, other))
        assert problems_of(page, address, preview, refused, path_of(pair.confirmed)) == {}
        pair.merge(pair.confirmed, pair.later)
        assert problems_of(page, address, *map(path_of, (pair.confirmed, pair.later)), "/?state=merged") == {}
        context.close()

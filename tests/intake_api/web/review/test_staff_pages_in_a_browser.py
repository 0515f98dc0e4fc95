"""The pages of administrators and officers in a real browser: phone and laptop, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium

from intake_api.rules.staff_roles import Role
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of

pytestmark = pytest.mark.browser
FACTOR = "/account/second-factor"
PATHS = ("/people", "/people?done=invited", "/account", "/audit", "/rights", FACTOR)


@pytest.fixture
def everything(reviewing: MakeReviewer, reviewer: Browser, lead: Lead, store: Store) -> Browser:
    """Somebody with every role, in a house where something has happened."""
    reviewer.page(path_of(lead))
    anna = reviewing("anna.with.a.rather.long.name@tidewick.example", roles=set(Role) - {Role.INTEGRATION})
    anna.send(anna.page("/people"), "/people", email="maris@tidewick.example", role="reviewer")
    anna.send(anna.page(FACTOR), FACTOR)
    return anna


class TestForEverybody:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(("width", "height"), SIZES)
    def test_no_page_has_a_violation_faint_text_or_is_wider_than_the_screen(
        self, chromium: Chromium, address: str, everything: Browser, scheme: str, width: int, height: int
    ) -> None:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        context.add_cookies([{"name": "vestibule", "value": everything.token, "url": address}])
        page, found = context.new_page(), {}
        trap = Trap(page, address)
        for path in PATHS:
            page.goto(address + path)
            if path == FACTOR:
                assert page.evaluate("document.querySelector('img.squares').naturalWidth") > 0
            violations = [one["id"] for one in Axe().run(page).response["violations"]]
            overflow = page.evaluate("document.documentElement.scrollWidth") - width
            if violations or overflow > 0 or (faint := page.evaluate(FAINT_TEXT)):
                found[path] = (violations, overflow, faint)
        assert found == {}
        assert trap.caught == []
        context.close()

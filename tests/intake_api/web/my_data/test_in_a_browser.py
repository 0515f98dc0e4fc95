"""My data in a real browser without scripts: asked for, opened from the mail, shown and taken home as a file."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from intake_api.catalogue.model import Catalogue
from intake_api.rules.rights import ASKED_FOR
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.rights import EMAIL, Office
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """What there is to be seen."""
    return keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})


@pytest.mark.parametrize("size", SIZES)
class TestFromTheMail:
    def test_s05_c13_all_is_shown_and_can_be_taken_home(
        self, chromium: Browser, office: Office, address: str, size: tuple[int, int]
    ) -> None:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, java_script_enabled=False)
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(f"{address}/my-data?lang=en")
        page.get_by_label("Show me what you hold about me").check()
        page.get_by_label("Your e-mail address").fill(EMAIL)
        follow(page.get_by_role("button", name="Send me the link"))
        expect(page.get_by_role("heading", level=1)).to_have_text("We have your request")

        (case_id,) = office.case_ids()
        office.attempt(office.case(case_id))
        (path,) = office.links()
        page.goto(address + path)
        follow(page.get_by_role("button", name="Show me my data"))
        expect(page.get_by_role("heading", level=1)).to_have_text("What we hold about you")
        expect(page.get_by_text("Bērziņa Galdniecība")).to_be_visible()
        with page.expect_download() as file:
            page.get_by_role("button", name="Download as a file (JSON)").click()
        assert json.loads(Path(file.value.path()).read_text("utf-8"))["email"] == EMAIL
        assert file.value.suggested_filename == "my-data.json"
        assert trap.caught == []
        context.close()

    @pytest.mark.parametrize("kind", [kind.value for kind in ASKED_FOR])
    def test_each_page_can_be_read_on_any_screen(
        self, chromium: Browser, office: Office, address: str, size: tuple[int, int], kind: str
    ) -> None:
        path = f"{address}/my-data/{office.sent(kind)}"
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        for step in ("/my-data", "look", "press", "over"):
            if step == "press":
                main = page.get_by_role("main")
                follow(
                    main.get_by_role("button", name="Take back every yes")
                    if kind == "withdraw"
                    else main.get_by_role("button").first
                )
            else:
                page.goto(f"{address}/my-data?lang=en" if step == "/my-data" else path)
            assert page.evaluate(FAINT_TEXT) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.close()

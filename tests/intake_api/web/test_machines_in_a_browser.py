"""The hidden field and the proof of work in a real browser: people and their password managers get through (D4)."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from intake_api.rules.suspicion import PROOF_FROM_SUSPECTED_FORM, Counted
from intake_api.store.base import Store
from intake_api.web.door import door_of
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.browsing import SIZES, Trap, follow
from tests.intake_api.web.conftest import READING

pytestmark = pytest.mark.browser

FORM = "/f/request_contact"
THANKS = "Thank you, we have it"
Held = Callable[[], list[tuple[str, str | None]]]

# What a password manager or a browser's own autofill would fill in, one that heeds no hint to leave a field alone:
# whatever a person could see, and whatever is called like something it knows, seen or not.
AUTOFILL = """() => {
  const known = new RegExp("name|mail|phone|tel|mobile|company|organi|address|street|city|town|zip|post|country|"
    + "state|url|site|web|user|login|birth|title|fax|card", "i");
  const seen = (field) => {
    const place = field.getBoundingClientRect();
    return field.checkVisibility() && place.width > 0 && place.right > 0 && place.left < innerWidth;
  };
  const filled = [];
  for (const field of document.querySelectorAll("input, textarea")) {
    if (!["text", "email", "tel", "url", "textarea"].includes(field.type)) continue;
    const called = [field.name, field.id, field.placeholder, field.labels?.[0]?.textContent].join(" ");
    if (!seen(field) && !known.test(called)) continue;
    const value = /mail/i.test(called) ? "zane@guest.example" : field.type === "tel" ? "+371 20000000" : "Zane Example";
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    filled.push(field.name);
  }
  return filled;
}"""


@pytest.fixture
def kept(store: Store) -> Held:
    """Return the state of each lead, and why it is held."""

    def rows() -> list[tuple[str, str | None]]:
        with store.reading() as tx:
            return [(row.state, row.held_for) for row in tx.execute(text("SELECT state, held_for FROM leads"))]

    return rows


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    yield context
    context.close()


@pytest.fixture
def suspicion(public_app: Flask, clock: DrivenClock) -> None:
    """Much that was held came by this form lately."""
    for _ in range(PROOF_FROM_SUSPECTED_FORM):
        door_of(public_app).arrivals.count(Counted.SUSPECTED_FORM, "request_contact", now=clock())


def send(page: Page, clock: DrivenClock) -> None:
    """Say no to everything and send, after having read."""
    clock.advance(seconds=READING)
    for no in page.query_selector_all("input[type=radio][id$=-no]"):
        no.check()
    follow(page.locator("form.lead button[type=submit]").first)


class TestTheHiddenField:
    @pytest.mark.parametrize(("width", "height"), SIZES)
    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_d4_a_manager_that_fills_in_all_it_can_leaves_it_alone(
        self, chromium: Browser, address: str, clock: DrivenClock, kept: Held, locale: str, width: int, height: int
    ) -> None:
        context = chromium.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(f"{address}{FORM}?lang={locale}")
        filled = page.evaluate(AUTOFILL)
        assert "f-email" in filled
        assert "remark" not in filled
        send(page, clock)
        expect(page.locator("dl, .reference").first).to_be_visible()
        assert kept() == [("new", None)]
        assert trap.caught == []
        context.close()

    def test_d4_nobody_sees_it_reaches_it_or_hears_of_it(self, context: BrowserContext, address: str) -> None:
        page = context.new_page()
        page.goto(address + FORM)
        place = page.locator("#remark").bounding_box()
        assert place
        assert place["x"] + place["width"] < 0
        assert "empty" not in page.locator("form.lead").aria_snapshot()
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id"))
        assert "f-email" in reached
        assert "remark" not in reached
        assert Axe().run(page).response["violations"] == []

    def test_d4_a_script_that_fills_in_every_input_is_thanked_and_held(
        self, context: BrowserContext, address: str, clock: DrivenClock, kept: Held
    ) -> None:
        page = context.new_page()
        page.goto(address + FORM)
        page.evaluate(AUTOFILL)
        page.evaluate("document.querySelectorAll('input[type=text]').forEach((one) => { one.value ||= 'Pills'; })")
        send(page, clock)
        expect(page.locator("h1")).to_have_text(THANKS)
        assert kept() == [("held", '["hidden_field"]')]


class TestTheCalculation:
    def test_sec38_it_is_done_while_somebody_types(
        self, context: BrowserContext, address: str, clock: DrivenClock, kept: Held, suspicion: None
    ) -> None:
        page = context.new_page()
        trap = Trap(page, address)
        page.add_init_script(
            "window.turns = 0;"
            "const turn = () => { if (!document.querySelector('input[data-proof]')?.value) window.turns += 1;"
            " setTimeout(turn, 0); }; turn();"
        )
        page.goto(address + FORM)
        page.locator("#f-message").press_sequentially("Is there a late check-out?")
        page.fill("#f-email", "zane@guest.example")
        expect(page.locator("input[data-proof]")).not_to_have_value("")
        assert page.evaluate("window.turns") > 1  # the page had turns in between; how many is luck and the machine
        send(page, clock)
        expect(page.locator("h1")).to_have_text(THANKS)
        assert kept() == [("new", None)]
        assert trap.caught == []  # no other origin, no message, no error (M-07)

    def test_sec38_who_presses_before_it_is_done_waits_a_moment(
        self, context: BrowserContext, address: str, clock: DrivenClock, kept: Held, suspicion: None
    ) -> None:
        page = context.new_page()
        page.goto(address + FORM)
        page.fill("#f-message", "Is there a late check-out?")
        page.fill("#f-email", "zane@guest.example")
        send(page, clock)
        expect(page.locator("h1")).to_have_text(THANKS)
        assert kept() == [("new", None)]

    def test_sec38_without_scripts_it_is_sent_and_held(
        self, chromium: Browser, address: str, clock: DrivenClock, kept: Held, suspicion: None
    ) -> None:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(address + FORM)
        page.fill("#f-message", "Is there a late check-out?")
        page.fill("#f-email", "zane@guest.example")
        send(page, clock)
        expect(page.locator("h1")).to_have_text(THANKS)
        assert kept() == [("held", '["no_proof"]')]
        context.close()

"""A queue by the keyboard alone: forty leads, undo, help, switching off; and the same without any of it."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from intake_api.catalogue.model import Catalogue
from intake_api.rules.lead_state import DECLINE_REASONS, LeadState
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.corpora import naughty_chunks, needs_corpora
from tests.intake_api.kept_leads import keep_lead, kinds, lead_now
from tests.intake_api.web.browsing import FAINT_TEXT, Trap
from tests.intake_api.web.review.test_in_a_browser import ATTACKS, FOREIGN, signed_in
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of
from tests.processes import wait_until

pytestmark = pytest.mark.browser
ACTS = {
    "q": (LeadState.QUALIFIED, "was approved"),
    "c": (LeadState.CONTACTED, "is marked as contacted"),
    "s": (LeadState.SPAM, "is marked as spam"),
    **{str(number): (LeadState.DECLINED, "was declined") for number in range(1, len(DECLINE_REASONS) + 1)},
}


@pytest.fixture
def leads(store: Store, catalogue: Catalogue, clock: DrivenClock) -> list[Lead]:
    """Four leads, newest first."""
    return [keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(4)][::-1]


@pytest.fixture
def page(chromium: Chromium, address: str, reviewer: Browser) -> Iterator[Page]:
    """A page of Ilze's, signed in."""
    context = signed_in(chromium, address, reviewer)
    yield context.new_page()
    context.close()


def stands_at(page: Page, lead: Lead) -> None:
    """Wait until a lead is shown, with its address and title, and the focus on it."""
    expect(page.locator("h1")).to_have_text(lead.reference)
    expect(page).to_have_title(f"{lead.reference} – Vestibule")
    expect(page.locator("#main")).to_be_focused()
    expect(page).to_have_url(re.compile(path_of(lead)))


def press(page: Page, key: str) -> None:
    """Press a key; a number chooses a reason, once `d` has gone to them."""
    if key.isdigit():
        page.keyboard.press("d")
    page.keyboard.press(key)


class TestFortyLeads:
    def test_are_decided_by_the_keyboard_alone(
        self, page: Page, address: str, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(40)][::-1]
        keys = [list(ACTS)[number % len(ACTS)] for number in range(40)]
        trap = Trap(page, address)
        page.goto(address + "/")
        page.evaluate("window.stayed = true")
        page.keyboard.press("j")
        expect(page.locator(".reference").first).to_be_focused()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.evaluate("window.stayed = true")
        for lead, key in zip(leads, keys, strict=True):
            expect(page.locator("h1")).to_have_text(lead.reference)
            press(page, key)
            expect(page.locator("#said")).to_contain_text(f"{lead.reference} {ACTS[key][1]}")
        expect(page.locator("h1")).to_have_text("Queue: To decide")
        assert page.evaluate("window.stayed") is True, "a whole page was loaded in between"
        for lead, key in zip(leads, keys, strict=True):
            decided = lead_now(store, lead)
            assert decided.state is ACTS[key][0]
            assert decided.decline_reason == (list(DECLINE_REASONS)[int(key) - 1] if key.isdigit() else None)
            assert kinds(store, lead, "lead.read") == ["lead.read"]
        assert Counter(lead_now(store, lead).state for lead in leads)[LeadState.NEW] == 0
        assert trap.caught == trap.failed == []


class TestKeys:
    def test_next_and_before_stay_inside_the_filter(self, page: Page, address: str, leads: list[Lead]) -> None:
        page.goto(f"{address}{path_of(leads[0])}?state=new&channel=page")
        for key, lead in (("j", leads[1]), ("j", leads[2]), ("k", leads[1])):
            page.keyboard.press(key)
            stands_at(page, lead)
            expect(page).to_have_url(re.compile("channel=page"))
        page.go_back()
        stands_at_without_focus(page, leads[2])

    def test_undo_brings_the_lead_back_and_shows_it(
        self, page: Page, address: str, store: Store, leads: list[Lead]
    ) -> None:
        page.goto(address + path_of(leads[0]))
        for key in ("q", "c", "s", "3"):
            press(page, key)
            stands_at(page, leads[1])
            expect(page.get_by_role("button", name="Undo", exact=True)).to_be_visible()
            page.keyboard.press("u")
            stands_at(page, leads[0])
            expect(page.locator("#said")).to_contain_text(f"{leads[0].reference} is as it was before")
            assert lead_now(store, leads[0]).state is LeadState.NEW

    @pytest.mark.parametrize("pressed", ["Control+q", "Alt+q", "Meta+q", "Q", "1", "x"])
    def test_nothing_else_decides(
        self, page: Page, address: str, store: Store, leads: list[Lead], pressed: str
    ) -> None:
        page.goto(address + path_of(leads[0]))
        page.keyboard.press(pressed)
        page.keyboard.press("j")
        stands_at(page, leads[1])
        assert lead_now(store, leads[0]).state is LeadState.NEW

    def test_what_is_typed_into_a_field_is_no_key(
        self, page: Page, address: str, store: Store, leads: list[Lead]
    ) -> None:
        page.goto(address + "/record?form=request_demo&locale=en")
        page.locator("#f-name").focus()
        page.keyboard.type("jkqcdsu?/1")
        expect(page.locator("#f-name")).to_have_value("jkqcdsu?/1")
        expect(page.locator("#keys")).not_to_be_visible()

    def test_a_key_held_down_decides_one_lead(self, page: Page, address: str, store: Store, leads: list[Lead]) -> None:
        page.goto(address + path_of(leads[0]))
        for _ in range(3):
            page.keyboard.down("c")
        page.keyboard.up("c")
        stands_at(page, leads[1])
        assert [lead_now(store, lead).state for lead in leads[:2]] == [LeadState.CONTACTED, LeadState.NEW]

    def test_wcag_214_they_are_listed_and_can_be_switched_off(
        self, page: Page, address: str, store: Store, leads: list[Lead]
    ) -> None:
        page.goto(address + path_of(leads[0]))
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keys")
        expect(dialog).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("q")
        page.get_by_label("Use these keys in this browser").uncheck()
        page.keyboard.press("Escape")
        expect(dialog).not_to_be_visible()
        for _ in range(2):  # and it stays so
            page.keyboard.press("q")
            page.keyboard.press("?")
            expect(dialog).not_to_be_visible()
            page.reload()
        assert lead_now(store, leads[0]).state is LeadState.NEW
        page.get_by_role("button", name="Keys").click()
        page.get_by_label("Use these keys in this browser").check()
        page.get_by_role("button", name="Close").click()
        page.keyboard.press("q")
        stands_at(page, leads[1])

    def test_a_slash_goes_to_the_search_from_a_lead_as_from_the_list(
        self, page: Page, address: str, store: Store, leads: list[Lead]
    ) -> None:
        page.goto(address + path_of(leads[0]))
        page.evaluate("window.stayed = true")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        expect(page).to_have_url(f"{address}/search")
        assert page.evaluate("window.stayed") is True, "a whole page was loaded in between"
        page.keyboard.type(leads[3].reference)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator(".hits .reference")).to_have_text(leads[3].reference)
        page.goto(address + "/")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        assert lead_now(store, leads[0]).state is LeadState.NEW

    def test_a_key_without_anything_to_do_says_so(self, page: Page, address: str, leads: list[Lead]) -> None:
        page.goto(address + path_of(leads[0]))
        page.keyboard.press("u")
        expect(page.locator("#said")).to_have_text("This key does nothing here.")


class TestOddAnswers:
    def test_a_late_decision_gets_the_conflict_page(
        self, page: Page, address: str, reviewing: MakeReviewer, store: Store, leads: list[Lead]
    ) -> None:
        piotr, path = reviewing("piotr@tidewick.example"), path_of(leads[0])
        page.goto(address + path)
        piotr.send(piotr.page(path), f"{path}/decline", reason="duplicate")
        page.keyboard.press("q")
        expect(page.locator("h1")).to_have_text("Somebody was quicker")
        expect(page).to_have_url(re.compile(path))
        assert violations(page) == []
        assert lead_now(store, leads[0]).state is LeadState.DECLINED

    def test_without_an_answer_the_form_is_sent_plainly(
        self, page: Page, address: str, store: Store, leads: list[Lead]
    ) -> None:
        page.goto(address + path_of(leads[0]))
        page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no way')) }")
        with page.expect_navigation():
            page.keyboard.press("c")
        expect(page.locator("h1")).to_have_text(leads[1].reference)
        assert lead_now(store, leads[0]).state is LeadState.CONTACTED

    def test_what_was_pressed_is_done_even_if_the_page_is_left_at_once(
        self, page: Page, address: str, store: Store, leads: list[Lead]
    ) -> None:
        page.goto(address + path_of(leads[0]))
        page.evaluate("() => { document.querySelector('button[data-key=c]').click(); location.assign('/sign-in'); }")
        expect(page.locator("h1")).not_to_have_text(leads[0].reference)
        wait_until(lambda: lead_now(store, leads[0]).state is LeadState.CONTACTED)
        page.goto(f"{address}/?state=contacted")
        expect(page.locator(".reference")).to_have_text(leads[0].reference)

    def test_who_was_signed_out_meanwhile_is_asked_to_sign_in(
        self, page: Page, address: str, reviewer: Browser, store: Store, leads: list[Lead]
    ) -> None:
        page.goto(address + path_of(leads[0]))
        page.context.clear_cookies()
        page.keyboard.press("c")
        expect(page.locator("h1")).to_have_text("Sign in")
        assert lead_now(store, leads[0]).state is LeadState.NEW


class TestForEverybody:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [390, 1280])
    def test_axe_finds_nothing_and_all_can_be_read(
        self, chromium: Chromium, address: str, reviewer: Browser, leads: list[Lead], scheme: str, width: int
    ) -> None:
        size = {"width": width, "height": 800}
        context = signed_in(chromium, address, reviewer, viewport=size, color_scheme=scheme)
        page = context.new_page()
        page.goto(address + path_of(leads[0]))
        press(page, "c")
        stands_at(page, leads[1])
        for path in (None, path_of(leads[0]), "/?state=contacted", "/?state=spam"):
            if path:
                page.goto(address + path)
            assert violations(page) == []
            assert page.evaluate(FAINT_TEXT) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()

    def test_by_touch_every_act_is_one_press(
        self, chromium: Chromium, address: str, reviewer: Browser, store: Store, leads: list[Lead]
    ) -> None:
        size = {"width": 390, "height": 800}
        context = signed_in(chromium, address, reviewer, viewport=size, has_touch=True, is_mobile=True)
        page = context.new_page()
        page.goto(address + path_of(leads[0]))
        for lead, name in zip(leads, ("Contacted", "Approve", "spam", "Looks for a job"), strict=True):
            expect(page.locator("h1")).to_have_text(lead.reference)
            page.get_by_role("button", name=name).tap()
            expect(page.locator("#said")).to_contain_text(lead.reference)
        states = [lead_now(store, lead).state for lead in leads]
        assert states == [LeadState.CONTACTED, LeadState.QUALIFIED, LeadState.SPAM, LeadState.DECLINED]
        context.close()


class TestNothingOfAVisitorRuns:
    @needs_corpora
    @pytest.mark.parametrize("policy", ["on", "off"])
    def test_sec14_in_a_lead_that_is_put_in_the_place_of_another(
        self,
        chromium: Chromium,
        address: str,
        reviewer: Browser,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        policy: str,
    ) -> None:
        leads = [
            keep_lead(
                store, catalogue, now=clock.advance(seconds=1), message=chunk, company="'\"><script>alert(2)</script>"
            )
            for chunk in [ATTACKS, *naughty_chunks()]
        ]
        context = signed_in(chromium, address, reviewer, bypass_csp=policy == "off")
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(address + path_of(leads[-1]))
        for lead in leads[::-1]:
            expect(page.locator("h1")).to_have_text(lead.reference)
            assert page.evaluate(FOREIGN) == 0
            page.keyboard.press("c")
            expect(page.locator("#said")).to_contain_text(lead.reference)
        assert trap.caught == trap.failed == []
        context.close()


def stands_at_without_focus(page: Page, lead: Lead) -> None:
    expect(page.locator("h1")).to_have_text(lead.reference)
    expect(page).to_have_url(re.compile(path_of(lead)))


def violations(page: Page) -> list[str]:
    """Return what axe finds."""
    report = Axe().run(page, options={"resultTypes": ["violations"]})
    return [f"{one['id']}: {one['nodes'][0]['html'][:150]}" for one in report.response["violations"]]

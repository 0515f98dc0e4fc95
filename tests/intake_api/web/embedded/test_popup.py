"""A form that opens by itself: when, where, over nothing else, and how it stays away. The browser's clock is driven."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from intake_api.catalogue.definitions import Popup
from intake_api.store.base import Store
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.embedded.visitor import (
    EMAIL,
    details,
    heard,
    open_form,
    reference,
    refusals,
    send,
    violations,
    words,
)
from tests.intake_api.web.host_pages import Site
from tests.intake_api.web.widget.visitor import TOUCHED, UNTOUCHED

pytestmark = pytest.mark.browser

SEEN = "vestibule-seen-trial"
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
DELAY = 90  # seconds until it comes
WINDOW = ".vestibule-window[open]"
DIALOG = "<dialog id=theirs>Cookies? <button>Fine</button></dialog><input id=search aria-label=Search>"


def popup(trigger: str = "delay", position: str = "bottom") -> Popup:
    return Popup(trigger, DELAY if trigger == "delay" else None, position, again_after_days=30, quiet_after_no_days=180)


def open_page(page: Page, site: Site, at: dt.datetime = NOON, form: str = "trial", options: str = "") -> None:
    """Open the page at a time; from then on time goes by only when a test says so."""
    page.clock.install(time=at - dt.timedelta(minutes=1))
    page.clock.pause_at(at)
    open_form(page, site, form, "popup", options=options)
    page.wait_for_function("heard.length > 0")


def come_due(page: Page) -> None:
    """Let its time come, and not a second more: by the page's clock it gives up asking for the form after a while."""
    wait(page, DELAY)


def wait(page: Page, seconds: float) -> None:
    page.clock.run_for(int(seconds * 1000))


def shown(page: Page) -> None:
    expect(page.locator(WINDOW)).to_be_visible()


def flaws(page: Page) -> list[str]:
    """Let time go by again, which axe needs, and return what it finds."""
    page.clock.resume()
    return violations(page)


def stored(page: Page) -> Any:
    return page.evaluate(TOUCHED)["local"]


class TestDelay:
    def test_it_comes_after_its_time_and_keeps_one_date_once_it_was_seen(
        self, page: Page, site: Site, address: str
    ) -> None:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        open_page(page, site)
        page.focus("#own")
        wait(page, DELAY - 1)
        assert [url for url in asked if url.startswith(address)] == [f"{address}/embed.js"]
        assert page.evaluate(TOUCHED) == UNTOUCHED
        wait(page, 1)
        shown(page)
        expect(page.locator("#own")).to_be_focused()
        expect(page.get_by_role("status").first).to_have_text(page.locator(".vestibule-form h2").inner_text())
        assert page.evaluate(TOUCHED) == {**UNTOUCHED, "local": {SEEN: "2026-12-22"}}
        assert heard(page) == ["ready", "shown"]
        assert any("/v1/forms/trial?locale=en&channel=popup" in url for url in asked)

    @pytest.mark.parametrize("way", ["button", "esc", "beside"])
    def test_it_closes_easily_and_comes_again_only_after_its_days(self, page: Page, site: Site, way: str) -> None:
        open_page(page, site)
        come_due(page)
        shown(page)
        if way == "button":
            page.get_by_role("button", name=words("en")["embed"]["close"]).click()
        elif way == "esc":
            page.keyboard.press("Escape")
        else:
            page.mouse.click(5, 5)
        expect(page.locator(WINDOW)).to_have_count(0)
        assert heard(page) == ["ready", "shown", "closed"]
        assert details(page, "closed") == {"form": "trial", "mode": "popup"}
        page.clock.set_system_time(NOON + dt.timedelta(days=29))
        page.reload()
        wait(page, 91)
        expect(page.locator(WINDOW)).to_have_count(0)
        assert heard(page) == ["ready"]
        page.clock.set_system_time(NOON + dt.timedelta(days=31))
        page.reload()
        wait(page, 91)
        shown(page)

    def test_a_click_beside_it_does_not_lose_what_was_typed(self, page: Page, site: Site) -> None:
        open_page(page, site)
        come_due(page)
        page.fill("#f-email", EMAIL)
        page.mouse.click(5, 5)
        expect(page.locator("#f-email")).to_have_value(EMAIL)

    def test_c10_after_a_no_it_stays_away_for_its_time(self, page: Page, site: Site, store: Store, kept: Count) -> None:
        open_page(page, site)
        come_due(page)
        page.fill("#f-email", EMAIL)
        page.get_by_role("button", name=words("en")["embed"]["decline"]).click()
        expect(page.locator("vestibule-form .vestibule-window")).to_have_count(0)
        assert stored(page) == {SEEN: "2027-05-21"}
        assert refusals(store) == 1
        assert kept() == 0
        page.clock.set_system_time(NOON + dt.timedelta(days=179))
        page.reload()
        wait(page, 91)
        assert heard(page) == ["ready"]
        page.clock.set_system_time(NOON + dt.timedelta(days=181))
        page.reload()
        wait(page, 91)
        shown(page)

    def test_after_it_was_sent_it_stays_away_as_long(self, page: Page, site: Site, kept: Count) -> None:
        open_page(page, site)
        come_due(page)
        page.fill("#f-email", EMAIL)
        send(page)
        number = reference(page)
        assert details(page, "submitted") == {"form": "trial", "mode": "popup", "reference": number}
        assert kept() > 0
        page.keyboard.press("Escape")
        expect(page.locator(WINDOW)).to_have_count(0)
        assert stored(page) == {SEEN: "2027-05-21"}

    def test_only_time_counts_in_which_the_page_is_seen(self, page: Page, site: Site) -> None:
        page.add_init_script(
            "Object.defineProperty(document, 'visibilityState', {get: () => window.seen || 'visible'})"
        )
        open_page(page, site)
        look(page, "hidden")
        wait(page, 600)
        look(page, "visible")
        wait(page, DELAY - 1)
        assert heard(page) == ["ready"]
        wait(page, 1)
        shown(page)

    def test_where_nothing_can_be_stored_it_comes_once(self, page: Page, site: Site) -> None:
        page.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
        )
        open_page(page, site)
        come_due(page)
        shown(page)
        page.keyboard.press("Escape")
        wait(page, 600)
        assert heard(page) == ["ready", "shown", "closed"]


class TestWhomItDoesNotDisturb:
    def test_it_waits_until_another_window_is_closed(self, page: Page, site: Site) -> None:
        site.before = DIALOG
        open_page(page, site)
        page.evaluate("theirs.showModal()")
        come_due(page)
        expect(page.locator(".vestibule-sheet")).to_have_count(1)
        expect(page.locator(WINDOW)).to_have_count(0)
        wait(page, 60)
        assert heard(page) == ["ready"]
        assert stored(page) == {}
        page.evaluate("theirs.close()")
        wait(page, 2)
        shown(page)

    def test_it_waits_while_somebody_types(self, page: Page, site: Site) -> None:
        site.before = DIALOG
        open_page(page, site)
        page.focus("#search")
        come_due(page)
        expect(page.locator(".vestibule-sheet")).to_have_count(1)
        wait(page, 60)
        assert heard(page) == ["ready"]
        page.evaluate("search.blur()")
        wait(page, 2)
        shown(page)

    def test_two_of_them_do_not_cover_each_other(self, page: Page, site: Site) -> None:
        site.before = f'<script async src="{site.door}/embed.js" data-form="contest" data-mode="popup"></script>'
        open_page(page, site)
        page.wait_for_function("heard.length == 2")
        come_due(page)
        shown(page)
        expect(page.locator(".vestibule-sheet")).to_have_count(2)
        wait(page, 60)
        expect(page.locator(WINDOW)).to_have_count(1)
        page.keyboard.press("Escape")
        wait(page, 2)
        assert heard(page)[2:] == ["shown", "closed", "shown"]


@pytest.mark.parametrize("manners", [popup("exit", "centre")], indirect=True)
class TestExit:
    def test_it_comes_when_the_pointer_leaves_towards_the_top(self, page: Page, site: Site) -> None:
        open_page(page, site)
        page.mouse.move(300, 300)
        page.evaluate(LEAVE, [700, 300])
        wait(page, 600)
        assert heard(page) == ["ready"]
        page.evaluate(LEAVE, [300, -1])
        shown(page)
        assert stored(page) == {SEEN: "2026-12-22"}

    def test_it_never_comes_where_there_is_no_pointer(
        self, page: Page, chromium: Browser, site: Site, context: BrowserContext
    ) -> None:
        phone = chromium.new_context(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
        page = phone.new_page()
        page.add_init_script(
            "window.heard = []; document.addEventListener('vestibule:ready', () => heard.push('ready'))"
        )
        open_page(page, site)
        page.evaluate(LEAVE, [300, -1])
        wait(page, 600)
        expect(page.locator(".vestibule-window")).to_have_count(0)
        phone.close()


@pytest.mark.parametrize("manners", [popup("first_visit", "top")], indirect=True)
class TestFirstVisit:
    def test_it_comes_at_once_and_after_that_never_again(self, page: Page, site: Site) -> None:
        page.clock.install(time=NOON)
        open_form(page, site, "trial", "popup")
        shown(page)
        page.keyboard.press("Escape")
        page.clock.set_system_time(NOON + dt.timedelta(days=400))
        page.reload()
        page.wait_for_function("heard.length > 0")
        wait(page, 600)
        assert heard(page) == ["ready"]


class TestPositions:
    @pytest.mark.parametrize(
        "manners",
        [popup(position=each) for each in ("top", "bottom", "side")],
        indirect=True,
        ids=lambda one: one.position,
    )
    def test_beside_the_page_it_takes_no_focus_and_the_page_can_be_used(
        self, page: Page, site: Site, manners: Popup
    ) -> None:
        open_page(page, site)
        page.focus("#own")
        come_due(page)
        shown(page)
        expect(page.locator("#own")).to_be_focused()
        box, size = page.locator(WINDOW).bounding_box(), page.viewport_size
        assert box
        assert size
        below, right = size["height"] - box["y"] - box["height"], size["width"] - box["x"] - box["width"]
        assert {"top": box["y"], "bottom": below, "side": right}[manners.position] == pytest.approx(16, abs=1)
        assert not page.locator(WINDOW).evaluate("e => e.matches(':modal')")
        assert flaws(page) == []

    @pytest.mark.parametrize(
        "manners", [popup(position=each) for each in ("centre", "full")], indirect=True, ids=lambda one: one.position
    )
    def test_before_the_page_it_holds_the_focus_and_gives_it_back(self, page: Page, site: Site, manners: Popup) -> None:
        open_page(page, site)
        page.focus("#own")
        come_due(page)
        shown(page)
        expect(page.locator(".vestibule-form h2")).to_be_focused()
        for _ in range(12):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.id") != "own"
        box, size = page.locator(WINDOW).bounding_box(), page.viewport_size
        assert box
        assert size
        assert box["x"] == pytest.approx(size["width"] - box["x"] - box["width"], abs=1)
        if manners.position == "full":
            assert (box["width"], box["height"]) == (size["width"], size["height"])
        else:
            page.mouse.click(3, 3)
            expect(page.locator(WINDOW)).to_have_count(0)
            expect(page.locator("#own")).to_be_focused()
            return
        assert flaws(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("#own")).to_be_focused()

    @pytest.mark.parametrize(
        "manners",
        [popup(position=each) for each in ("top", "bottom", "side", "centre", "full")],
        indirect=True,
        ids=lambda one: one.position,
    )
    def test_a_page_whose_body_is_moved_does_not_carry_it_out_of_sight(self, page: Page, site: Site) -> None:
        open_page(page, site)
        page.add_style_tag(content="body { transform: translateX(0); height: 200px; overflow: hidden; }")
        come_due(page)
        shown(page)
        expect(page.locator(f"{WINDOW} .vestibule-close")).to_be_in_viewport(ratio=1)
        expect(page.locator(f"{WINDOW} h2").first).to_be_in_viewport(ratio=1)

    def test_it_fits_on_a_small_dark_phone(self, chromium: Browser, site: Site, address: str) -> None:
        site.door = address
        context = chromium.new_context(
            viewport={"width": 320, "height": 560}, color_scheme="dark", reduced_motion="reduce"
        )
        page = context.new_page()
        page.add_init_script(
            "window.heard = []; document.addEventListener('vestibule:ready', () => heard.push('ready'))"
        )
        open_page(page, site)
        come_due(page)
        shown(page)
        box = page.locator(WINDOW).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= 320
        assert box["y"] + box["height"] <= 560
        page.locator(".vestibule-send").scroll_into_view_if_needed()
        expect(page.locator(".vestibule-send")).to_be_in_viewport(ratio=1)
        assert page.locator(WINDOW).evaluate("e => e.scrollWidth <= e.clientWidth")
        assert flaws(page) == []
        context.close()


class TestAfterAnEvent:
    def test_it_comes_when_the_page_announces_it_by_one_call(self, page: Page, site: Site) -> None:
        open_page(page, site, form="after_support")
        wait(page, 600)
        page.evaluate("vestibule.announce('purchase')")
        wait(page, 60)
        assert heard(page) == ["ready"]
        page.evaluate("vestibule.announce('support_closed')")
        shown(page)
        page.get_by_label("3", exact=True).check()
        page.locator(".vestibule-pair input").first.check()
        send(page)
        reference(page)

    def test_an_announcement_is_heard_by_a_line_that_comes_later(self, page: Page, site: Site) -> None:
        page.add_init_script("window.vestibule = {announced: ['support_closed']}")
        open_form(page, site, "after_support", "popup")
        shown(page)

    @pytest.mark.parametrize(
        "options", [' data-announce="support_closed"', ' data-event="purchase" data-announce="purchase"']
    )
    def test_a_page_that_stands_for_the_event_says_so_in_its_line(self, page: Page, site: Site, options: str) -> None:
        open_form(page, site, "after_support", "popup", options=options)
        shown(page)


LEAVE = """([x, y]) => document.documentElement.dispatchEvent(
  new MouseEvent("mouseleave", {clientX: x, clientY: y, relatedTarget: null}))"""


def look(page: Page, state: str) -> None:
    """Let the visitor look at another tab, or come back."""
    page.evaluate("state => { window.seen = state; document.dispatchEvent(new Event('visibilitychange')); }", state)

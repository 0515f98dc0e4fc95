"""Everything `make run` starts, used as people use it: both journeys to the destination, and a visitor who says no."""

import os
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.journey import Browser as PlainBrowser
from tests.e2e.journey import lead_from_the_chat, lead_from_the_page, shown_lead, signed_in, state_of
from tests.e2e.traces import marks_in, traces_in
from tests.intake_api.web.browsing import running_chromium
from tests.processes import WholeHouse, wait_until

pytestmark = pytest.mark.browser

# Where the README's pictures go when they are taken anew: VESTIBULE_PICTURES=docs/images.
PICTURES = os.environ.get("VESTIBULE_PICTURES")
MARKS = {
    "name": "Kanārijs Žq7f3",
    "email": "zq7f3-mail@canary.test",
    "phone": "+371 20 077 713",
    "text": "zq7f3txt about the roof",
}


@pytest.fixture(scope="module")
def service(house: WholeHouse) -> list[str]:
    """How the command line of this copy is reached."""
    settings = [f"{name}={value}" for name, value in house.environment.items() if name.startswith("VESTIBULE_")]
    return ["env", *settings, sys.executable, "-m", "intake_api"]


class TestJourneys:
    """From a first look to the destination's file."""

    def test_one_lead_from_the_page_and_one_from_the_chat_reach_the_destination(
        self, house: WholeHouse, service: list[str]
    ) -> None:
        references = [lead_from_the_page(PlainBrowser(house.url("public"))), lead_from_the_chat(house.url("public"))]
        with running_chromium() as chromium:
            page = chromium.new_page(viewport={"width": 1280, "height": 800})
            reviewer = signed_in(PlainBrowser(house.url("review")), service)
            page.context.add_cookies(
                [{"name": name, "value": value, "url": house.url("review")} for name, value in reviewer.cookies.items()]
            )
            page.goto(house.url("review"))
            for reference in references:
                expect(page.get_by_role("link", name=reference)).to_be_visible()
            for reference in references:
                page.goto(f"{house.url('review')}/leads/{reference}")
                expect(page.get_by_text("Asked and answered")).to_be_visible()
                page.get_by_role("button", name="Approve and send").click()
                expect(page.locator(".said")).to_contain_text(f"{reference} was approved")
        for reference in references:
            wait_until(lambda: state_of(service, reference) == ("delivered", ["delivered"]))  # noqa: B023
        lines = (house.state / "crm" / "leads.jsonl").read_text().splitlines()
        assert len(lines) == len(references)
        shown = [shown_lead(service, reference) for reference in references]
        assert {one["channel"] for one in shown} == {"page", "chat"}
        page_fields, chat_fields = (one["fields"] for one in shown)
        assert page_fields.items() <= chat_fields.items()  # in the chat, choices were made as well
        assert shown[0]["notice"]["hash"] == shown[1]["notice"]["hash"]
        assert house.command("evidence", "verify").returncode == 0

    def test_the_chat_opens_in_the_page(self, house: WholeHouse) -> None:
        with running_chromium() as chromium:
            page = chromium.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
            page.goto(house.url("public"))
            page.click(".vestibule-bubble")
            expect(page.locator(".vestibule-bot").first).to_contain_text("automated assistant")
            page.fill("#vestibule-input", "could someone show us how it works?")
            page.keyboard.press("Enter")
            expect(page.get_by_role("button", name="Yes", exact=True)).to_be_visible()
            picture(page, "chat")
            page.get_by_role("button", name="Yes", exact=True).click()
            expect(page.locator(".vestibule-bot").last).to_contain_text("name")


class TestRefusing:
    """C-10, H-02, H-03, H-17: what a visitor typed who then said no is nowhere."""

    def test_h02_c10_a_no_leaves_nothing_on_disk_or_in_a_log(self, house: WholeHouse) -> None:
        with running_chromium() as chromium:
            page = chromium.new_page()
            page.goto(house.url("public"))
            page.click(".vestibule-bubble")
            expect(page.locator(".vestibule-bot").first).to_be_visible()
            say(page, f"Hi, I am {MARKS['name']}, {MARKS['email']}, {MARKS['phone']}: show me a demo. {MARKS['text']}")
            page.get_by_role("button", name="No", exact=True).click()
            expect(page.locator(".vestibule-typing")).to_be_hidden()
            say(page, "what are your opening hours?")
            stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
            assert marks_in(stored.encode(), MARKS.values()) == []
        assert traces_in(house, MARKS.values()) == {}

    def test_a_refused_form_leaves_nothing(self, house: WholeHouse) -> None:
        browser = PlainBrowser(house.url("public"))
        form = next(form for form in browser.get("/f/request_demo").forms if "presentation" in form.values)
        form.values["presentation"] = "no-such-presentation-0000"
        browser.send(form, {"name": MARKS["name"], "email": MARKS["email"], "message": MARKS["text"]})
        assert traces_in(house, MARKS.values()) == {}


def say(page: Page, text: str) -> None:
    """Type a line into the chat and wait for the answer."""
    page.fill("#vestibule-input", text)
    page.keyboard.press("Enter")
    expect(page.locator(".vestibule-typing")).to_be_hidden()
    expect(page.locator("#vestibule-input")).to_have_value("")


def picture(page: Page, name: str) -> None:
    """Keep a picture for the README, when asked."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png")

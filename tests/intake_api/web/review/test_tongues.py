"""The pages of the review door in each of its languages: nothing is left in English."""

from html.parser import HTMLParser

import pytest
from flask import Flask

from intake_api.rules.staff_roles import Role
from intake_api.store.leads import Lead
from intake_api.web.review.tongue import ENGLISH, LANGUAGES, read_translations
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
REPORTS = ("/reports", "/reports/path", "/reports/pace", "/reports/campaigns", "/reports/fields")
DESTINATIONS = ("/destinations", "/destinations/parked", "/destinations/differences")
PAGES = ("/", "/?state=held", "/?state=delivered", "/account", "/account/second-factor", "/search", "/people", "/audit")
MORE = (
    "/rights",
    "/record",
    "/bulk",
    "/nothing-here",
    *DESTINATIONS,
    *REPORTS,
)
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
# What people wrote, what the catalogue calls things, and what a machine reads: no words of these pages.
NOT_OURS = ("code", "kbd", "script", "style")
SAID = ("aria-label", "placeholder", "title", "alt")


class Texts(HTMLParser):
    """The texts of a page that it says itself, and its attributes that are read out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.lang = ""
        self._open: list[bool] = []  # of each element, whether what is in it is ours
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.lang = values["lang"]
        ours = (
            tag not in NOT_OURS and "typed" not in values.get("class", "") and (tag == "html" or "lang" not in values)
        )
        ours = ours and all(self._open[-1:])
        if ours:
            self.said += [values[name] for name in SAID if values.get(name)]
        if tag not in VOID:
            self._open.append(ours)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if all(self._open[-1:]):
            self.said.append(data)


@pytest.fixture
def everybody(reviewing: MakeReviewer, lead: Lead) -> Browser:
    """Somebody with every role, in a house with a lead."""
    return reviewing("anna@tidewick.example", roles=[role for role in Role if role is not Role.INTEGRATION])


def left_in_english(page: Texts, code: str) -> list[str]:
    """Return what a page says in English though its language has another word for it; names are no such words."""
    there = read_translations(code)
    texts = {" ".join(text.split()) for text in page.said}
    return sorted(text for text in texts if text and there.gettext(text) != text)


class TestTongues:
    @pytest.mark.parametrize("code", OTHERS)
    def test_no_page_leaves_anything_in_english(self, everybody: Browser, lead: Lead, code: str) -> None:
        left = {}
        for path in (*PAGES, *MORE, path_of(lead)):
            page = Texts(everybody.get(path, headers={"Accept-Language": code}).text)
            assert page.lang == code
            if found := left_in_english(page, code):
                left[path] = found
        assert left == {}

    @pytest.mark.parametrize("code", OTHERS)
    def test_the_door_itself_speaks_it_before_anybody_signs_in(self, review_app: Flask, code: str) -> None:
        client = review_app.test_client()
        page = Texts(client.get("/sign-in", headers={"Accept-Language": code}).text)
        assert page.lang == code
        assert read_translations(code).gettext("Sign in") in page.said

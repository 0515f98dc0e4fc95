"""In which language the review door speaks to whom."""

import pytest

from intake_api.store.leads import Lead
from tests.intake_api.web.review.visitor import Browser, MakeReviewer


def language_of(browser: Browser, path: str = "/account", **headers: str) -> str:
    """Return the language that a page says it is in."""
    return browser.client.get(path, headers=headers).text.split('<html lang="')[1].split('"')[0]


class TestLanguage:
    def test_is_english_when_nobody_says_anything(self, reviewing: MakeReviewer) -> None:
        assert language_of(reviewing()) == "en"

    @pytest.mark.parametrize(
        ("prefers", "spoken"),
        [("lv", "lv"), ("de, cs;q=0.9, en;q=0.8", "cs"), ("pl-PL", "pl"), ("de", "en"), ("*", "en")],
    )
    def test_is_what_the_browser_prefers_while_nothing_was_chosen(
        self, reviewing: MakeReviewer, prefers: str, spoken: str
    ) -> None:
        ilze = reviewing()
        assert language_of(ilze, **{"Accept-Language": prefers}) == spoken
        ilze.client.delete_cookie("vestibule")
        assert language_of(ilze, "/sign-in", **{"Accept-Language": prefers}) == spoken

    def test_is_the_readers_own_choice_in_every_browser_and_nobody_elses(
        self, reviewing: MakeReviewer, lead: Lead
    ) -> None:
        ilze, piotr = reviewing(), reviewing("piotr@tidewick.example")
        answer = ilze.send(ilze.page("/?form=request_demo"), "/account/language", language="lv")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/?form=request_demo")
        assert language_of(ilze, f"/leads/{lead.reference}", **{"Accept-Language": "en"}) == "lv"
        assert language_of(piotr) == "en"

    def test_takes_none_that_is_not_spoken(self, reviewing: MakeReviewer) -> None:
        ilze = reviewing()
        assert ilze.send(ilze.page("/"), "/account/language", language="de").status_code == 400
        assert language_of(ilze) == "en"

    @pytest.mark.parametrize(
        "back",
        [
            "",
            "https://elsewhere.example/",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "account",
            "/sign-out",
            "/leads/x/approve",
        ],
    )
    def test_sec_leads_back_to_pages_of_ours_only(self, reviewing: MakeReviewer, back: str) -> None:
        ilze = reviewing()
        answer = ilze.send(ilze.page("/"), "/account/language", language="lv", back=back)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/account")

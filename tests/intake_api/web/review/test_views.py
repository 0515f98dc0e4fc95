"""Saved views: mine and shared, nothing personal in them."""

import pytest

from intake_api.flows import save_view as saving
from intake_api.store.leads import Lead
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, Page, words_of

FILTER = "/?state=all&form=feedback&order=score"


def save(browser: Browser, name: str, path: str = FILTER, **more: str) -> int:
    """Save what one looks at."""
    return browser.send(browser.page(path), "/views", name=name, **{"shared": "", **more}).status_code


def removals(page: Page) -> list[str]:
    return [action for action in page.forms if action.endswith("/remove")]


class TestSavedViews:
    def test_mine_is_seen_by_me_and_a_shared_one_by_all(self, reviewing: MakeReviewer) -> None:
        ilze, zane = reviewing(), reviewing("zane@tidewick.example")
        assert save(ilze, "Low ratings") == save(ilze, "Feedback", "/?form=feedback", shared="yes") == 303
        assert [link for link in ilze.page("/").links if link == FILTER]
        assert "Saved views" not in words_of(zane.page("/"))
        text = words_of(zane.page("/"))
        assert "Feedback for all" in text
        assert "Low ratings" not in text

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_only_who_saved_it_removes_it(self, reviewing: MakeReviewer) -> None:
        ilze, zane = reviewing(), reviewing("zane@tidewick.example")
        save(ilze, "Feedback", shared="yes")
        (remove,) = removals(ilze.page("/"))
        page = zane.page("/")
        assert removals(page) == []
        page.forms[remove] = page.forms["/views"]
        assert zane.send(page, remove).status_code == 303
        assert "Feedback for all" in words_of(zane.page("/"))
        assert ilze.send(ilze.page(FILTER), remove).location == FILTER
        assert "Feedback for all" not in words_of(zane.page("/"))

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    @pytest.mark.parametrize("name", ["", "  ", "x" * 61, "two\nlines", "\u200b"])
    def test_a_view_without_a_name_is_not_saved_and_says_why(self, reviewer: Browser, lead: Lead, name: str) -> None:
        answer = reviewer.send(reviewer.page("/?form=request_demo"), "/views", name=name, shared="")
        assert answer.status_code == 422
        assert "Give the view a name" in answer.text
        assert lead.reference in answer.text

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_a_name_is_text(self, reviewer: Browser) -> None:
        save(reviewer, "<script>alert(1)</script>")
        assert "<script>alert" not in reviewer.get("/").text

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_there_is_an_end(self, reviewer: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(saving, "MOST", 2)
        assert [save(reviewer, name) for name in ("One", "Two", "Three")] == [303, 303, 422]

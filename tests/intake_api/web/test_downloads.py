"""Whoever asks for something to print is given it, by API and thanks page, whatever they say to the newsletter."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from tests.intake_api.web.html import read_page

FORM = "/v1/forms/download"
CHECKLIST = {"content": "front_desk_checklist", "email": "zane@guest.example"}
LOCALES = ("en", "lv", "ru", "pl", "cs")


def send(public: FlaskClient, locale: str = "en", **sent: Any) -> Any:
    """Show the form and send it."""
    shown = public.get(f"{FORM}?locale={locale}").json
    assert shown
    body = {"presentation": shown["presentation"]["id"], "locale": locale, "fields": CHECKLIST, "decisions": {}}
    return public.post(f"{FORM}/submissions", json={**body, **sent})


class TestDownloads:
    @pytest.mark.parametrize("decisions", [{}, {"newsletter": False}, {"newsletter": True}])
    def test_c04_are_given_whatever_is_said_to_the_newsletter(
        self, public: FlaskClient, decisions: dict[str, bool]
    ) -> None:
        answer = send(public, decisions=decisions)
        assert answer.status_code == 201
        (download,) = answer.json["downloads"]
        assert download == {
            "title": "Checklist for the front desk",
            "url": "http://127.0.0.1:8080/downloads/front_desk_checklist/en",
        }
        assert public.get("/downloads/front_desk_checklist/en").status_code == 200

    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_in_the_language_of_the_form(self, public: FlaskClient, catalogue: Catalogue, locale: str) -> None:
        answer = send(public, locale, fields={**CHECKLIST, "content": "welcome_letter"})
        (download,) = answer.json["downloads"]
        page = read_page(public.get(download["url"].removeprefix("http://127.0.0.1:8080")).text)
        content = catalogue.contents["welcome_letter", locale]
        assert page.one("html").get("lang") == locale
        assert page.one("h1").text == content.title == download["title"]
        assert all(paragraph in page.text for section in content.sections for paragraph in section.paragraphs)

    def test_the_same_submission_again_is_told_the_same(self, public: FlaskClient) -> None:
        shown = public.get(FORM).json
        assert shown
        body = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": CHECKLIST, "decisions": {}}
        first, again = (public.post(f"{FORM}/submissions", json=body).json for _ in range(2))
        assert first == again

    def test_other_forms_carry_none(self, public: FlaskClient, submission: dict[str, Any]) -> None:
        kept = public.post("/v1/forms/request_demo/submissions", json=submission).json
        assert kept
        assert "downloads" not in kept
        thanks = read_page(public.get(kept["receipt"].replace("http://127.0.0.1:8080/receipts", "/thanks")).text)
        assert not thanks.all("ul", class_="downloads")

    def test_nothing_is_given_for_a_choice_that_is_none(self, public: FlaskClient) -> None:
        answer = send(public, fields={**CHECKLIST, "content": "../organisation"})
        assert answer.status_code == 422
        assert answer.json["fields"]["content"]["code"] == "choice_unknown"


class TestThanks:
    def test_show_the_link_to_what_was_asked_for(self, public: FlaskClient) -> None:
        page = read_page(public.get("/f/download?lang=lv").text)
        sent = {**page.form(), "f-content": "front_desk_checklist", "f-email": "zane@guest.example"}
        answer = public.post("/f/download", data=sent)
        assert answer.status_code == 303
        thanks = read_page(public.get(answer.location).text)
        (link,) = [e for e in thanks.all("a") if e.get("href").startswith("/downloads/")]
        assert (link.get("href"), link.text) == ("/downloads/front_desk_checklist/lv", "Kontrolsaraksts reģistratūrai")

    def test_show_none_once_the_person_is_erased(self, public: FlaskClient) -> None:
        kept = send(public).json
        path = kept["receipt"].removeprefix("http://127.0.0.1:8080")
        assert public.post(f"{path}/erase").status_code == 303
        thanks = read_page(public.get(path.replace("/receipts/", "/thanks/")).text)
        assert not [e for e in thanks.all("a") if e.get("href").startswith("/downloads/")]


class TestPages:
    @pytest.mark.parametrize(
        "path", ["front_desk_checklist/de", "nothing/en", "..%2Forganisation/en", "front_desk_checklist/%00", "x/y/z"]
    )
    def test_what_is_not_there_is_404(self, public: FlaskClient, path: str) -> None:
        assert public.get(f"/downloads/{path}").status_code == 404

    @pytest.mark.parametrize("locale", LOCALES)
    def test_a_checklist_has_its_items_and_no_script(
        self, public: FlaskClient, catalogue: Catalogue, locale: str
    ) -> None:
        answer = public.get(f"/downloads/front_desk_checklist/{locale}")
        page = read_page(answer.text)
        items = [
            item for section in catalogue.contents["front_desk_checklist", locale].sections for item in section.items
        ]
        assert [e.text for e in page.all("li")] == items
        assert len(items) == 13
        assert not page.all("script")
        assert answer.headers["Cache-Control"] == "public, max-age=300"

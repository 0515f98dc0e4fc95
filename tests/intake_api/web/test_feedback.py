"""Feedback without a name: a number is enough, who is not content may ask to be called, and it goes its whole way."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from tests.intake_api.web.html import read_page

FORM = "/v1/forms/feedback"


def send(public: FlaskClient, fields: dict[str, Any]) -> Any:
    """Show the form and send it."""
    shown = public.get(FORM).json
    assert shown
    body = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": fields, "decisions": {}}
    return public.post(f"{FORM}/submissions", json=body)


class TestAnswers:
    @pytest.mark.parametrize("rating", [0, 6, 7, 10])
    def test_a_number_alone_is_kept(self, public: FlaskClient, rating: int) -> None:
        assert send(public, {"rating": rating}).status_code == 201

    @pytest.mark.parametrize("rating", [3, 9])
    def test_who_leaves_a_number_unasked_may(self, public: FlaskClient, rating: int) -> None:
        assert send(public, {"rating": rating, "phone": "+37129123456"}).status_code == 201

    @pytest.mark.parametrize(("rating", "code"), [(11, "integer_too_large"), (-1, "integer_too_small")])
    def test_a_number_outside_is_told(self, public: FlaskClient, rating: int, code: str) -> None:
        answer = send(public, {"rating": rating})
        assert answer.status_code == 422
        assert answer.json["fields"]["rating"]["code"] == code


class TestThePage:
    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_offers_eleven_numbers_and_says_once_whom_the_rest_is_for(
        self, public: FlaskClient, catalogue: Catalogue, locale: str
    ) -> None:
        texts = catalogue.notice("feedback", locale).texts
        answer = public.get(f"/f/feedback?lang={locale}")
        page = read_page(answer.text)
        numbers = page.all("input", type="radio", name="f-rating")
        assert [number.get("value") for number in numbers] == [str(number) for number in range(11)]
        hint = page.one("p", class_="asked-if")
        assert hint.text == texts["field.phone.asked_if"]
        for name in ("phone", "email", "name"):
            field = page.one("input", name=f"f-{name}")
            assert hint.get("id") in field.get("aria-describedby").split()
            assert "aria-required" not in field.attributes
            assert hint.place < field.place

    def test_n_05_says_before_the_button_how_to_object(self, public: FlaskClient, catalogue: Catalogue) -> None:
        page = read_page(public.get("/f/feedback").text)
        told = page.one("p", class_="object")
        assert catalogue.notice("feedback", "en").texts["object.learn_from_feedback"] in page.text
        assert told.place < page.one("button", type="submit").place

    def test_takes_a_chosen_number_and_thanks(self, public: FlaskClient) -> None:
        page = read_page(public.get("/f/feedback").text)
        answer = public.post("/f/feedback", data={**page.form(), "f-rating": "7"})
        assert answer.status_code == 303

    def test_shows_the_number_again_when_something_else_is_wrong(self, public: FlaskClient) -> None:
        page = read_page(public.get("/f/feedback").text)
        answer = public.post("/f/feedback", data={**page.form(), "f-rating": "2", "f-phone": "12"})
        assert answer.status_code == 422
        again = read_page(answer.text)
        (chosen,) = [number for number in again.all("input", name="f-rating") if "checked" in number.attributes]
        assert chosen.get("value") == "2"

    def test_no_number_is_told_beside_the_numbers(self, public: FlaskClient) -> None:
        page = read_page(public.get("/f/feedback").text)
        answer = public.post("/f/feedback", data=page.form())
        assert answer.status_code == 422
        assert read_page(answer.text).one("p", id="problem-rating")

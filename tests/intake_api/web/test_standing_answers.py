"""`GET /v1/answers`: what is answered to everybody, and whether people answer now, by the clock on their wall."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from tests.intake_api.conftest import DrivenClock


class TestAnswers:
    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_are_those_of_the_catalogue_in_their_order(
        self, public: FlaskClient, catalogue: Catalogue, locale: str
    ) -> None:
        body = public.get(f"/v1/answers?locale={locale}").json
        assert body
        assert (body["locale"], body["opening_hours"]["text"]) == (locale, catalogue.answers[locale].opening_hours)
        assert [(one["id"], tuple(one["about"]), one["text"]) for one in body["answers"]] == [
            (one.id, one.about, one.text) for one in catalogue.answers[locale].listed
        ]

    def test_are_in_the_first_language_unless_another_is_asked_for(self, public: FlaskClient) -> None:
        assert public.get("/v1/answers").json == public.get("/v1/answers?locale=en").json

    def test_n_17_a_language_that_is_not_there_names_those_that_are(self, public: FlaskClient) -> None:
        answer = public.get("/v1/answers?locale=de")
        assert answer.status_code == 409
        assert answer.json
        assert (answer.json["code"], answer.json["locales"]) == ("locale_not_available", ["en", "lv", "ru", "pl", "cs"])

    def test_inside_they_ask_for_the_token_and_are_the_same(
        self, public: FlaskClient, internal: FlaskClient, service: dict[str, str]
    ) -> None:
        assert internal.get("/v1/answers?locale=lv").status_code == 401
        assert internal.get("/v1/answers?locale=lv", headers=service).json == public.get("/v1/answers?locale=lv").json


class TestOpeningHours:
    @pytest.mark.parametrize(
        ("now", "open_now", "opens_at"),
        [
            (datetime(2026, 11, 20, 14, 59, tzinfo=UTC), True, None),
            (datetime(2026, 11, 20, 15, 0, tzinfo=UTC), False, "2026-11-23T07:00:00.000Z"),
            (datetime(2026, 12, 23, 16, 0, tzinfo=UTC), False, "2026-12-28T07:00:00.000Z"),
            (datetime(2027, 3, 26, 10, 0, tzinfo=UTC), False, "2027-03-30T06:00:00.000Z"),  # summer time by then
        ],
    )
    def test_say_whether_people_answer_now_or_when_they_do(
        self, public: FlaskClient, clock: DrivenClock, now: datetime, open_now: bool, opens_at: str | None
    ) -> None:
        clock.now = now
        body = public.get("/v1/answers").json
        assert body
        said = body["opening_hours"]
        assert (said["open_now"], said["opens_at"]) == (open_now, opens_at)

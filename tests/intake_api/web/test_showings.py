"""Each form that a door shows is counted, whichever way it is asked for; nothing else is."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from intake_api.web.door import door_of


def counted(app: Flask) -> dict[tuple[str, ...], int]:
    return {tuple(str(part) for part in place[2:]): number for place, number in door_of(app).showings.take().items()}


class TestShowings:
    def test_are_counted_by_api_and_page_alike(self, public: FlaskClient) -> None:
        public.get("/v1/forms/request_demo?locale=lv&channel=popup")
        public.get("/f/request_demo?lang=lv")
        public.get("/f/request_demo?lang=lv")
        assert counted(public.application) == {("popup", "request_demo", "lv"): 1, ("page", "request_demo", "lv"): 2}

    def test_a_head_shows_nothing_and_is_not_counted(self, public: FlaskClient) -> None:
        public.head("/v1/forms/request_demo")
        public.get("/v1/forms")
        assert counted(public.application) == {}

    def test_a_fresh_form_beside_a_refusal_is_one_more_showing(
        self, public: FlaskClient, submission: dict[str, Any]
    ) -> None:
        counted(public.application)
        answer = public.post("/v1/forms/request_demo/submissions", json={**submission, "presentation": "x.y"})
        assert answer.status_code == 409
        assert sum(counted(public.application).values()) == 1

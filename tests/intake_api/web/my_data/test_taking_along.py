"""What somebody gave, to take along: every letter for programs, nothing a spreadsheet would reckon with (S-06)."""

import csv
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.intake_api.web.html import read_page
from tests.intake_api.web.my_data.asker import EMAIL, STRANGER, Send, press

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet would reckon with (SEC-16)
NAUGHTY = "=cmd|' /C calc'!A0 \"quoted\", Žanna\nsecond line"


@pytest.fixture
def taken(public: FlaskClient, send: Send, link: Any) -> Any:
    """Press the button and download a format."""

    def take(which: str) -> Any:
        path = link("portability")
        page = press(public, path)
        assert page.status_code == 200
        key = read_page(page.text).one("input", name="key").get("value")
        return press(public, f"{path}/download", f"key={key}&format={which}")

    return take


class TestTakingAlong:
    def test_s06_json_is_verbatim_and_can_be_sent_again(self, public: FlaskClient, send: Send, taken: Any) -> None:
        reference = send(message=NAUGHTY, headcount=12, phone="+37120000000")
        send(email=STRANGER, message="not mine")
        answer = taken("json")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
        document = json.loads(answer.data)
        assert (document["schema"], document["email"]) == ("urn:vestibule:portable:1", EMAIL)
        (one,) = document["submissions"]
        assert one["reference"] == reference
        assert one["fields"]["message"] == NAUGHTY
        form = public.get("/v1/forms/request_demo").json
        assert form
        again = {"presentation": form["presentation"]["id"], "locale": "en", "fields": one["fields"]}
        assert public.post("/v1/forms/request_demo/submissions", json=again).status_code == 201

    @pytest.mark.parametrize("sign", FORMULA)
    def test_sec16_no_value_of_the_table_is_a_formula(self, send: Send, taken: Any, sign: str) -> None:
        send(message=f"{sign.strip() or '='}1+1", phone="+37120000000")
        rows = list(csv.DictReader(io.StringIO(taken("csv").get_data(as_text=True))))
        values = {row["field"]: row["value"] for row in rows}
        assert not [value for value in values.values() if value.startswith(FORMULA)]
        assert values["phone"] == "'+37120000000"
        assert values["email"] == EMAIL

    def test_s06_the_table_holds_the_same_values(self, send: Send, taken: Any) -> None:
        send(message=NAUGHTY, headcount=12)
        answer = taken("csv")
        assert answer.content_type == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))
        assert {row["field"]: row["value"] for row in rows} == {
            "name": "Zane Example",
            "email": EMAIL,
            "message": f"'{NAUGHTY}",
            "headcount": "12",
        }

    def test_s02_only_with_the_key_of_the_page(self, public: FlaskClient, send: Send, link: Any) -> None:
        send()
        path = link("portability")
        press(public, path)
        assert press(public, f"{path}/download", f"key={'a' * 32}&format=csv").status_code == 410

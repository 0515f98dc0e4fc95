"""Every string of the Big List of Naughty Strings through every text field: never a 5xx, and kept as it was taken."""

from typing import Any

from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.flows.read_lead import read_lead
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.corpora import naughty_strings, needs_corpora
from tests.intake_api.web.conftest import Count


@needs_corpora
class TestNaughtyStrings:
    def test_sec14_a_dry_run_takes_or_refuses_each_in_every_field(
        self, public: FlaskClient, catalogue: Catalogue, kept: Count
    ) -> None:
        strings = naughty_strings()
        assert len(strings) > 500
        names = list(catalogue.form("request_demo").rules)
        for string in strings:
            body = {"locale": "en", "fields": dict.fromkeys(names, string)}
            answer = public.post("/v1/forms/request_demo/checks", json=body)
            assert answer.status_code == 200, ascii(string)
        assert kept() == 0

    def test_sec14_what_is_kept_reads_back_as_text(
        self, public: FlaskClient, store: Store, clock: DrivenClock, submission: dict[str, Any]
    ) -> None:
        for string in naughty_strings():
            checked = public.post(
                "/v1/forms/request_demo/checks", json={"locale": "en", "fields": {"name": string, "message": string}}
            ).json["fields"]
            fresh = public.get("/v1/forms/request_demo").json["presentation"]["id"]
            fields = {"name": string, "message": string, "email": "zane@guest.example"}
            answer = public.post(
                "/v1/forms/request_demo/submissions", json={**submission, "presentation": fresh, "fields": fields}
            )
            assert answer.status_code in (201, 422), ascii(string)
            if answer.status_code == 201:
                values = read_lead(store, answer.json["reference"], actor="operator", why="test", now=clock()).values
                assert values["name"] == checked["name"]["value"]
                assert values.get("message", "") == checked["message"]["value"]

    def test_sec26_as_names_addresses_and_queries_they_are_4xx(self, public: FlaskClient, kept: Count) -> None:
        for string in naughty_strings():
            answers = [
                public.post("/v1/forms/request_demo/checks", json={"locale": string, "fields": {}}),
                public.post("/v1/forms/request_demo/refusals", json={"presentation": string}),
                public.get("/v1/forms", query_string={"locale": string}),
                public.get("/v1/forms", query_string={string: "x"}),
                public.get(f"/v1/receipts/{string}".split("?")[0].split("#")[0]) if string.isprintable() else None,
            ]
            for answer in answers:
                assert answer is None or answer.status_code < 500, ascii(string)
        assert kept() == 0

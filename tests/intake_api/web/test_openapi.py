"""The description of the API is true: every route is in it, and it is fuzzed as it is described (SEC-26)."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import hypothesis
import jsonschema_rs
import pytest
import schemathesis
from flask import Flask, Response, request
from flask.testing import FlaskClient
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from intake_api.app import create_public_app
from intake_api.catalogue.model import Catalogue
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.channel_server import running_channel

EXAMPLES = 60
# A field that this form does not ask fits the schema and is refused by the rules with 422; two thousand characters fit
# it too and may weigh more than a body may, written as escapes. No promise is broken by either.
ACCEPTED = ["2xx", "404", "409", "413", "422"]
REFUSED = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ACCEPTED},
        "negative_data_rejection": {"expected-statuses": REFUSED},
    }
}
Prepare = Callable[[Any], None]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


class TestTheDescription:
    @pytest.mark.parametrize("door", ["public", "internal"])
    def test_names_exactly_the_routes_of_the_api(self, door: str, request: pytest.FixtureRequest) -> None:
        app: Flask = request.getfixturevalue(f"{door}_app")
        document = app.test_client().get("/openapi.json").json
        described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
        served = {
            (method, re.sub(r"<([a-z_]+)>", r"{\1}", rule.rule))
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) & METHODS
            if rule.rule.startswith(("/v1/", "/.well-known/", "/healthz", "/readyz"))
        }
        assert described == served

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"source": "sms"},
            {"source": "other"},
            {"source": "other", "source_other": "a neighbour"},
            {"source": "sms", "source_other": "a neighbour"},
            {"source_other": "a neighbour"},
            {"source": "somewhere"},
            {"utm_source": "letter", "code": "AB"},
            {"code": "AUTUMN-SMS", "utm_campaign": "spring 26"},
        ],
    )
    def test_allows_of_what_brought_somebody_what_the_door_takes(
        self, public: FlaskClient, submission: dict[str, Any], given: dict[str, str]
    ) -> None:
        shape = public.get("/openapi.json").json["components"]["schemas"]["Attribution"]
        answer = public.post("/v1/forms/request_demo/submissions", json={**submission, "attribution": given})
        assert jsonschema_rs.is_valid(shape, given) == (answer.status_code == 201)

    @pytest.mark.parametrize(
        ("given", "fits"),
        [({"text": "Hello"}, True), ({"button": "a"}, True), ({}, False), ({"text": "a", "button": "b"}, False)],
    )
    def test_says_that_a_turn_is_a_text_or_a_button(
        self, public: FlaskClient, given: dict[str, str], fits: bool
    ) -> None:
        shape = public.get("/openapi.json").json["components"]["schemas"]["MessageBody"]
        assert jsonschema_rs.is_valid(shape, given) == fits

    def test_tells_no_version_of_anything_but_itself(self, public: FlaskClient) -> None:
        assert public.get("/openapi.json").json["info"]["version"] == "1"


@pytest.mark.filterwarnings("default")  # the fuzzer's own libraries warn about each other
class TestFuzzing:
    """What is described is accepted or refused as described, whatever is sent; never a 5xx."""

    def test_sec26_the_public_door_keeps_to_its_description(
        self, settings: Settings, catalogue: Catalogue, store: Store, clock: DrivenClock
    ) -> None:
        with running_channel() as channel:
            app = create_public_app(replace(settings, rasa_url=channel.url), catalogue, store, clock)
            begun = app.test_client().post("/v1/chat/conversations", json={"locale": "en", "page": "/"}).json
            assert begun
            fuzz(app, {"Authorization": f"Bearer {begun['token']}"}, prepare=in_english_half_of_the_time)

    def test_sec26_the_internal_door_keeps_to_its_description(
        self, internal_app: Flask, service: dict[str, str]
    ) -> None:
        fuzz(internal_app, service)

    def test_sec26_a_shown_form_can_be_sent_whatever_the_fuzzer_answers(self, public_app: Flask) -> None:
        """The same for submissions on a real presentation, so that the fuzzer gets past the first check."""
        client, statuses = public_app.test_client(), set()

        def on_a_fresh_showing(case: Any) -> None:
            if isinstance(case.body, dict) and isinstance(case.body.get("presentation"), str):
                shown = client.get(f"/v1/forms/{case.path_parameters.get('form')}").json
                case.body["presentation"] = shown.get("presentation", {}).get("id", "none")
                case.body["locale"] = "en"
                if len(str(case.body)) % 2 and isinstance(case.body.get("fields"), dict):
                    case.body["fields"] = {"email": "zane@guest.example", "name": "Zane", "message": "Hello"}
                    for unasked in {"name", "message"} - {field["name"] for field in shown.get("fields", [])}:
                        del case.body["fields"][unasked]
                    asked = shown.get("notice", {}).get("purposes", [])
                    case.body["decisions"] = {one["id"]: True for one in asked if one["control"] == "opt_in"}

        @public_app.after_request
        def note(response: Response) -> Response:
            statuses.add((request.endpoint, response.status_code))
            return response

        fuzz(public_app, {}, only="submit", prepare=on_a_fresh_showing)
        assert {status for endpoint, status in statuses if endpoint == "submissions.submit"} >= {201, 422}


def in_english_half_of_the_time(case: Any) -> None:
    """Let the fuzzer get past the language: else nearly everything ends there."""
    for part in (case.body, case.query):
        if isinstance(part, dict) and isinstance(part.get("locale"), str) and len(part["locale"]) % 2:
            part["locale"] = "en"


def fuzz(app: Flask, headers: dict[str, str], *, only: str = "", prepare: Prepare | None = None) -> None:
    """Send what the description allows and what it forbids to every operation, and check every answer against it."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig.from_dict(CONFIG))
    for found in schema.get_all_operations():
        operation = found.ok()
        if only in ("", operation.definition.raw["operationId"]):
            for mode in GenerationMode:
                if mode is GenerationMode.POSITIVE or operation.body or operation.query:
                    _fuzz(
                        operation.as_strategy(generation_mode=mode),
                        headers,
                        prepare if mode is GenerationMode.POSITIVE else None,
                    )


def _fuzz(cases: Any, headers: dict[str, str], prepare: Prepare | None) -> None:
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=cases)
    def send(case: Any) -> None:
        if prepare:
            prepare(case)
        case.call_and_validate(headers=headers)

    send()

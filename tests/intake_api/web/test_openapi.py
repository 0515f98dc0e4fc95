"""The description of the API is true: every route is in it, and it is fuzzed as it is described (SEC-26)."""

import re
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

EXAMPLES = 60
# A field that this form does not ask fits the schema and is refused by the rules with 422: no promise is broken.
ACCEPTED = ["2xx", "404", "409", "422"]
CONFIG = {"checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}}}
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
            if rule.rule.startswith(("/v1/", "/healthz", "/readyz"))
        }
        assert described == served

    def test_tells_no_version_of_anything_but_itself(self, public: FlaskClient) -> None:
        assert public.get("/openapi.json").json["info"]["version"] == "1"


@pytest.mark.filterwarnings("default")  # the fuzzer's own libraries warn about each other
class TestFuzzing:
    """What is described is accepted or refused as described, whatever is sent; never a 5xx."""

    def test_sec26_the_public_door_keeps_to_its_description(self, public_app: Flask) -> None:
        fuzz(public_app, {})

    def test_sec26_the_internal_door_keeps_to_its_description(
        self, internal_app: Flask, service: dict[str, str]
    ) -> None:
        fuzz(internal_app, service)

    def test_sec26_a_shown_form_can_be_sent_whatever_the_fuzzer_answers(self, public_app: Flask) -> None:
        """The same for submissions on a real presentation, so that the fuzzer gets past the first check."""
        client = public_app.test_client()

        def on_a_fresh_showing(case: Any) -> None:
            if isinstance(case.body, dict) and isinstance(case.body.get("presentation"), str):
                form = case.path_parameters.get("form")
                shown = client.get(f"/v1/forms/{form}").json
                case.body["presentation"] = shown.get("presentation", {}).get("id", "none")
                case.body["locale"] = "en"

        fuzz(public_app, {}, only="submit", prepare=on_a_fresh_showing)


def fuzz(app: Flask, headers: dict[str, str], *, only: str = "", prepare: Prepare | None = None) -> None:
    """Send what the description allows and what it forbids to every operation, and check every answer against it."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig.from_dict(CONFIG))
    for found in schema.get_all_operations():
        operation = found.ok()
        if only in ("", operation.definition.raw["operationId"]):
            for mode in GenerationMode:
                if mode is GenerationMode.POSITIVE or operation.body or operation.query:
                    _fuzz(operation.as_strategy(generation_mode=mode), headers, prepare)


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

"""The form API answers as the examples say that the bot's tests stand on (tests/contract)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.intake_api.conftest import ROOT, DrivenClock

EXAMPLES = sorted((ROOT / "tests" / "contract" / "examples").glob("*.json"))
PUBLIC_URL = "https://leads.tidewick.example"  # in the examples
OTHER_FIELDS = {"name": "Somebody Else", "email": "other@pine-villa.example"}
Ask = Callable[[dict[str, Any]], Any]


@pytest.fixture
def ask(internal: FlaskClient, service: dict[str, str]) -> Ask:
    """Send a request of an example; the example's token stands for ours."""

    def send(request: dict[str, Any]) -> Any:
        headers = dict(request.get("headers", {}))
        if "Authorization" in headers:
            headers |= service
        return internal.open(request["path"], method=request["method"], headers=headers, json=request.get("body"))

    return send


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
class TestTheContract:
    def test_the_door_answers_as_the_example_says(
        self, file: Path, internal: FlaskClient, service: dict[str, str], ask: Ask, clock: DrivenClock
    ) -> None:
        text = file.read_text("utf-8")
        form = json.loads(text)["request"]["path"].split("?")[0].split("/")[3:4] or ["request_demo"]
        shown = internal.get(f"/v1/forms/{form[0]}?locale=en&channel=chat", headers=service).json or {}
        if "presentation" in shown:
            text = text.replace("{presentation}", shown["presentation"]["id"])
        if "{receipt}" in text:
            text = text.replace("{receipt}", self.send_one(internal, service))
        notice = internal.get("/v1/forms/request_demo", headers=service).json
        assert notice
        text = text.replace(PUBLIC_URL, notice["page"].removesuffix("/f/request_demo"))
        example = json.loads(text.replace("{notice}", notice["notice"]["hash"]))
        self.come_to_pass(file.stem, example["request"], ask, clock)
        answer = ask(example["request"])
        expected = example["answer"]
        assert answer.status_code == expected["status"]
        if "content_type" in expected and answer.data:
            assert answer.content_type == expected["content_type"]
        if expected.get("body") is not None and expected["varies"] != ["body"]:
            assert without(answer.json, expected["varies"]) == without(expected["body"], expected["varies"])
            assert shape(answer.json) == shape(expected["body"])

    def send_one(self, internal: FlaskClient, service: dict[str, str]) -> str:
        """Send a form with a yes to offers; return its receipt's token."""
        shown = internal.get("/v1/forms/request_demo?locale=en&channel=chat", headers=service).json
        assert shown
        sent = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": OTHER_FIELDS}
        decided = {**sent, "decisions": {"product_offers": True}}
        kept = internal.post("/v1/forms/request_demo/submissions", json=decided, headers=service).json
        assert kept
        return str(kept["receipt"].rpartition("/")[2])

    def come_to_pass(self, name: str, request: dict[str, Any], ask: Ask, clock: DrivenClock) -> None:
        """Let happen what the example presumes."""
        if name == "submit_presentation_expired":
            clock.advance(minutes=31)
        if name in ("submit_presentation_used", "submit_key_reused"):
            assert ask({**request, "body": {**request["body"], "fields": OTHER_FIELDS}}).status_code == 201
        if name == "refuse_after_sending":
            body = {**request["body"], "locale": "en", "fields": OTHER_FIELDS}
            sent = {**request, "path": request["path"].replace("/refusals", "/submissions"), "body": body}
            assert ask(sent).status_code == 201


def without(body: Any, places: list[str]) -> Any:
    """Return a body without the places that differ from call to call."""
    body = json.loads(json.dumps(body))
    for place in places:
        *way, last = place.split(".")
        inner = body
        for step in way:
            inner = inner[step]
        del inner[last]
    return body


def shape(body: Any) -> Any:
    """Return the names and kinds of a body, without its values."""
    if isinstance(body, dict):
        return {key: shape(value) for key, value in body.items()}
    if isinstance(body, list):
        return [shape(value) for value in body]
    return type(body).__name__

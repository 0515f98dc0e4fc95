"""The bot's client understands every example of the contract, and turns every failure into one of its two errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.client import ApiAway, ApiRefused, FormApi
from tests.bot.form_api import EXAMPLES, FormApiServer, example, example_body

TOKEN = "example-service-token-0123456789abcdef"


def ask(api: FormApiServer, call: Any, *, token: str = TOKEN, seconds: float = 4.0) -> Any:
    """Make one call with a client of its own."""

    async def act() -> Any:
        async with FormApi(api.url, token, seconds=seconds) as client:
            return await call(client)

    return asyncio.run(act())


class TestAgainstTheContract:
    def test_reads_a_form(self, api: FormApiServer) -> None:
        form = ask(api, lambda client: client.get_form("request_demo", "en"))
        assert form["notice"] == example_body("get_form_request_demo")["notice"]
        assert form["presentation"]["id"]

    def test_reads_the_list_and_a_notice(self, api: FormApiServer) -> None:
        listed = ask(api, lambda client: client.list_forms("en"))
        assert {form["form"] for form in listed} >= {"request_demo", "request_contact", "newsletter"}
        assert ask(api, lambda client: client.get_notice("0" * 64)) == example_body("get_notice")

    @pytest.mark.parametrize(
        ("name", "call"),
        [
            ("checks_good", lambda client, body: client.check("request_demo", body["locale"], body["fields"])),
            ("submit", lambda client, body: client.submit("request_demo", body, key="chat-{presentation}")),
            ("refuse", lambda client, body: client.refuse("request_demo", body["presentation"])),
        ],
    )
    def test_sends_the_very_requests_of_the_examples(self, api: FormApiServer, name: str, call: Any) -> None:
        request = example(name)["request"]
        ask(api, lambda client: call(client, request["body"]))
        assert api.requests == [(request["method"], request["path"], request["body"])]

    def test_m01_knows_what_each_example_refuses_for(self) -> None:
        refused = {file.stem: example(file.stem)["answer"] for file in EXAMPLES.glob("*.json")}
        refused = {name: answer for name, answer in refused.items() if answer["status"] >= 400}
        assert len(refused) >= 7
        for answer in refused.values():
            error = ApiRefused(answer["status"], answer["body"])
            assert error.code == answer["body"]["code"]
        expired = ApiRefused(409, refused["submit_presentation_expired"]["body"])
        assert expired.fresh_form is not None
        assert expired.fresh_form["form"] == "request_demo"
        invalid = ApiRefused(422, refused["submit_field_invalid"]["body"])
        assert "e-mail" in invalid.field_problems["email"]["text"]


class TestFailing:
    @pytest.mark.parametrize("status", [500, 502, 503, 401, 403, 429])
    def test_a_door_that_is_closed_is_away(self, api: FormApiServer, status: int) -> None:
        api.broken = status
        with pytest.raises(ApiAway):
            ask(api, lambda client: client.list_forms("en"))

    def test_a_wrong_token_is_away_for_the_visitor(self, api: FormApiServer) -> None:
        with pytest.raises(ApiAway):
            ask(api, lambda client: client.list_forms("en"), token="another")

    def test_nobody_there_is_away(self) -> None:
        with pytest.raises(ApiAway) as away:
            ask(FormApiServer(url="http://127.0.0.1:9"), lambda client: client.list_forms("en"))
        assert not away.value.may_have_acted

    def test_only_one_that_surely_did_not_act_is_said_not_to_have(self, api: FormApiServer) -> None:
        acted = {}
        for api.broken in (500, 502, 503, 504, 408, 401, 403, 429):
            with pytest.raises(ApiAway) as away:
                ask(api, lambda client: client.list_forms("en"))
            acted[api.broken] = away.value.may_have_acted
        assert acted == {500: True, 502: True, 503: True, 504: True, 408: True, 401: False, 403: False, 429: False}

    def test_a_hanging_one_is_cut(self, api: FormApiServer) -> None:
        api.slow = 2.0
        with pytest.raises(ApiAway) as away:
            ask(api, lambda client: client.list_forms("en"), seconds=0.2)
        assert away.value.may_have_acted

    def test_what_it_refuses_is_said_by_code_and_never_by_detail(self, api: FormApiServer) -> None:
        with pytest.raises(ApiRefused, match=r"^404 form_unknown$"):
            ask(api, lambda client: client.get_form("no_such_form", "en"))

"""How much the gateway takes: of a text, of a body, of conversations and of turns at once."""

import json
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from intake_api.web.limits import CHAT_BODY_BYTES
from intake_api.web.public import chat as chat_module
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.corpora import json_files, naughty_strings, needs_corpora
from tests.intake_api.web.channel_server import Channel
from tests.intake_api.web.chat.client import BEGIN, FORGET, SAY, bearer


class TestBounds:
    """H-15: strings only, and not too many."""

    @pytest.mark.parametrize("value", [["Hello"], {"text": "Hello"}, None, 1, True, "", "   ", "x" * 2001])
    def test_h15_anything_but_a_fair_text_is_refused(
        self, public: FlaskClient, begun: Any, channel: Channel, value: object
    ) -> None:
        answer = public.post(SAY, json={"text": value}, headers=bearer(begun))
        assert (answer.status_code, list(answer.json["fields"])) == (422, ["text"])
        assert len(channel.heard) == 1

    def test_h15_two_thousand_characters_are_fair(self, public: FlaskClient, begun: Any, channel: Channel) -> None:
        body = json.dumps({"text": "ā" * 2000}, ensure_ascii=False)
        answer = public.post(SAY, data=body, content_type="application/json", headers=bearer(begun))
        assert answer.status_code == 200
        assert channel.lengths[-1] < CHAT_BODY_BYTES, "they take more bytes on their way to Rasa than it admits"

    @pytest.mark.parametrize("size", [CHAT_BODY_BYTES + 1, 10_000_000])
    def test_h15_a_body_over_8_kib_is_413(self, public: FlaskClient, begun: Any, channel: Channel, size: int) -> None:
        body = b'{"text":"' + b"x" * (size - 11) + b'"}'
        answer = public.post(SAY, data=body, content_type="application/json", headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")
        assert len(channel.heard) == 1

    @pytest.mark.parametrize("body", [{}, {"text": "Hello", "button": "x"}])
    def test_exactly_one_of_text_and_button(self, public: FlaskClient, begun: Any, body: dict[str, str]) -> None:
        assert public.post(SAY, json=body, headers=bearer(begun)).status_code == 422

    def test_beginnings_are_bounded(self, public: FlaskClient, clock: DrivenClock) -> None:
        def begin() -> Any:
            return public.post(BEGIN, json={"locale": "en", "page": "/"})

        statuses = [begin().status_code for _ in range(chat_module.BEGIN_BURST + 1)]
        assert statuses == [201] * chat_module.BEGIN_BURST + [429]
        refused = begin()
        assert (refused.json["code"], refused.headers["Retry-After"]) == ("too_many_conversations", "5")
        clock.advance(seconds=1)
        assert begin().status_code == 201

    def test_turns_in_work_are_bounded_so_that_forms_are_never_starved(
        self, public_app: Flask, public: FlaskClient, channel: Channel
    ) -> None:
        most = chat_module.TURNS_AT_ONCE
        conversations = [public.post(BEGIN, json={"locale": "en", "page": "/"}).json for _ in range(most + 4)]
        channel.hold.clear()

        def say(begun: Any) -> int:
            status: int = public_app.test_client().post(SAY, json={"text": "Hello"}, headers=bearer(begun)).status_code
            return status

        with ThreadPoolExecutor(most + 4) as pool:
            turns = [pool.submit(say, begun) for begun in conversations]
            done = as_completed(turns)
            refused = [next(done).result() for _ in range(4)]
            form = public_app.test_client().get("/v1/forms/request_demo").status_code
            channel.hold.set()
        assert refused == [503] * 4
        assert form == 200
        assert sorted(turn.result() for turn in turns) == [200] * most + [503] * 4

    def test_h15_one_conversation_does_not_take_the_places_of_the_others(
        self, public_app: Flask, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        other = public.post(BEGIN, json={"locale": "en", "page": "/"}).json
        channel.hold.clear()

        def call(method: str, path: str, begun: Any) -> tuple[int, str]:
            body = {"text": "Hello"} if method == "POST" else None
            answer = public_app.test_client().open(path, method=method, json=body, headers=bearer(begun))
            return answer.status_code, (answer.json or {}).get("code", "")

        with ThreadPoolExecutor(16) as pool:
            # More than there are places, one after another: as each is refused, its place is free again.
            says = [pool.submit(call, "POST", SAY, begun) for _ in range(3)]
            assert next(as_completed(says)).result() == (429, "too_fast")
            refused = [call("POST", SAY, begun) for _ in range(chat_module.TURNS_AT_ONCE)]
            assert set(refused) == {(429, "too_fast")}
            forgets = [pool.submit(call, "DELETE", FORGET, begun) for _ in range(2)]
            assert next(as_completed(forgets)).result() == (429, "too_fast")
            elsewhere = pool.submit(call, "POST", SAY, other)
            channel.hold.set()
            assert elsewhere.result() == (200, "")
        assert [turn.result()[0] for turn in says].count(429) == 1
        assert sorted(turn.result()[0] for turn in forgets) == [204, 429]

    @needs_corpora
    def test_sec14_naughty_strings_pass_as_text(self, public: FlaskClient, begun: Any, channel: Channel) -> None:
        for string in naughty_strings():
            answer = public.post(SAY, json={"text": string}, headers=bearer(begun))
            assert answer.status_code == (200 if string.strip() and len(string) <= 2000 else 422), ascii(string)
            if answer.status_code == 200:
                assert channel.heard[-1]["text"] == string

    @needs_corpora
    @pytest.mark.parametrize("path", [BEGIN, SAY])
    def test_sec25_the_json_suite_is_never_a_5xx(
        self, public: FlaskClient, begun: Any, channel: Channel, path: str
    ) -> None:
        for file in json_files():
            body = file.read_bytes()
            answer = public.post(path, data=body, content_type="application/json", headers=bearer(begun))
            assert 400 <= answer.status_code < 500, file.name
            expected = 413 if len(body) > CHAT_BODY_BYTES else 400
            assert not file.name.startswith("n_") or answer.status_code == expected, file.name
        assert len(channel.heard) == 1

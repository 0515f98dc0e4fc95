"""The chat gateway, before a real server that speaks the channel's contract."""

import dataclasses
import json
import logging
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.web.limits import CHAT_BODY_BYTES
from intake_api.web.public import chat as chat_module
from intake_api.web.public import rasa_channel
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.corpora import json_files, naughty_strings, needs_corpora
from tests.intake_api.web.channel_server import OPEN_QUESTION, OPENING, Channel
from tests.intake_api.web.conftest import Count

BEGIN, SAY, FORGET = "/v1/chat/conversations", "/v1/chat/messages", "/v1/chat/conversations/current"
LOOK = FORGET


@pytest.fixture
def settings(settings: Settings, channel: Channel) -> Settings:
    return dataclasses.replace(settings, rasa_url=channel.url)


@pytest.fixture
def begun(public: FlaskClient) -> Any:
    """The answer to a conversation that was just begun."""
    answer = public.post(BEGIN, json={"locale": "en", "page": "/"})
    assert answer.status_code == 201
    return answer.json


def bearer(begun: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {begun['token']}"}


class TestConversations:
    def test_h01_the_first_thing_said_is_what_the_bot_says_first(self, begun: Any) -> None:
        assert [message["text"] for message in begun["messages"]] == [OPENING]
        assert begun["expires_in"] == 7200

    def test_a_text_goes_to_rasa_and_the_answer_comes_back(
        self, public: FlaskClient, begun: Any, channel: Channel, settings: Settings
    ) -> None:
        answer = public.post(SAY, json={"text": "Hello"}, headers=bearer(begun))
        assert answer.json["messages"][0]["text"] == "You wrote: Hello"
        assert channel.tokens == [f"Bearer {settings.secrets.gateway_token}"] * 2
        assert channel.heard[-1].keys() == {"conversation", "locale", "page", "text"}

    def test_a_button_goes_to_rasa_by_its_payload_and_turn(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        button = begun["messages"][0]["buttons"][0]
        assert button["title"] == "Yes"
        answer = public.post(SAY, json={"button": button["id"]}, headers=bearer(begun))
        assert answer.json["messages"][0]["text"] == "You pressed yes:1."
        assert (channel.heard[-1]["button"], channel.heard[-1]["turn"]) == ("yes:1", 0)

    def test_m06_of_the_page_only_the_place_is_handed_on(self, public: FlaskClient, channel: Channel) -> None:
        public.post(BEGIN, json={"locale": "en", "page": "/prices?utm_term=zq7f3#zq7f3"})
        assert channel.heard[0]["page"] == "/prices"

    def test_h19_where_it_stands_can_be_heard_again_without_taking_a_turn(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        public.post(SAY, json={"text": "I am zq7f3"}, headers=bearer(begun))
        looked = public.get(LOOK, headers=bearer(begun)).json
        assert (looked["turn"], looked["locale"]) == (1, "en")
        assert [message["text"] for message in looked["messages"]] == [OPEN_QUESTION]
        button = looked["messages"][0]["buttons"][0]["id"]
        assert public.post(SAY, json={"button": button}, headers=bearer(begun)).json["turn"] == 2

    def test_h08_without_its_token_nothing_is_heard_again(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        assert public.get(LOOK).status_code == 401
        assert public.get(f"{LOOK}?token={begun['token']}", headers=bearer(begun)).json["code"] == "query_invalid"
        channel.turns.clear()
        answer = public.get(LOOK, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (404, "conversation_unknown")

    def test_h19_forgetting_reaches_rasa_and_ends_the_conversation(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        assert public.delete(FORGET, headers=bearer(begun)).status_code == 204
        assert channel.forgotten == [channel.heard[0]["conversation"]]
        answer = public.post(SAY, json={"text": "Still there?"}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (404, "conversation_unknown")

    def test_a_language_nobody_offers_is_answered_with_those_that_are(
        self, public: FlaskClient, channel: Channel, catalogue: Catalogue
    ) -> None:
        answer = public.post(BEGIN, json={"locale": "de", "page": "/"})
        assert (answer.status_code, answer.json["locales"]) == (409, list(catalogue.locales))
        assert channel.heard == []


class TestTokens:
    """H-08: the session is the gateway's, not the client's."""

    def test_h08_ids_are_random_and_unreadable(self, public: FlaskClient, channel: Channel) -> None:
        tokens = {public.post(BEGIN, json={"locale": "en", "page": "/"}).json["token"] for _ in range(5)}
        ids = {heard["conversation"] for heard in channel.heard}
        assert len(tokens) == len(ids) == 5
        assert all(len(id_) >= 32 for id_ in ids)
        assert not any(id_ in token for id_ in ids for token in tokens)

    @pytest.mark.parametrize(
        "extra", [{"sender": "victim"}, {"metadata": {"a": 1}}, {"input_channel": "rest"}, {"conversation": "x"}]
    )
    @pytest.mark.parametrize("path", [BEGIN, SAY])
    def test_h08_a_client_that_names_sender_metadata_or_channel_is_refused(
        self, public: FlaskClient, begun: Any, channel: Channel, path: str, extra: dict[str, Any]
    ) -> None:
        body = {"locale": "en", "page": "/"} if path == BEGIN else {"text": "Hello"}
        answer = public.post(path, json={**body, **extra}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (422, "body_invalid")
        assert list(answer.json["fields"]) == list(extra)
        assert len(channel.heard) == 1

    @pytest.mark.parametrize("token", ["", "default", "x" * 200, "gAAAAA", "{button}"])
    def test_h08_without_a_token_of_ours_there_is_no_conversation(
        self, public: FlaskClient, begun: Any, channel: Channel, token: str
    ) -> None:
        token = token.replace("{button}", begun["messages"][0]["buttons"][0]["id"])
        for answer in (
            public.post(SAY, json={"text": "Hello"}, headers={"Authorization": f"Bearer {token}"}),
            public.delete(FORGET, headers={"Authorization": f"Bearer {token}"}),
        ):
            assert (answer.status_code, answer.json["code"]) == (401, "unauthorised")
        assert len(channel.heard) == 1

    def test_h08_a_token_ends_after_two_hours_whatever_happens(
        self, public: FlaskClient, begun: Any, clock: DrivenClock
    ) -> None:
        clock.advance(minutes=119)
        assert public.post(SAY, json={"text": "Hello"}, headers=bearer(begun)).status_code == 200
        clock.advance(minutes=2)
        assert public.post(SAY, json={"text": "Hello"}, headers=bearer(begun)).status_code == 401


class TestButtons:
    """H-09, C-09: what a client makes up decides nothing."""

    @pytest.mark.parametrize("text", ["/affirm", '/inform{"email":"x"}', "/restart", "/session_start", "/", "yes:1"])
    def test_h09_a_text_is_a_text_whatever_it_looks_like(
        self, public: FlaskClient, begun: Any, channel: Channel, text: str
    ) -> None:
        assert public.post(SAY, json={"text": text}, headers=bearer(begun)).status_code == 200
        assert channel.heard[-1]["text"] == text
        assert "button" not in channel.heard[-1]

    def test_c09_a_button_counts_once(self, public: FlaskClient, begun: Any) -> None:
        button = begun["messages"][0]["buttons"][0]["id"]
        assert public.post(SAY, json={"button": button}, headers=bearer(begun)).status_code == 200
        answer = public.post(SAY, json={"button": button}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (409, "button_stale")

    def test_c09_a_button_of_another_conversation_is_refused_before_rasa(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        other = public.post(BEGIN, json={"locale": "en", "page": "/"}).json
        button = other["messages"][0]["buttons"][0]["id"]
        answer = public.post(SAY, json={"button": button}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (422, "button_unknown")
        assert len(channel.heard) == 2

    @pytest.mark.parametrize("button", ["yes", "yes:1", "gAAAAABmade_up", "A" * 300, "{token}"])
    def test_c09_a_button_that_was_made_up_is_refused_before_rasa(
        self, public: FlaskClient, begun: Any, channel: Channel, button: str
    ) -> None:
        answer = public.post(SAY, json={"button": button.replace("{token}", begun["token"])}, headers=bearer(begun))
        assert answer.status_code == 422
        assert len(channel.heard) == 1

    def test_h09_its_payload_cannot_be_read_in_it(self, begun: Any) -> None:
        assert "yes" not in begun["messages"][0]["buttons"][0]["id"]


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


class TestRasaAway:
    """503 with a sentence that names the form page."""

    def expect_away(self, answer: Any) -> None:
        assert (answer.status_code, answer.json["code"]) == (503, "chat_unavailable")
        assert answer.json["form_page"] == "http://127.0.0.1:8080/f/request_demo"
        assert answer.json["form_page"] in answer.json["detail"]
        assert "Retry-After" in answer.headers

    def test_not_there(self, public_app: Flask, public: FlaskClient, begun: Any) -> None:
        gateway = public_app.extensions[chat_module.KEY]
        gateway.channel._root = "http://127.0.0.1:9/webhooks/vestibule"
        self.expect_away(public.post(SAY, json={"text": "Hello"}, headers=bearer(begun)))
        self.expect_away(public.delete(FORGET, headers=bearer(begun)))

    def test_too_slow(
        self, public_app: Flask, begun: Any, channel: Channel, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert rasa_channel.TURN_SECONDS == 10.0
        monkeypatch.setattr(rasa_channel, "TURN_SECONDS", 0.2)
        impatient = rasa_channel.RasaChannel(channel.url, settings.secrets.gateway_token)
        gateway = public_app.extensions[chat_module.KEY]
        public_app.extensions[chat_module.KEY] = dataclasses.replace(gateway, channel=impatient)
        channel.hold.clear()
        self.expect_away(public_app.test_client().post(SAY, json={"text": "Hello"}, headers=bearer(begun)))

    @pytest.mark.parametrize(
        "raw",
        [
            (500, b"Traceback: zq7f3"),
            (200, b"<html>zq7f3</html>"),
            (200, b"[]"),
            (200, b"null"),
            (200, b'{"messages":[{"text":5}],"turn":1}'),
            (200, b'{"messages":[],"turn":"1"}'),
            (200, b'{"turn":1,"messages":[{"text":"' + b"x" * 300_000 + b'"}]}'),
            (302, b""),
            (401, b'{"code":"unauthorised"}'),
            (503, b'{"code":"too_many_conversations"}'),
        ],
    )
    def test_sec53_saying_something_else(
        self, public: FlaskClient, begun: Any, channel: Channel, raw: tuple[int, bytes]
    ) -> None:
        channel.raw = raw
        answer = public.post(SAY, json={"text": "Hello"}, headers=bearer(begun))
        self.expect_away(answer)
        assert "zq7f3" not in answer.text

    @pytest.mark.parametrize(
        ("status", "code"),
        [(404, "conversation_unknown"), (429, "too_many_turns"), (429, "too_fast"), (409, "button_stale")],
    )
    def test_its_refusals_are_told_in_our_words(
        self, public: FlaskClient, begun: Any, channel: Channel, status: int, code: str
    ) -> None:
        channel.raw = (status, json.dumps({"code": code}).encode())
        answer = public.post(SAY, json={"text": "Hello"}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (status, code)
        assert answer.json["detail"]

    def test_the_form_works_without_it(self, public_app: Flask, public: FlaskClient) -> None:
        public_app.extensions[chat_module.KEY].channel._root = "http://127.0.0.1:9"
        assert public.get("/f/request_demo").status_code == 200


class TestNoOtherWay:
    """H-11: of Rasa only the gateway's three addresses can be reached through the public door."""

    @pytest.mark.parametrize(
        "path",
        [
            "/webhooks/rest/webhook",
            "/webhooks/vestibule/messages",
            "/conversations/x/tracker",
            "/model",
            "/model/parse",
            "/socket.io/",
            "/v1/chat/../../webhooks/vestibule/conversations",
            "/v1/chat/messages/../conversations/x",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
    def test_h11_rasas_own_addresses_are_not_here(
        self, public: FlaskClient, begun: Any, channel: Channel, path: str, method: str
    ) -> None:
        answer = public.open(path, method=method, json={"sender": "victim", "message": "x"}, headers=bearer(begun))
        assert answer.status_code in (404, 405)
        assert len(channel.heard) == 1


class TestSilence:
    def test_h02_h14_nothing_said_goes_into_a_log_or_the_store(
        self,
        public: FlaskClient,
        begun: Any,
        channel: Channel,
        caplog: pytest.LogCaptureFixture,
        store: Store,
        kept: Count,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        public.post(SAY, json={"text": "I am zq7f3"}, headers=bearer(begun))
        public.post(SAY, json={"text": "zq7f3", "metadata": "zq7f3"}, headers=bearer(begun))
        channel.raw = (500, b"zq7f3")
        public.post(SAY, json={"text": "zq7f3"}, headers=bearer(begun))
        assert channel.heard[-1]["text"] == "zq7f3"
        assert "zq7f3" not in caplog.text
        assert begun["token"] not in caplog.text
        assert kept() == 0

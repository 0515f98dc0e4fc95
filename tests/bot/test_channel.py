"""The channel's manners: who may knock, what may come in, which button still counts, and that a conversation can be
forgotten."""

from __future__ import annotations

import concurrent.futures
import json
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.bot.bot_processes import RunningBot
from tests.bot.form_api import FormApiServer

pytestmark = pytest.mark.processes


def message(conversation: str, **what: Any) -> dict[str, Any]:
    return {"conversation": conversation, "locale": "en", "page": "/", **what}


class TestWhoMayKnock:
    @pytest.mark.parametrize("token", ["", "wrong-token-0123456789abcdef", "exämple"])
    def test_h11_nobody_without_the_gateways_token(self, bot: RunningBot, token: str) -> None:
        for method, path in (
            ("POST", "/conversations"),
            ("POST", "/messages"),
            ("GET", f"/conversations/{'x' * 20}"),
            ("DELETE", f"/conversations/{'x' * 20}"),
        ):
            assert bot.call(method, path, message("x" * 20), token=token)[0] == 401

    def test_health_needs_no_token(self, bot: RunningBot) -> None:
        assert bot.call("GET", "/", token="") == (200, {"status": "ok"})

    @pytest.mark.parametrize(
        "path", ["/conversations/x/tracker", "/model", "/domain", "/webhooks/rest/webhook", "/socket.io/"]
    )
    def test_h11_nothing_else_of_rasa_is_open(self, bot: RunningBot, path: str) -> None:
        channel = bot.environment["VESTIBULE_RASA_PORT"]
        status, _ = RunningBot.call(_Elsewhere(bot, f"http://127.0.0.1:{channel}"), "GET", path)
        assert status in (404, 405)


class _Elsewhere(RunningBot):
    def __init__(self, bot: RunningBot, root: str) -> None:
        super().__init__(bot.environment, bot.rasa, bot.actions, bot.logs)
        self._root = root

    @property
    def channel(self) -> str:
        return self._root


class TestWhatMayComeIn:
    NOT_A_MESSAGE = (
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b'{"conversation": NaN}',
        b"\xff\xfe",
        b"[" * 5_000,
    )

    @pytest.mark.parametrize("raw", NOT_A_MESSAGE)
    def test_h15_what_is_no_object_is_refused(self, bot: RunningBot, raw: bytes) -> None:
        assert bot.call("POST", "/messages", raw=raw)[0] == 400

    @pytest.mark.parametrize(
        "what",
        [
            {"text": None},
            {"text": 7},
            {"text": ["hello"]},
            {"text": {"a": 1}},
            {"text": ""},
            {"text": "   "},
            {},
            {"text": "hello", "button": "affirm", "turn": 0},
            {"button": "affirm"},
            {"button": "affirm", "turn": "0"},
            {"button": "affirm", "turn": True},
            {"button": {}, "turn": 0},
            {"text": "hello", "locale": ["en"]},
            {"text": "hello", "page": {"a": 1}},
            {"text": "hello", "conversation": ""},
            {"text": "hello", "conversation": "default"},
            {"text": "hello", "conversation": "../../../etc/passwd"},
            {"text": "hello", "conversation": 5},
        ],
    )
    def test_h08_h15_only_strings_of_the_right_shape(self, bot: RunningBot, what: dict[str, Any]) -> None:
        visitor = bot.visitor()
        assert bot.call("POST", "/messages", {**message(visitor.conversation), **what})[0] == 400

    def test_h15_a_text_of_2000_signs_is_taken_and_one_more_is_not(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        assert bot.call("POST", "/messages", message(visitor.conversation, text="a " * 1_000))[0] == 200
        assert bot.call("POST", "/messages", message(visitor.conversation, text="a" * 2_001)) == (
            413,
            {"code": "text_too_long"},
        )

    def test_h15_a_body_over_16_kb_is_refused(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        answer = bot.call("POST", "/messages", message(visitor.conversation, text="a", page="b" * 17_000))
        assert answer == (413, {"code": "body_too_long"})

    def test_h15_a_conversation_has_60_turns(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says(*["thanks"] * 60)
        assert bot.call("POST", "/messages", message(visitor.conversation, text="thanks")) == (
            429,
            {"code": "too_many_turns"},
        )

    @pytest.mark.parametrize(
        "text",
        ["/restart", "/session_start", "/open_chat", "/choose_form", "/affirm", '/inform{"language":"lv"}', " /affirm"],
    )
    def test_h09_a_slash_is_a_sign_like_any_other(self, bot: RunningBot, api: FormApiServer, text: str) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", text)
        # Read as words it may be a cancel or a question, as it would be without the slash; it is never a command.
        assert "What is your name?" not in visitor.heard
        assert "choose_form:request_contact" not in visitor.offered
        visitor.says("thanks")
        assert not any(word in visitor.heard for word in ("Lūdzu", "Vai drīkstu"))  # still in English
        assert visitor.turn == 3

    @pytest.mark.parametrize(
        "text",
        [
            "\ud83d",
            "a\x00b",
            "\u202eabc",
            "Z̴̡͇a̵͎l̸̨g̷͚o̶",
            "<img src=x onerror=alert(1)>",
            "\x1b[31mred",
            "{name}",
            "%s %d",
            "👩‍👩‍👧",
        ],
    )
    def test_odd_text_is_only_text(self, bot: RunningBot, text: str) -> None:
        visitor = bot.visitor()
        status, _ = bot.call(
            "POST", "/messages", raw=json.dumps(message(visitor.conversation, text=f"x {text}")).encode()
        )
        assert status == 200


class TestButtons:
    def test_c09_a_button_that_was_not_offered_is_stale(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo")
        for payload, turn in (
            ("affirm:send", visitor.turn),
            ("affirm", visitor.turn - 1),
            ("affirm", visitor.turn + 1),
        ):
            answer = bot.call("POST", "/messages", message(visitor.conversation, button=payload, turn=turn))
            assert answer == (409, {"code": "button_stale"})

    def test_c09_a_yes_pressed_twice_is_one_yes(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("newsletter please", "yes", "anna@pine-villa.example")
        turn = visitor.turn
        visitor.presses("affirm")
        answer = bot.call("POST", "/messages", message(visitor.conversation, button="affirm", turn=turn))
        assert answer == (409, {"code": "button_stale"})
        assert api.sent("/submissions") == []

    def test_c09_a_button_of_another_conversation_is_none_here(self, bot: RunningBot) -> None:
        asked, other = bot.visitor(), bot.visitor()
        asked.says("i want a demo")
        other.says("hello")
        answer = bot.call("POST", "/messages", message(other.conversation, button="affirm", turn=asked.turn))
        assert answer == (409, {"code": "button_stale"})


class TestConversations:
    def test_h08_an_unknown_one_is_unknown(self, bot: RunningBot) -> None:
        answer = bot.call("POST", "/messages", message(secrets.token_urlsafe(18), text="hello"))
        assert answer == (404, {"code": "conversation_unknown"})

    def test_h19_a_forgotten_one_is_gone(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna")
        assert bot.call("DELETE", f"/conversations/{visitor.conversation}")[0] == 204
        assert bot.call("POST", "/messages", message(visitor.conversation, text="hello"))[0] == 404
        assert bot.call("GET", f"/conversations/{visitor.conversation}")[0] == 404
        assert bot.call("DELETE", f"/conversations/{visitor.conversation}")[0] == 204

    def test_h19_whoever_comes_back_hears_the_open_question_and_nothing_they_wrote(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("hello, i am Anna Zq7f3, i want a demo")
        status, notice = bot.call("GET", f"/conversations/{visitor.conversation}?locale=en")
        assert (status, notice) == (200, {"turn": visitor.turn, "locale": "en", "messages": visitor.messages})
        visitor.presses("affirm")
        visitor.presses("deny")
        status, asked = bot.call("GET", f"/conversations/{visitor.conversation}?locale=en")
        assert asked["messages"][-1] == visitor.messages[-1]
        assert "Zq7f3" not in json.dumps(asked)
        # It was no turn: the buttons are those of the last one, and still count.
        assert asked["turn"] == visitor.turn
        assert visitor.presses("decline_field" if "decline_field" in visitor.offered else "ask_why_data")

    def test_h12_one_that_is_opened_again_knows_nothing(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna")
        visitor.opened()
        assert visitor.turn == 0
        assert "open request" in visitor.says("cancel this please")

    def test_messages_of_one_conversation_are_taken_one_after_another(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        send = [message(visitor.conversation, text="thank you") for _ in range(2)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda body: bot.call("POST", "/messages", body), send))
        assert sorted(body["turn"] for _, body in answers) == [1, 2]

    def test_h15_one_is_taken_and_one_waits_and_the_rest_come_too_fast(self, bot: RunningBot) -> None:
        visitor, other = bot.visitor(), bot.visitor()
        send = message(visitor.conversation, text="i want a demo")
        with concurrent.futures.ThreadPoolExecutor(12) as pool, stopped(bot.actions):
            turns = [pool.submit(bot.call, "POST", "/messages", send) for _ in range(12)]
            done = concurrent.futures.as_completed(turns)
            refused = [next(done).result() for _ in range(10)]
            assert other.says("thank you")
        assert refused == [(429, {"code": "too_fast"})] * 10
        assert sorted(turn.result()[0] for turn in turns) == [200] * 2 + [429] * 10
        assert bot.call("POST", "/messages", message(visitor.conversation, text="thank you"))[0] == 200

    def test_h15_h19_forgetting_waits_for_its_turn_but_not_often(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        send = message(visitor.conversation, text="i want a demo")
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            with stopped(bot.actions):
                says = [pool.submit(bot.call, "POST", "/messages", send) for _ in range(3)]
                assert next(concurrent.futures.as_completed(says)).result() == (429, {"code": "too_fast"})
                forgets = [pool.submit(bot.call, "DELETE", f"/conversations/{visitor.conversation}") for _ in range(3)]
                refused = concurrent.futures.as_completed(forgets)
                assert [next(refused).result() for _ in range(2)] == [(429, {"code": "too_fast"})] * 2
            assert sorted(each.result()[0] for each in forgets) == [204, 429, 429]
        assert bot.call("POST", "/messages", message(visitor.conversation, text="hello"))[0] == 404


@contextmanager
def stopped(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let a process accept and never answer until the block ends."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)

"""SEC-53: what no answer of the other side may do to us, and no credential of ours to a log."""

import http.server
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from intake_api.crm.answers import READ_BYTES, NotReadable, read_json
from intake_api.crm.calling import Answer, Caller, CallFailed, Deadline
from intake_api.crm.port import NotAllowedIn, Outcome, Retry, Unknown
from tests.intake_api.crm.parcels import NOW
from tests.intake_api.crm.receiver import Receiver, answer, receiving
from tests.intake_api.crm.test_adapter_promises import anna
from tests.intake_api.crm.worlds.espocrm import espo_world

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
FLOOD = 64  # of READ_BYTES


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(answer(204)) as opened:
        yield opened


def outcome(receiver: Receiver, **headers: str) -> Outcome:
    caller = Caller(receiver.url, allow_loopback=True)
    with pytest.raises(CallFailed) as failed:
        caller.call("POST", "", b"{}", headers, deadline=Deadline(), read=READ_BYTES)
    assert failed.value.__cause__ is None
    return failed.value.outcome


def raw(text: bytes) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def behave(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(text)

    return behave


class TestAnAnswerInChunks:
    @pytest.mark.parametrize("size", [b"-1", b"-5", b"-" + b"f" * 40, b"zz", b""])
    def test_a_size_that_is_none_is_no_answer(self, receiver: Receiver, size: bytes) -> None:
        receiver.behaviour = raw(CHUNKED + size + b"\r\nabc")

        assert outcome(receiver) == Retry("hung_up")

    def test_no_more_is_taken_than_was_asked_for_whatever_the_size_says(self, receiver: Receiver) -> None:
        sent: list[int] = []

        def flood(handler: http.server.BaseHTTPRequestHandler) -> None:
            handler.wfile.write(CHUNKED + b"-1\r\n")
            for number in range(FLOOD):
                handler.wfile.write(b"x" * READ_BYTES)
                sent.append(number)

        receiver.behaviour = flood

        assert outcome(receiver) == Retry("hung_up")
        assert len(sent) < FLOOD

    def test_many_small_ones_are_counted_together(self, receiver: Receiver) -> None:
        receiver.behaviour = raw(CHUNKED + (b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 17 + b"0\r\n\r\n")

        assert outcome(receiver) == Unknown("answer_too_large", 200)


class TestACredentialThatCannotBeSent:
    @pytest.mark.parametrize("end", ["\nX-Other: 1", "\r", "\u20ac", "\x00"])
    def test_it_is_refused_before_a_call_and_shown_nowhere(self, receiver: Receiver, end: str) -> None:
        found = outcome(receiver, Authorization=f"Bearer KEPT-SECRET{end}")

        assert found == NotAllowedIn("credential_refused")
        assert receiver.requests == []


class TestWhatIsReadAsJson:
    @pytest.mark.parametrize(
        "body",
        [
            b'{"id": 1e999}',
            b"[-1e999]",
            b'{"id": Infinity}',
            b'{"id": "\\ud800"}',
            b'{"\\udfff": 1}',
            '{"id": 7}'.encode("utf-16"),
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"9" * 5000,
            b"",
        ],
    )
    def test_what_could_break_a_later_step_is_not_readable(self, body: bytes) -> None:
        with pytest.raises(NotReadable):
            read_json(Answer(200, {}, body))

    @pytest.mark.parametrize("value", [{"id": "\U0001f600 Jānis"}, [1.5, 10**30, None], "\x00"])
    def test_what_is_json_is_read_as_it_is(self, value: object) -> None:
        assert read_json(Answer(200, {}, json.dumps(value).encode())) == value

    def test_a_record_whose_id_is_half_a_character_is_an_answer_that_is_not_readable(self, tmp_path: Path) -> None:
        row = b'{"list": [{"id": "\\ud800", "cVestibuleLead": "lead-anna"}]}'
        with espo_world(tmp_path) as espo:
            espo.destination.check(now=NOW)
            with espo.server.says(200, row):
                found = espo.destination.send("correct", anna(espo), now=NOW)
        assert found == Unknown("answer_not_readable", 200)

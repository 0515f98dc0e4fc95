"""SEC-25: what two parsers could understand differently is refused, on every address that takes JSON."""

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.web.errors import RequestProblem
from intake_api.web.limits import BODY_BYTES, JSON_DEPTH
from intake_api.web.strict_json import parse_object
from tests.intake_api.corpora import json_files, needs_corpora
from tests.intake_api.web.conftest import Count

# A body at the limit takes some 5 ms; going over it anew from each of its quotes took 20 s.
MOST_SECONDS = 1.0
ENDPOINTS = (
    "/v1/forms/request_demo/checks",
    "/v1/forms/request_demo/submissions",
    "/v1/forms/request_demo/refusals",
)


def send(client: FlaskClient, body: bytes, path: str = ENDPOINTS[0], kind: str = "application/json") -> Any:
    return client.post(path, data=body, content_type=kind)


@needs_corpora
class TestTheSuite:
    @pytest.mark.parametrize("path", ENDPOINTS)
    def test_sec25_no_file_is_ever_a_5xx_and_every_invalid_one_is_400(
        self, public: FlaskClient, path: str, kept: Count
    ) -> None:
        files = json_files()
        assert len(files) > 300
        answers = {file.name: send(public, file.read_bytes(), path).status_code for file in files}
        assert {name: status for name, status in answers.items() if not 400 <= status < 500} == {}
        heavy = {file.name for file in files if file.stat().st_size > BODY_BYTES}
        for name, status in answers.items():
            # What is over the limit is refused before anybody looks at what it is (SEC-24).
            assert not name.startswith("n_") or status == (413 if name in heavy else 400), name
        assert kept() == 0

    @pytest.mark.parametrize("place", ["value", "name"])
    def test_sec25_nor_inside_a_body_that_is_right_around_it(
        self, public: FlaskClient, place: str, kept: Count
    ) -> None:
        for file in json_files():
            inner = file.read_bytes()
            field = b'"name":' + inner if place == "value" else inner + b':"zane"'
            answer = send(public, b'{"locale":"en","fields":{' + field + b"}}")
            # A valid text is a fine name of a person: that one is 200. Two files are over the limit: 413.
            assert answer.status_code in (200, 400, 413, 422), file.name
            if file.name.startswith("n_") and place == "value" and answer.status_code == 200:
                assert self.is_no_longer_invalid(inner), file.name
        assert kept() == 0

    def is_no_longer_invalid(self, inner: bytes) -> bool:
        """Say whether the text became valid by what stands around it (`"a",` and the like)."""
        try:
            json.loads(b'{"fields":{"name":' + inner + b"}}")
        except ValueError:
            return False
        return True


class TestStrictness:
    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"", 400, "json_invalid"),
            (b'{"locale":NaN}', 400, "json_invalid"),
            (b'{"locale":-Infinity}', 400, "json_invalid"),
            (b'{"locale":1e999}', 400, "json_invalid"),
            (b'{"locale":' + b"9" * 5000 + b"}", 400, "json_invalid"),
            (b"\xef\xbb\xbf{}", 400, "json_invalid"),
            ('{"locale":"en"}'.encode("utf-16"), 400, "json_invalid"),
            (b'{"locale":"\xed\xa0\x80"}', 400, "json_invalid"),
            (b'{"locale":"\\ud800"}', 400, "json_invalid"),
            (b'{"\\udfff":1}', 400, "json_invalid"),
            (b'{"locale":"en"} {}', 400, "json_invalid"),
            (b"[" * 50_000, 400, "json_too_deep"),
            (b'{"a":' * 10_000, 400, "json_too_deep"),
            (b'{"locale":"en","fields":{"name":[[[[1]]]]}}', 400, "json_too_deep"),
            (b'{"locale":"en","locale":"en"}', 422, "json_duplicate_key"),
            (b'{"fields":{"a":1,"\\u0061":1}}', 422, "json_duplicate_key"),
            (b'{"' + b"k" * 65 + b'":1}', 422, "json_key_too_long"),
            (json.dumps({str(n): n for n in range(51)}).encode(), 422, "json_too_many_keys"),
            (b"[]", 422, "body_invalid"),
            (b"null", 422, "body_invalid"),
            (b'"text"', 422, "body_invalid"),
        ],
    )
    def test_sec25_each_trick_has_its_code(self, public: FlaskClient, body: bytes, status: int, code: str) -> None:
        answer = send(public, body)
        assert (answer.status_code, answer.json["code"]) == (status, code)

    def test_sec25_brackets_inside_a_text_are_text(self, public: FlaskClient) -> None:
        body = {"locale": "en", "fields": {"message": '[[[[[[{{{{{{"\\'}}
        assert send(public, json.dumps(body).encode()).json["ok"]

    @pytest.mark.parametrize(
        "kind",
        [
            "text/plain",
            "",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/json; charset=latin-1",
            "application/json; profile=x",
            "application/jsonp",
            "text/json",
            "application/vnd.api+json",
        ],
    )
    def test_sec11_only_application_json_is_read(self, public: FlaskClient, kind: str) -> None:
        answer = send(public, b'{"locale":"en","fields":{}}', kind=kind)
        assert (answer.status_code, answer.json["code"]) == (415, "content_type_not_accepted")

    @pytest.mark.parametrize(
        "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
    )
    def test_utf_8_may_be_said(self, public: FlaskClient, kind: str) -> None:
        assert send(public, b'{"locale":"en","fields":{}}', kind=kind).status_code == 200

    def test_sec24_a_body_over_64_kib_is_413(self, public: FlaskClient) -> None:
        fits = b'{"locale":"en","fields":{"message":"' + b"x" * (64 * 1024 - 39) + b'"}}'
        assert len(fits) == 64 * 1024
        assert send(public, fits).status_code == 200
        answer = send(public, fits + b" ")
        assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")

    def test_h14_no_value_goes_into_a_log(
        self, public: FlaskClient, caplog: pytest.LogCaptureFixture, tmp_path: Path
    ) -> None:
        caplog.set_level(logging.DEBUG)
        for body in (
            b'{"locale":"zq7f3',
            b'{"zq7f3":1}',
            b'{"locale":{"zq7f3":"zq7f3"}}',
            b"zq7f3",
            b'{"locale":"zq7f3\xff"}',
        ):
            send(public, body)
        assert len(caplog.records) >= 5
        assert "zq7f3" not in caplog.text


class TestTheWork:
    """Looking for depth goes over a body once. Processor time, not the clock: a busy machine changes nothing."""

    @pytest.mark.parametrize("end", ["", "\\", '"'])
    @pytest.mark.parametrize("turn", ['\\"', "\\\\", '"', '""', "[]", "a", '"\\'])
    def test_sec25_a_body_that_was_made_to_be_slow_is_refused_at_once(self, turn: str, end: str) -> None:
        deep = "{" * (JSON_DEPTH + 1)
        for start in ('{"a":"', "{"):
            room = BODY_BYTES - len(start + deep + deep + end)
            body = (start + deep + turn * (room // len(turn)) + deep + end).encode()
            begun = time.thread_time()
            with pytest.raises(RequestProblem) as refused:
                parse_object(body)
            assert refused.value.code in ("json_invalid", "json_too_deep", "json_duplicate_key")
            assert time.thread_time() - begun < MOST_SECONDS

"""The webhook destination against real servers: what is sent, how each answer is taken, whom it trusts."""

import base64
import datetime as dt
import http.server
import json
import logging
import socket
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from intake_api.crm.port import Done, Gone, NotAllowedIn, Outcome, Refused, Retry, Unknown
from intake_api.crm.webhook import SecretInvalid, Webhook, classify, sign
from tests.intake_api.certificates import certificates
from tests.intake_api.crm.parcels import NOW, parcel
from tests.intake_api.crm.receiver import Receiver, answer, receiving
from tests.intake_api.crm.webhooks import SECRET, webhook

OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 24).decode()


def present() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class TestWhatIsSent:
    def test_sec34_the_signature_holds_on_the_raw_bytes(self, receiver: Receiver) -> None:
        outcome = webhook(receiver.url).send("upsert", parcel("d1"), now=present())

        request = receiver.requests[0]
        verified = Verifier(SECRET).verify(request.body, request.headers)
        assert outcome == Done(status=204)
        assert verified["type"] == "lead.upsert"
        assert verified["data"]["fields"]["name"] == "Jānis Bērziņš"
        assert (request.path, request.headers["webhook-id"]) == ("/leads", "d1")
        assert request.headers["host"] == f"127.0.0.1:{receiver.port}"

    def test_sec33_while_a_secret_is_rotated_both_the_old_and_the_new_verify(self, receiver: Receiver) -> None:
        Webhook(receiver.url, [SECRET, OLD_SECRET], "crm", allow_loopback=True).send("upsert", parcel(), now=present())

        request = receiver.requests[0]
        assert len(request.headers["webhook-signature"].split()) == 2
        for secret in (SECRET, OLD_SECRET):
            assert Verifier(secret).verify(request.body, request.headers)

    def test_the_body_is_json_that_any_receiver_reads(self, receiver: Receiver) -> None:
        webhook(receiver.url).send("erase", parcel("d9"), now=NOW)

        data = json.loads(receiver.requests[0].body)
        assert (data["type"], data["timestamp"], data["data"]["delivery"]) == (
            "lead.erase",
            "2026-03-02T09:30:00.000Z",
            "d9",
        )

    def test_every_attempt_has_the_same_id_and_a_fresh_timestamp(self, receiver: Receiver) -> None:
        destination = webhook(receiver.url)
        destination.send("upsert", parcel("d1"), now=NOW)
        destination.send("upsert", parcel("d1"), now=NOW + timedelta(minutes=5))

        first, second = (request.headers for request in receiver.requests)
        assert first["webhook-id"] == second["webhook-id"] == "d1"
        assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 300
        assert first["webhook-signature"] != second["webhook-signature"]

    def test_the_published_example_of_standard_webhooks_comes_out(self) -> None:
        key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

        signature = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')

        assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    @pytest.mark.parametrize(
        "secret",
        [
            "",
            "whsec_",
            "whsec_!!!!",
            "whsec_" + base64.b64encode(b"x" * 23).decode(),
            base64.b64encode(b"x" * 32).decode(),
        ],
    )
    def test_sec33_a_secret_that_is_none_is_refused_and_not_shown(self, secret: str) -> None:
        with pytest.raises(SecretInvalid) as refused:
            Webhook("https://crm.example/", [secret] if secret else [], "crm")
        assert secret.removeprefix("whsec_")[:8] not in str(refused.value) or secret in ("", "whsec_")


STATUS_TABLE: list[tuple[int, type[Any], str | None]] = [
    (200, Done, None),
    (202, Done, None),
    (204, Done, None),
    (301, Unknown, "redirected"),
    (302, Unknown, "redirected"),
    (307, Unknown, "redirected"),
    (400, Refused, "parcel_refused"),
    (401, NotAllowedIn, "credential_refused"),
    (403, NotAllowedIn, "credential_refused"),
    (404, Unknown, "unexpected_status"),
    (408, Retry, "not_now"),
    (409, Unknown, "unexpected_status"),
    (410, Gone, "address_gone"),
    (413, Refused, "parcel_refused"),
    (422, Refused, "parcel_refused"),
    (425, Retry, "not_now"),
    (429, Retry, "asked_to_wait"),
    (500, Retry, "not_now"),
    (502, Retry, "not_now"),
    (503, Retry, "not_now"),
    (504, Retry, "not_now"),
    (599, Retry, "not_now"),
]


class TestHowAnAnswerIsTaken:
    @pytest.mark.parametrize(("status", "kind", "reason"), STATUS_TABLE)
    def test_each_status_has_its_class(
        self, receiver: Receiver, status: int, kind: type[Any], reason: str | None
    ) -> None:
        receiver.behaviour = answer(status, Location=f"{receiver.url}/elsewhere")

        outcome = webhook(receiver.url).send("upsert", parcel(), now=NOW)

        assert type(outcome) is kind
        assert outcome.status == status
        assert getattr(outcome, "reason", None) == reason
        assert [request.path for request in receiver.requests] == ["/leads"]  # SEC-34: no redirect is followed

    @pytest.mark.parametrize(
        ("header", "wait"),
        [
            ("7", timedelta(seconds=7)),
            ("Mon, 02 Mar 2026 09:32:00 GMT", timedelta(minutes=2)),
            ("Mon, 02 Mar 2026 09:00:00 GMT", timedelta()),
            ("soon", None),
            ("-5", None),
            ("9" * 400, None),
            ("٣", None),
            ("", None),
            (None, None),
        ],
    )
    def test_retry_after_is_read_as_seconds_or_as_a_date(self, header: str | None, wait: timedelta | None) -> None:
        assert classify(429, header, now=NOW) == Retry("asked_to_wait", wait, 429)
        assert classify(503, header, now=NOW) == Retry("not_now", wait, 503)

    def test_retry_after_reaches_us_over_the_wire(self, receiver: Receiver) -> None:
        receiver.behaviour = answer(429, Retry_After="90")

        outcome = webhook(receiver.url).send("upsert", parcel(), now=NOW)

        assert outcome == Retry("asked_to_wait", timedelta(seconds=90), 429)

    def test_a_destination_that_is_down_is_tried_again(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, never listening: the connection is refused

            outcome = webhook(f"http://127.0.0.1:{taken.getsockname()[1]}/").send("upsert", parcel(), now=NOW)

        assert outcome == Retry("not_reachable")

    def test_a_drip_of_single_bytes_gains_no_time(self, receiver: Receiver) -> None:
        receiver.behaviour = receiver.drip

        assert webhook(receiver.url, time_limit=1.0).send("upsert", parcel(), now=NOW) == Retry("too_slow")

    def test_a_destination_that_says_nothing_is_cut(self, receiver: Receiver) -> None:
        receiver.behaviour = receiver.hang

        assert webhook(receiver.url, time_limit=0.5).send("upsert", parcel(), now=NOW) == Retry("too_slow")

    def test_the_limit_is_ten_seconds(self) -> None:
        assert Webhook("https://crm.example/", [SECRET], "crm")._time_limit == 10.0

    @pytest.mark.parametrize(
        ("raw", "outcome"),
        [
            (b"SSH-2.0-OpenSSH\r\n", Unknown("not_http")),
            (b"HTTP/1.1 200 OK\r\n" + b"A: " + b"x" * 70_000 + b"\r\n\r\n", Unknown("not_http")),
            (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", Unknown("not_http")),
            (b"HTTP/1.1 2\x00 OK\r\n\r\n", Unknown("not_http")),
            (b"", Retry("hung_up")),
        ],
    )
    def test_sec53_an_answer_that_is_no_http_ends_in_a_class(
        self, receiver: Receiver, raw: bytes, outcome: Outcome
    ) -> None:
        def behave(handler: http.server.BaseHTTPRequestHandler) -> None:
            handler.wfile.write(raw)

        receiver.behaviour = behave

        assert webhook(receiver.url).send("upsert", parcel(), now=NOW) == outcome

    def test_sec53_an_endless_body_is_not_read(self, receiver: Receiver) -> None:
        def behave(handler: http.server.BaseHTTPRequestHandler) -> None:
            receiver.drip(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")

        receiver.behaviour = behave

        assert webhook(receiver.url).send("upsert", parcel(), now=NOW) == Done(status=200)

    def test_sec53_nothing_the_other_side_says_is_kept_or_logged(
        self, receiver: Receiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        receiver.behaviour = answer(400, Retry_After="REMOTE-TEXT-NOT-TO-BE-SHOWN")

        with caplog.at_level(logging.DEBUG):
            outcome = webhook(receiver.url).send("upsert", parcel(), now=NOW)

        assert "REMOTE-TEXT" not in caplog.text + repr(outcome)


class TestTls:
    def test_sec48_a_certificate_for_this_host_from_a_trusted_issuer_passes(self, tmp_path: Path) -> None:
        serve, trust = certificates(tmp_path, "localhost")
        with receiving(answer(204), tls=serve) as receiver:
            outcome = webhook(f"https://localhost:{receiver.port}/", trust=trust).send("upsert", parcel(), now=NOW)

            assert outcome == Done(status=204)
            assert receiver.requests[0].headers["host"] == f"localhost:{receiver.port}"

    def test_sec48_a_certificate_for_another_host_means_no_push(self, tmp_path: Path) -> None:
        serve, trust = certificates(tmp_path, "other.example")
        with receiving(answer(204), tls=serve) as receiver:
            outcome = webhook(f"https://localhost:{receiver.port}/", trust=trust).send("upsert", parcel(), now=NOW)

            assert outcome == Retry("certificate_not_trusted")
            assert receiver.requests == []

    def test_sec48_a_certificate_from_an_unknown_issuer_means_no_push(self, tmp_path: Path) -> None:
        serve, _ = certificates(tmp_path, "localhost")
        with receiving(answer(204), tls=serve) as receiver:
            outcome = webhook(f"https://localhost:{receiver.port}/").send("upsert", parcel(), now=NOW)

            assert outcome == Retry("certificate_not_trusted")
            assert receiver.requests == []

    def test_sec48_checking_cannot_be_switched_off_by_what_is_passed_in(self, tmp_path: Path) -> None:
        serve, _ = certificates(tmp_path, "localhost")
        careless = ssl.create_default_context()
        careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
        with receiving(answer(204), tls=serve) as receiver:
            outcome = webhook(f"https://localhost:{receiver.port}/", trust=careless).send("upsert", parcel(), now=NOW)

            assert outcome == Retry("certificate_not_trusted")
            assert receiver.requests == []

    def test_a_handshake_that_drips_is_cut(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts in the kernel, never shakes hands
            port = silent.getsockname()[1]

            outcome = webhook(f"https://localhost:{port}/", time_limit=0.5).send("upsert", parcel(), now=NOW)

        assert outcome == Retry("too_slow")

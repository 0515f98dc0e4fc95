"""The web server of the doors: whoever is slow waits for himself, and an end is an orderly one."""

import http.client
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.intake_api.conftest import ROOT
from tests.ports import free_port
from tests.processes import Started, answers, service_environment, serving, started, wait_until

pytestmark = pytest.mark.processes

THREADS = 4
SLOW = 3 * THREADS
WAITING_APP = "tests.intake_api.waiting_app:app"
BEGINNINGS = {
    "nothing": b"",
    "half a first line": b"POST /waits HT",
    "half a header": b"POST /waits HTTP/1.1\r\nHost: local",
    "empty lines": b"\r\n",
    "half a body": b"POST /waits HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
    "half a chunk": b"POST /waits HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
}


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """What a request to the waiting app waits for."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.fixture
def environment(pipe: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "WAITS_FOR": str(pipe)}


@contextmanager
def connected(port: int, sent: bytes) -> Iterator[socket.socket]:
    """Be a visitor who connected and sent something."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as visitor:
        visitor.sendall(sent)
        yield visitor


def ask(port: int, method: str, path: str, body: object = None) -> tuple[int, dict[str, object]]:
    """Send a request of one connection and return status and JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@contextmanager
def short(environment: dict[str, str]) -> Iterator[Started]:
    """Serve the waiting app with one second for a request to come whole."""
    port = free_port()
    command = [sys.executable, "-m", "intake_api.serve", "--port", str(port), "--within", "1", WAITING_APP]
    with started(command, environment, port=port) as server:
        wait_until(lambda: answers(f"{server.url}/healthz"), server)
        yield server


class TestSlowVisitors:
    def test_sec24_they_keep_nobody_from_sending_a_form(self, tmp_path: Path) -> None:
        environment = service_environment(tmp_path, f"sqlite:///{tmp_path}/vestibule.sqlite")
        with serving("intake_api.wsgi:public", environment, threads=THREADS) as door, ExitStack() as all_slow:
            head = "POST /v1/forms/request_contact/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            typed = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
            for _ in range(SLOW):
                all_slow.enter_context(connected(door.port, (head + typed).encode()))
            assert ask(door.port, "GET", "/healthz")[0] == 200
            _, shown = ask(door.port, "GET", "/v1/forms/request_contact?locale=en&channel=page")
            body = {
                "presentation": shown["presentation"]["id"],  # type: ignore[index]
                "locale": "en",
                "fields": {"message": "Call me, please.", "email": "visitor@sample.example"},
                "decisions": {},
                "attribution": {},
            }
            status, kept = ask(door.port, "POST", "/v1/forms/request_contact/submissions", body)
            assert (status, kept["state"]) == (201, "new")

    @pytest.mark.parametrize("sent", BEGINNINGS.values(), ids=BEGINNINGS.keys())
    def test_sec24_a_request_that_does_not_come_whole_in_time_is_hung_up_on(
        self, environment: dict[str, str], sent: bytes
    ) -> None:
        with short(environment) as server, connected(server.port, sent) as visitor:
            assert visitor.recv(1) == b""

    @pytest.mark.parametrize("drop", [b"a", b"\r\n"], ids=["a letter", "an empty line"])
    def test_sec24_a_drop_now_and_then_moves_no_deadline(self, environment: dict[str, str], drop: bytes) -> None:
        begun = BEGINNINGS["nothing" if drop == b"\r\n" else "half a body"]
        with short(environment) as server, connected(server.port, begun) as visitor:
            visitor.settimeout(0.1)
            for _ in range(900):  # fewer than the body still lacks
                try:
                    visitor.sendall(drop)
                    assert visitor.recv(1) == b""
                except TimeoutError:
                    continue
                except ConnectionError:
                    pass
                return
        pytest.fail("The server still listens to the drops.")

    def test_a_connection_may_be_used_again_and_again(self, environment: dict[str, str]) -> None:
        with serving(WAITING_APP, environment) as server:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            for _ in range(3):
                connection.request("GET", "/healthz")
                assert connection.getresponse().read()
                once = connection.sock
            assert once is connection.sock is not None
            connection.close()


class TestTooMuch:
    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            (b"POST /waits HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n", b"413"),
            (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n", b"431"),
            (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: " + b"a" * 40_000, b"431"),
        ],
        ids=["a body", "an address", "a header"],
    )
    def test_sec24_it_is_refused_before_it_has_come(
        self, environment: dict[str, str], sent: bytes, status: bytes
    ) -> None:
        with serving(WAITING_APP, environment) as server, connected(server.port, sent) as visitor:
            assert visitor.makefile("rb").readline().split()[1] == status


class TestTheEnd:
    def test_what_has_begun_is_answered_first(self, environment: dict[str, str], pipe: Path) -> None:
        with serving(WAITING_APP, environment) as server:
            told: list[tuple[int, dict[str, object]]] = []
            visitor = threading.Thread(target=lambda: told.append(ask(server.port, "POST", "/waits")))
            visitor.start()
            with pipe.open("w") as answer:  # opens when the request is being worked on
                os.kill(server.pid, signal.SIGTERM)
                wait_until(lambda: not is_listened_to(server.port))
                answer.write("yes")
            visitor.join()
            assert told == [(200, {"told": "yes"})]
            assert server.process.wait(timeout=60) == 0

    def test_nobody_is_waited_for_who_sends_slowly_or_nothing(self, environment: dict[str, str]) -> None:
        with serving(WAITING_APP, environment) as server, ExitStack() as visitors:
            for sent in BEGINNINGS.values():
                visitors.enter_context(connected(server.port, sent))
            os.kill(server.pid, signal.SIGTERM)
            assert server.process.wait(timeout=60) == 0

    def test_one_that_never_answers_does_not_hinder_it(self, environment: dict[str, str], pipe: Path) -> None:
        asked = b"POST /waits HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with serving(WAITING_APP, environment) as server, connected(server.port, asked), pipe.open("w"):
            os.kill(server.pid, signal.SIGTERM)
            assert server.process.wait(timeout=60) == 0


class TestWhatItSays:
    def test_h14_nothing_of_a_request_is_logged(self, tmp_path: Path) -> None:
        environment = service_environment(tmp_path, f"sqlite:///{tmp_path}/vestibule.sqlite")
        mark = b"zq7f3"
        sent = [
            b"GET /receipts/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % mark,
            b"GET /%s HTTP/1.1\r\nHost: %s.example\r\n\r\n" % (mark, mark),
            b"%s\r\n\r\n" % mark,
            b"GET /%s HTTP/1.1\r\n%s\r\n\r\n" % (mark, mark),
            b"POST /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %s\r\n\r\n" % (mark, mark),
            b"POST /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n" % (mark, mark),
            b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: %s\r\nForwarded: %s\r\n\r\n" % (mark, mark),
        ]
        with serving("intake_api.wsgi:public", environment) as door:
            for request in sent:
                with connected(door.port, request) as visitor:
                    assert visitor.makefile("rb").readline().startswith(b"HTTP/1.")
                with connected(door.port, request):
                    pass  # gone before the answer comes
            assert ask(door.port, "GET", "/healthz")[0] == 200
            said = door.log.read_bytes()
        assert b"door.opened" in said
        assert mark not in said
        assert b"127.0.0.1" not in said

    def test_a_port_that_is_taken_is_one_sentence(self, environment: dict[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            with started(
                [sys.executable, "-m", "intake_api.serve", "--port", port, WAITING_APP], environment
            ) as server:
                assert server.process.wait(timeout=60) == 1
                said = server.log.read_text()
        assert port in said
        assert "Traceback" not in said


class TestBehindProxies:
    """Sign-ins are slowed down by network. Whose it is says the last so many proxies, and nobody else."""

    @pytest.mark.parametrize(
        ("proxies", "by_the_proxies"),
        [("", None), ("0", None), ("1", "{}"), ("2", "{}:51234, 192.0.2.200")],
    )
    def test_sec19_who_guesses_is_known_by_what_the_counted_proxies_say(
        self, tmp_path: Path, proxies: str, by_the_proxies: str | None
    ) -> None:
        environment = service_environment(tmp_path, f"sqlite:///{tmp_path}/vestibule.sqlite", PROXIES=proxies)
        with serving("intake_api.wsgi:review", environment) as door:

            def guesses_until_braked(visitor: str) -> int:
                # The wait begins at one second and doubles: where a guess takes longer than that, some more are let in.
                for number in range(12):
                    made_up = f"198.51.100.{number}"  # whatever the visitor writes there himself
                    said = by_the_proxies.format(visitor) if by_the_proxies else made_up
                    if (status := sign_in(door.port, f"{made_up}, {said}")) == 429:
                        return number
                    assert status == 401
                return 12

            assert 5 <= guesses_until_braked("192.0.2.1") < 12
            assert (guesses_until_braked("192.0.2.2") >= 5) is bool(by_the_proxies)

    def test_sec19_what_is_no_address_is_no_failure(self, tmp_path: Path) -> None:
        environment = service_environment(tmp_path, f"sqlite:///{tmp_path}/vestibule.sqlite", PROXIES="1")
        odd = ("", ",", ":", "[", "[]", "unknown", "\xff", "::1%x", "1.2.3.4" * 500)
        with serving("intake_api.wsgi:review", environment) as door:
            said = [sign_in(door.port, header, f"somebody{number}") for number, header in enumerate(odd)]
        assert said == [401] * len(odd)


def sign_in(port: int, forwarded_for: str, who: str = "ilze") -> int:
    """Try to sign in with a password that is wrong, and return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": "http://127.0.0.1:8081",
        "Sec-Fetch-Site": "same-origin",
        "X-Forwarded-For": forwarded_for,
    }
    body = f"email={who}%40tidewick.example&password=not+the+right+one"
    connection.request("POST", "/sign-in", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def is_listened_to(port: int) -> bool:
    """Say whether somebody listens at a port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60):
            return True
    except (ConnectionRefusedError, ConnectionResetError):  # the latter: it stopped while we stood in its line
        return False

"""A form API for the bot's tests: a real HTTP server that answers as the contract's examples do, and remembers.

Besides the catalogue's forms it serves `book_a_tour`, which no file of the bot has ever heard of.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import listening

EXAMPLES = Path(__file__).parent.parent / "contract" / "examples"
Json = dict[str, Any]


def example(name: str) -> Json:
    """Read one example of the contract."""
    read: Json = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return read


def example_body(name: str) -> Json:
    """Read the body of an example's answer."""
    body: Json = example(name)["answer"]["body"]
    return body


AGE: Json = example_body("get_form_contest")["age"]


def a_new_form() -> Json:
    """Make a form the bot has no code for: its own fields, types, purposes and notice."""
    form = example_body("get_form_request_demo")
    name, email, *_ = form["fields"]
    form |= {"form": "book_a_tour", "title": "Walk through a house", "what_next": "We meet at the door."}
    form["fields"] = [
        {
            **name,
            "name": "nickname",
            "label": "Nickname",
            "question": "What shall the guide call you?",
            "necessity": "optional",
        },
        {**email, "necessity": "required"},
        {
            **name,
            "name": "guests",
            "type": "integer",
            "label": "Guests",
            "question": "How many of you will come?",
            "limits": {"min": 1, "max": 9},
        },
        {
            **name,
            "name": "season",
            "type": "choice",
            "label": "Season",
            "question": "When would you like to come?",
            "choices": [{"value": "spring", "label": "In spring"}, {"value": "autumn", "label": "In autumn"}],
        },
    ]
    form["notice"]["short"] = (
        "We ask this to walk you through a house.  Two  spaces and {braces} stay as they are.\n\nSo do empty lines."
    )
    return form


@dataclass
class FormApiServer:
    """The server's knobs and what it was sent."""

    token: str = "example-service-token-0123456789abcdef"
    url: str = ""
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    presentations: int = 0
    expired: bool = False
    broken: int = 0  # the status every request gets
    slow: float = 0.0
    speaks: tuple[str, ...] = ("en",)
    erased: bool = False  # what was sent, and not from the chat
    asks_age: bool = False  # of everybody, as a house may whose visitors are consumers
    loses_answers: bool = False  # it does its work, and the answer never arrives
    kept: dict[str, tuple[str, Any]] = field(default_factory=dict)  # key and body, by presentation
    refused: set[str] = field(default_factory=set)

    def become_new(self) -> None:
        """Forget everything and be well."""
        self.requests.clear()
        self.kept.clear()
        self.refused.clear()
        self.erased = self.asks_age = False
        self.expired, self.broken, self.slow, self.loses_answers, self.speaks = False, 0, 0.0, False, ("en",)

    def sent(self, path_end: str) -> list[Any]:
        """Return the bodies that were posted to addresses that end so."""
        return [body for method, path, body in self.requests if method == "POST" and path.endswith(path_end)]

    def form(self, name: str) -> Json | None:
        """Return a form with a fresh presentation."""
        if name == "book_a_tour":
            form = a_new_form()
        elif (EXAMPLES / f"get_form_{name}.json").exists() and name not in ("unknown", "unauthorised"):
            form = example_body(f"get_form_{name}")
        else:
            return None
        if self.asks_age:
            form["age"] = AGE
        self.presentations += 1
        form["presentation"]["id"] = f"presentation-{self.presentations:06}"
        return form

    def answer(self, method: str, address: str, body: Any, token: str | None, key: str | None) -> tuple[int, Any]:
        """Answer one request."""
        parts = urlsplit(address)
        self.requests.append((method, parts.path, body))
        if self.slow:
            time.sleep(self.slow)  # a slow API is what is being tested
        if self.broken:
            return self.broken, {"code": "unavailable", "detail": "Bearer secret and anna@leak.example"}
        if token != f"Bearer {self.token}":
            return 401, example_body("get_form_unauthorised")
        answer = self._routed(method, parts.path, parse_qs(parts.query), body, key)
        return (504, {"code": "lost"}) if self.loses_answers else answer

    def _routed(
        self, method: str, path: str, query: dict[str, list[str]], body: Any, key: str | None
    ) -> tuple[int, Any]:
        steps = path.strip("/").split("/")
        if steps[:2] == ["v1", "notices"]:
            return 200, example_body("get_notice")
        if steps == ["v1", "forms"]:
            listed = example_body("list_forms")
            listed["forms"].append({**listed["forms"][0], "form": "book_a_tour", "title": "Walk through a house"})
            return 200, listed
        if steps[1] in ("answers", "texts", "rights", "receipts"):
            return self._beside_the_forms(steps[1:], body)
        form = self.form(steps[2])
        if form is None:
            return 404, example_body("get_form_unknown")
        if method == "GET":
            (locale,) = query["locale"]
            if locale not in self.speaks:
                return 409, example_body("get_form_locale_not_available")
            return 200, {**form, "locale": locale}
        if steps[3] == "submissions":
            return self._submit(form, body, key)
        return {"checks": self._check, "refusals": self._refuse}[steps[3]](form, body)

    def _beside_the_forms(self, steps: list[str], body: Any) -> tuple[int, Any]:
        if steps == ["answers"]:
            return 200, example_body("answers")
        if steps == ["texts", "checks"]:
            return 200, example_body("text_too_young" if "i am 11" in body["text"] else "text_nothing_left_out")
        if steps == ["rights"]:
            assert set(body) == {"kind", "email", "locale"}
            if body["email"].count("@") == 1:
                return 202, example_body("ask_for_right")
            reasons = example_body("submit_field_invalid")["fields"]
            return 422, {**example_body("ask_for_right_invalid"), "fields": reasons}
        if steps[0] == "receipts" and len(steps) == 2:
            return (410, {"code": "receipt_erased"}) if self.erased else (200, {})
        return 200, example_body("withdraw" if steps[-1] == "withdrawals" else "erase")

    def _check(self, form: Json, body: Json) -> tuple[int, Any]:
        assert set(body) == {"locale", "fields"}
        fields = {name: _checked(form, name, value) for name, value in body["fields"].items()}
        return 200, {"ok": all(one["ok"] for one in fields.values()), "fields": fields}

    def _submit(self, form: Json, body: Json, key: str | None) -> tuple[int, Any]:
        if self.expired:
            self.expired = False
            return 409, {**example_body("submit_presentation_expired"), "form": form}
        assert set(body) - {"age"} == {"presentation", "locale", "fields", "decisions", "attribution"}
        assert body.get("age") in (None, "at_or_over")
        if "age" in form and any(body["decisions"].values()) and "age" not in body:
            return 422, example_body("submit_age_missing")
        assert all(type(decision) is bool for decision in body["decisions"].values())
        if body["presentation"] in self.refused:
            return 409, {**example_body("submit_presentation_used"), "form": form}
        assert key is not None
        if self.kept.setdefault(body["presentation"], (key, body)) != (key, body):
            return 422, example_body("submit_key_reused")
        return 201, {**example_body("submit"), "what_next": form["what_next"]}

    def _refuse(self, form: Json, body: Json) -> tuple[int, Any]:
        if body["presentation"] in self.kept:
            return 409, {**example_body("submit_presentation_used"), "form": form}
        self.refused.add(body["presentation"])
        return 204, None


def _checked(form: Json, name: str, value: Any) -> Json:
    kind = next(one for one in form["fields"] if one["name"] == name)["type"]
    bad = example_body("checks_bad")["fields"]
    if kind == "email":
        good = isinstance(value, str) and value.count("@") == 1 and "." in value.split("@")[1] and " " not in value
        return (
            {"ok": True, "value": value.lower(), "masked": f"{value[0]}***@{value.split('@')[1]}"}
            if good
            else bad["email"]
        )
    if kind == "phone":
        digits = "".join(sign for sign in str(value) if sign.isdigit())
        return (
            {"ok": True, "value": f"+{digits}", "masked": f"+••• ••{digits[-2:]}"} if len(digits) >= 7 else bad["phone"]
        )
    if kind == "integer":
        good = type(value) is int and value >= 1
        return {"ok": True, "value": value, "masked": str(value)} if good else bad["headcount"]
    return {"ok": True, "value": value, "masked": str(value)}


@contextmanager
def serving() -> Iterator[FormApiServer]:
    """Serve on a free port of the loopback until the block ends."""
    server_state = FormApiServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token, key = self.headers.get("Authorization"), self.headers.get("Idempotency-Key")
            status, answer = server_state.answer(self.command, self.path, body, token, key)
            data = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status < 300 else "application/problem+json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _serve  # noqa: N815 - the names http.server looks for

        def log_message(self, *_arguments: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_arguments: object) -> None:
            pass  # a client that hangs up on a slow answer is part of a test

    with listening(Quiet(("127.0.0.1", 0), Handler)) as server_state.url:
        yield server_state

"""One lead from the page and one from the chat, through review, to the destination: over HTTP, on a house that runs.

    python -m tests.e2e.journey PUBLIC_URL REVIEW_URL -- COMMAND LINE OF THE SERVICE ...

What follows the two dashes is how `python -m intake_api` is reached where the house runs. Each step says what it saw;
the first that sees something else ends the journey with exit code 1.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

REFERENCE = re.compile(r"VB-[0-9A-Z]{4}-[0-9A-Z]{4}")
FORM = "request_demo"
TYPED = {
    "name": "Ilze Example",
    "email": "ilze@harbour-hotel.example",
    "company": "Harbour Hotel",
    "headcount": "25",
    "message": "Can two of us look at it next week?",
}
READING = 2.5  # seconds: who answers within two of being shown the form is taken for a machine
MOST_TURNS = 40
DELIVERED_WITHIN = 60.0  # seconds; the worker looks every fraction of one


class JourneyEnded(Exception):
    """A step saw something else than it should have."""


def travel(public: str, review: str, service: list[str]) -> None:
    """Go the whole way with two leads.

    :raises JourneyEnded: at the first step that is not as it should be.
    """
    leads = {"page": lead_from_the_page(Browser(public)), "chat": lead_from_the_chat(public)}
    reviewer = signed_in(Browser(review), service)
    for channel, reference in leads.items():
        _check(reference in reviewer.get("/").text, f"the queue shows {reference}")
        _check(state_of(service, reference) == ("new", []), f"{reference} waits for review")
        approve(reviewer, reference)
        _await(
            lambda reference=reference: state_of(service, reference) == ("delivered", ["delivered"]),
            f"{reference} is delivered",
        )
        shown = shown_lead(service, reference)
        _check(shown["channel"] == channel, f"{reference} came by {channel}")
        _check(shown["fields"]["email"] == TYPED["email"], f"{reference} holds what was typed")
        _check(
            bool(shown["notice"]["document"]) and bool(shown["decisions"]), f"{reference} has its notice and decisions"
        )
    verified = subprocess.run([*service, "evidence", "verify"], capture_output=True, text=True, check=False)
    _check(verified.returncode == 0, "the evidence stands")


def lead_from_the_page(browser: Browser) -> str:
    """Read the landing page as a visitor without JavaScript does, send its form, and return the reference."""
    page = browser.get("/")
    notice, first_field = page.text.find('class="notice"'), page.text.find('name="email"')
    if first_field < 0:
        page = browser.get(f"/f/{FORM}")
        notice, first_field = page.text.find('class="notice"'), page.text.find('class="field')
    _check(0 < notice < first_field, "the notice stands before the first field")
    form = next(form for form in page.forms if "presentation" in form.values)
    time.sleep(READING)
    answers = {name: value for name in form.names for key, value in TYPED.items() if name.split("-")[-1] == key}
    thanks = browser.send(form, answers)
    _check(bool(REFERENCE.search(thanks.text)), "the page says thank you with a reference")
    return REFERENCE.search(thanks.text)[0]


def lead_from_the_chat(public: str) -> str:
    """Talk to the bot until it gives a reference, and return that."""
    described = _json("GET", f"{public}/v1/forms/{FORM}?locale=en&channel=chat")
    begun = _json("POST", f"{public}/v1/chat/conversations", {"locale": "en", "page": "/"})
    _check("automated" in begun["messages"][0]["text"], "the bot says that it is one, first")

    def say(what: dict[str, str]) -> list[dict[str, Any]]:
        return _json("POST", f"{public}/v1/chat/messages", what, token=begun["token"])["messages"]

    heard = say({"text": "hello, could somebody show us how your product works?"})
    _check(any(described["notice"]["short"] in message["text"] for message in heard), "the bot shows the notice")
    _check(described["fields"][0]["question"] not in _text(heard), "and asks for nothing before the yes")
    heard = say({"text": "yes, please"})
    for _ in range(MOST_TURNS):
        if found := REFERENCE.search(_text(heard)):
            return found[0]
        if TYPED["email"] in _text(heard):
            raise JourneyEnded("NOT SO: contact data is masked when it is shown")
        heard = say(_answer(described, heard))
    raise JourneyEnded(f"the bot gives no reference; it last said: {_text(heard)}")


def signed_in(browser: Browser, service: list[str]) -> Browser:
    """Sign in with the printed password and choose one of our own, as a first reviewer does."""
    printed = json.loads(_run([*service, "staff", "first", "--json"]).splitlines()[-1])
    choice = browser.send(browser.get("/sign-in").form("password"), printed)
    own = secrets.token_urlsafe(24)
    queue = browser.send(choice.form("again"), {"password": own, "again": own})
    _check(queue.status == 200, "a reviewer signs in and chooses a password")
    return browser


def approve(reviewer: Browser, reference: str) -> None:
    """Press the button of a lead's page."""
    page = reviewer.get(f"/leads/{reference}")
    form = next(form for form in page.forms if form.action.endswith("/approve"))
    _check(reviewer.send(form, {}).status == 200, f"{reference} is approved")


def shown_lead(service: list[str], reference: str) -> dict[str, Any]:
    """Return the lead as the command line shows it."""
    return json.loads(_run([*service, "leads", "show", reference, "--json"]))


def state_of(service: list[str], reference: str) -> tuple[str, list[str]]:
    """Return the state of a lead and those of its deliveries."""
    shown = shown_lead(service, reference)
    return shown["state"], [delivery["state"] for delivery in shown["deliveries"]]


def _answer(described: dict[str, Any], heard: list[dict[str, Any]]) -> dict[str, str]:
    """Answer what the bot asks: a field by what TYPED says, an offer by no, all else by its first button."""
    text, buttons = _text(heard), heard[-1]["buttons"]
    for asked in described["fields"]:
        if asked["question"] in text:
            return {"text": TYPED[asked["name"]]} if asked["name"] in TYPED else _first_or(buttons, "skip")
    if any(
        purpose["question"] and purpose["question"] in text
        for purpose in described["notice"]["purposes"]
        if purpose["control"] == "opt_in"
    ):
        return {"button": buttons[1]["id"]}
    return _first_or(buttons, "yes, send")


def _first_or(buttons: list[dict[str, str]], text: str) -> dict[str, str]:
    return {"button": buttons[0]["id"]} if buttons else {"text": text}


def _text(messages: list[dict[str, Any]]) -> str:
    return "\n".join(message["text"] for message in messages)


@dataclass
class Form:
    """A form of a page: where it goes and what it holds before anybody types."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


@dataclass
class Page:
    """An answer, with its forms."""

    url: str
    status: int
    text: str

    @property
    def forms(self) -> list[Form]:
        """Return every form on the page."""
        reader = _FormReader(self.url)
        reader.feed(self.text)
        return reader.forms

    def form(self, name: str) -> Form:
        """Return the form that has a field of this name."""
        found = [form for form in self.forms if name in form.names]
        if not found:
            raise JourneyEnded(f"{self.url} ({self.status}) has no form with {name}")
        return found[0]


class Browser:
    """As much of a browser as a form needs: cookies, redirects, and where a form was sent from."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.cookies: dict[str, str] = {}
        self.opener = urllib.request.build_opener(_NoRedirects())

    def get(self, path: str) -> Page:
        """Open a page."""
        return self._open(urllib.request.Request(urljoin(self.origin, path)))

    def send(self, form: Form, answers: dict[str, str]) -> Page:
        """Send a form with the answers and return the page that follows."""
        body = urlencode({**form.values, **answers}).encode()
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        return self._open(urllib.request.Request(form.action, body, headers))

    def _open(self, request: urllib.request.Request) -> Page:
        if self.cookies:
            request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            answer = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            for cookie in answer.headers.get_all("Set-Cookie", []):
                name, _, value = cookie.split(";")[0].partition("=")
                self.cookies[name] = value
            if 300 <= answer.status < 400:
                return self._open(urllib.request.Request(urljoin(request.full_url, answer.headers["Location"])))
            return Page(request.full_url, answer.status, answer.read().decode())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the browser above, which carries its cookies along."""

    def redirect_request(self, *_: object) -> None:
        return None


class _FormReader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(urljoin(self.url, attributes.get("action", ""))))
        elif tag in ("input", "select", "textarea") and "name" in attributes and self.forms:
            self.forms[-1].names.append(attributes["name"])
            if attributes.get("type") == "hidden":
                self.forms[-1].values[attributes["name"]] = attributes.get("value", "")


def _json(method: str, url: str, body: object = None, *, token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = json.dumps(body).encode() if body is not None else None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise JourneyEnded(f"{method} {url} answered {error.code}: {error.read().decode()}") from error


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise JourneyEnded(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def _check(is_so: bool, what: str) -> None:
    if not is_so:
        raise JourneyEnded(f"NOT SO: {what}")
    print(f"  {what}", flush=True)


def _await(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + DELIVERED_WITHIN
    while not (so := is_so()) and time.monotonic() < until:
        time.sleep(0.5)
    _check(so, what)


def main() -> int:
    public, review, _, *service = sys.argv[1:]
    try:
        travel(public, review, service)
    except JourneyEnded as end:
        print(f"The journey ended: {end}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

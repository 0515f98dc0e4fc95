"""A browser as far as these pages need one: it reads forms and sends them the way a browser does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from intake_api.store.leads import Lead

PASSWORD = "green lamps over water"
OURS = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@dataclass
class Form:
    """A form of a page with what it would send as it stands."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """What a page holds: its forms, its links, and the texts that people typed, by field."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self.links: list[str] = []
        self.typed: dict[str, str] = {}
        self.names: list[str] = []
        self.text = ""
        self._form: Form | None = None
        self._typed: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.names += [tag, *values]
        if tag == "form":
            self._form = self.forms[values["action"]] = Form(values["action"])
        if tag in ("input", "select") and self._form is not None:
            self._form.fields[values["name"]] = values.get("value", "")
        if tag == "a":
            self.links.append(values["href"])
        if tag == "dd" and "data-field" in values:
            self._typed = values["data-field"]
            self.typed[self._typed] = ""

    def handle_endtag(self, tag: str) -> None:
        self.text += " "
        if tag == "form":
            self._form = None
        if tag == "dd":
            self._typed = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._typed is not None:
            self.typed[self._typed] += data


class Browser:
    """One browser with its cookies."""

    def __init__(self, app: Flask, token: str = "") -> None:
        self.client = app.test_client()
        self.client.environ_base["HTTP_ACCEPT"] = "text/html,*/*;q=0.8"
        if token:
            self.client.set_cookie("vestibule", token)

    @property
    def token(self) -> str:
        """The token of its session, or an empty text."""
        cookie = self.client.get_cookie("vestibule")
        return cookie.value if cookie else ""

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **options)

    def page(self, path: str, **options: Any) -> Page:
        """Open a page that is there and read it."""
        answer = self.get(path, **options)
        assert answer.status_code == 200, answer.status
        return Page(answer.text)

    def send(self, page: Page, action: str, headers: dict[str, str] | None = None, **fields: str) -> TestResponse:
        """Send a form of a page, with some fields filled in."""
        form = page.forms[action]
        return self.client.post(action, data={**form.fields, **fields}, headers=OURS if headers is None else headers)

    def sign_in(self, email: str, password: str, **options: Any) -> TestResponse:
        """Sign in by the form."""
        return self.send(self.page("/sign-in"), "/sign-in", email=email, password=password, **options)


MakeReviewer = Callable[..., Browser]


def path_of(lead: Lead, act: str = "") -> str:
    """Return the path of a lead's page, or of what is done there: `/approve`, `/decline`."""
    return f"/leads/{lead.reference}{act}"


def words_of(page: Page) -> str:
    """Return what a page says, without its line breaks."""
    return " ".join(page.text.split())

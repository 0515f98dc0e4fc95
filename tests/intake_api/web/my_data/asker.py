"""Somebody who asks about their data: what they send, press and find done."""

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from intake_api.store.base import Store
from intake_api.store.decisions import states_of
from intake_api.store.leads import get_lead

SUBMIT = "/v1/forms/request_demo/submissions"
EMAIL, STRANGER = "zane@guest.example", "nobody@guest.example"
PRESSED = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "null", "Accept": "text/html"}
HTML = {"Accept": "text/html"}
YESES = {"newsletter": False, "product_offers": True}
Send = Callable[..., str]


def ask(client: FlaskClient, kind: str, email: str = EMAIL, locale: str = "en", **headers: str) -> Any:
    return client.post("/v1/rights", json={"kind": kind, "email": email, "locale": locale}, headers=headers)


def press(client: FlaskClient, path: str, sent: str = "") -> Any:
    return client.post(path, data=sent.encode(), headers=PRESSED)


def states(store: Store, *references: str) -> list[dict[str, str]]:
    with store.reading() as tx:
        ids = [get_lead(tx, reference).id for reference in references]
        return [{purpose: state.value for purpose, state in states_of(tx, [one])[one].items()} for one in ids]

"""Hear the CRM: a signed message says who unsubscribed, bounced or was deleted there (SEC-33, G-04)."""

from collections.abc import Collection
from typing import Any, cast

from flask import Blueprint, Response, request

from intake_api.flows.hear_destination import HEARS, MAY_ONLY_REDUCE, Heard, Teller, hear_destination, refuse_grant
from intake_api.rules.signed_message import SignatureInvalid, verified_id
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.public.schemas.crm_events import EventBody
from intake_api.web.strict_json import load_shape, need_json, parse_object, read_body
from intake_api.web.strict_query import refuse_query

crm_events = Blueprint("crm_events", __name__)

_EVENT = EventBody()
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
NAMES = ("lead", "reference", "remote_id")
KNOWN, KNOWN_OF_IT = frozenset({"type", "timestamp", "data"}), frozenset({*NAMES, "purposes"})


@crm_events.post("/v1/destinations/events")
@open_to("anyone")
def hear_event() -> Response:
    """Take a message; who is not known here gets the same answer. Nothing is read before the signature is right."""
    here, now = door(), door().now()
    keys = here.settings.secrets.inbound_keys
    if not keys:
        raise RequestProblem("not_found")
    refuse_query()
    need_json()
    body = read_body()
    try:
        message = verified_id(keys, {name: request.headers.get(name, "") for name in HEADERS}, body, now=now)
    except SignatureInvalid as error:
        raise RequestProblem(error.code) from None
    teller = Teller(here.settings.destination, here.settings.destination_recipient)
    document = parse_object(body)
    if _says_more(document):
        refuse_grant(here.store, teller, message, now=now)
        raise RequestProblem(MAY_ONLY_REDUCE)
    hear_destination(here.store, teller, _heard(message, document), now=now)
    return Response(status=204)


def _says_more(document: dict[str, object]) -> bool:
    """Say whether a message says anything but the three: what is not known here could be meant as a yes."""
    kind, data = document.get("type"), document.get("data")
    strange = isinstance(kind, str) and kind not in HEARS
    return strange or bool(document.keys() - KNOWN) or (isinstance(data, dict) and bool(data.keys() - KNOWN_OF_IT))


def _heard(message: str, document: dict[str, object]) -> Heard:
    event = cast("dict[str, Any]", load_shape(_EVENT, document, code="body_invalid"))
    data: dict[str, Any] = event["data"]
    named = {name: data[name] for name in NAMES if name in data}
    if len(named) != 1:
        raise RequestProblem("body_invalid", "A lead is named by exactly one of lead, reference and remote_id.")
    purposes = cast("Collection[str] | None", data.get("purposes"))
    return Heard(message, event["type"], **named, purposes=None if purposes is None else tuple(purposes))

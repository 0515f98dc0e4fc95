"""A small HubSpot: contacts, their properties and subscriptions, as the vendor's documents and specification say."""

import json
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.intake_api.crm.worlds.serving import Asked, Said

CONTACTS = "/crm/v3/objects/contacts"
PREFERENCES = "/communication-preferences/v4"
TIME = "2026-03-02T09:30:00.000Z"
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
BASES = ("Legitimate interest – prospect/lead", "Performance of a contract", "Freely given consent from contact")
TEXTS = ("firstname", "lastname", "email", "phone", "message", "company", "lifecyclestage", "vestibule_email")
OURS = ("vestibule_lead", "newsletter", "newsletter_at", "newsletter_proof", "hs_legal_basis", "hs_merged_object_ids")
SCOPES = frozenset({"contacts.read", "contacts.write", "preferences.read", "preferences.write"})


def defined(name: str) -> dict[str, Any]:
    """Return a property's definition."""
    options = [{"label": one, "value": one, "displayOrder": 1, "hidden": False} for one in BASES]
    return {
        "name": name,
        "label": name,
        "type": "enumeration" if name == "hs_legal_basis" else "string",
        "options": options if name == "hs_legal_basis" else [],
        "hasUniqueValue": name == "vestibule_lead",
        "modificationMetadata": {"readOnlyValue": name == "hs_merged_object_ids"},
    }


class Fault(Exception):
    """An answer that says no."""

    def __init__(self, status: int, category: str, message: str = "It failed.", **more: object) -> None:
        super().__init__(message)
        headers = {"Retry-After": str(more.pop("retry_after"))} if "retry_after" in more else {}
        body = {"status": "error", "message": message, "category": category, "correlationId": str(uuid.uuid4()), **more}
        self.said = Said(status, body, {"Content-Type": "application/json", **headers})


def invalid(name: str, code: str) -> Fault:
    """Return the fault of one property, as HubSpot words it."""
    one = {"isValid": False, "message": f'Property "{name}" is wrong', "error": code, "name": name}
    return Fault(400, "VALIDATION_ERROR", "Property values were not valid: " + json.dumps([one]))


@dataclass
class HubSpotServer:
    """One account."""

    key: str = "pat-key"
    scopes: frozenset[str] = SCOPES
    properties: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {name: defined(name) for name in (*TEXTS, *OURS)}
    )
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    archived: dict[str, dict[str, str]] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    barred: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)  # each is said once, before anything is done
    lock: threading.Lock = field(default_factory=threading.Lock)
    made: int = 100

    def answer(self, asked: Asked) -> Said:
        """Do what is asked."""
        with self.lock:
            try:
                if asked.headers.get("authorization") != f"Bearer {self.key}":
                    raise Fault(401, "INVALID_AUTHENTICATION")
                if self.faults:
                    raise self.faults.pop(0)
                status, value = self._do(asked)
            except Fault as fault:
                return fault.said
        return Said(status, b"" if value is None else value, {"Content-Type": "application/json"} if value else {})

    def add(self, **properties: str) -> str:
        """Make a contact, as sales would by hand."""
        self.made += 1
        self.contacts[str(self.made)] = properties
        return str(self.made)

    def merge(self, kept: str, gone: str) -> str:
        """Merge two contacts as sales would: what comes of it has a number of its own, to which both old ones lead."""
        both = {**self.contacts.pop(gone), **self.contacts.pop(kept), "hs_merged_object_ids": f"{kept};{gone}"}
        made = self.add(**both)
        self.merged |= {kept: made, gone: made}
        return made

    def _do(self, asked: Asked) -> tuple[int, Any]:
        address = urlsplit(asked.path)
        path, query = address.path, {name: values[0] for name, values in parse_qs(address.query).items()}
        body = json.loads(asked.body) if asked.body else {}
        match asked.method, path.removeprefix(CONTACTS):
            case "POST", "/crm/v3/properties/contacts/batch/read":
                self._need("contacts.read")
                return self._definitions([one["name"] for one in self._inputs(body)])
            case "POST", "/batch/read":
                self._need("contacts.read")
                return self._read(body, archived=query.get("archived") == "true")
            case "POST", "/batch/upsert":
                self._need("contacts.write")
                return 200, _batch([self._upsert(one) for one in self._inputs(body)])
            case "POST", "/gdpr-delete":
                self._need("contacts.write")
                return self._gdpr_delete(body)
            case "PATCH", one:
                self._need("contacts.write")
                return 200, self._patch(one.removeprefix("/"), body["properties"])
        return self._prefer(asked.method, path.removeprefix(PREFERENCES), query, body)

    def _prefer(self, method: str, below: str, query: Mapping[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        self._need("preferences.read" if method == "GET" else "preferences.write")
        if (method, below) == ("GET", "/definitions"):
            flags = {"isActive": True, "isDefault": False, "isInternal": False, "createdAt": TIME, "updatedAt": TIME}
            return 200, _batch([{"id": "77", "name": "News", "description": "News", **flags}])
        address = unquote(below.removeprefix("/statuses/"))
        if not below.startswith("/statuses/") or not ADDRESS.fullmatch(address):
            raise Fault(400, "VALIDATION_ERROR")
        if method == "GET":
            if query.get("channel") != "EMAIL":
                raise Fault(400, "VALIDATION_ERROR")
            return 200, _batch([self._status(address, 77)])
        if body["subscriptionId"] != 77:
            raise Fault(400, "VALIDATION_ERROR", subCategory="SUBSCRIPTION_NOT_FOUND")
        said = {name: body[name] for name in ("legalBasis", "legalBasisExplanation") if name in body}
        self.subscriptions[address, 77] = {"status": body["statusState"], **said}
        return 200, _batch([self._status(address, 77) | {"setStatusSuccessReason": "REQUESTED_CHANGE_OCCURRED"}])

    def _status(self, address: str, kind: int) -> dict[str, Any]:
        held = self.subscriptions.get((address, kind), {"status": "NOT_SPECIFIED"})
        who = {"subscriberIdString": address, "subscriptionId": kind, "channel": "EMAIL", "source": "API"}
        return {"timestamp": TIME, **who, **held}

    def _need(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Fault(403, "MISSING_SCOPES", "This app has not been granted all required scopes.")

    def _inputs(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        if not 1 <= len(body["inputs"]) <= 100:
            raise Fault(400, "VALIDATION_ERROR", "The number of inputs is wrong.")
        return list(body["inputs"])

    def _definitions(self, names: list[str]) -> tuple[int, Any]:
        found = _batch([self.properties[name] for name in names if name in self.properties])
        missing = [{"status": "error", "message": "It is not there."} for name in names if name not in self.properties]
        return (207, found | {"numErrors": len(missing), "errors": missing}) if missing else (200, found)

    def _read(self, body: dict[str, Any], *, archived: bool) -> tuple[int, Any]:
        rows, by = (self.archived if archived else self.contacts), body.get("idProperty")
        found, missing = [], []
        for one in self._inputs(body):
            number = self._holder(rows, by, one["id"]) if by else self.merged.get(one["id"], one["id"])
            if number in rows:
                wanted = {*body["properties"], "email", "createdate"}
                shown = {name: value for name, value in rows[number].items() if name in wanted and value}
                found.append(_shown(number, shown, archived=archived))
            else:
                missing.append(one["id"])
        if not missing:
            return 200, _batch(found)
        error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects"}
        error |= {"context": {"ids": missing}, "errors": [], "links": {}}
        return 207, _batch(found) | {"numErrors": 1, "errors": [error]}

    def _holder(self, rows: Mapping[str, Mapping[str, str]], name: str, value: str) -> str | None:
        if name != "email" and not self.properties.get(name, {}).get("hasUniqueValue"):
            raise Fault(400, "VALIDATION_ERROR", "Unable to perform update/upsert by non-unique property")
        value = value.lower() if name == "email" else value
        return next((number for number, row in rows.items() if row.get(name) == value), None)

    def _upsert(self, one: dict[str, Any]) -> dict[str, Any]:
        held = self._holder(self.contacts, one["idProperty"], one["id"])
        values = self._valid(one["properties"], held)
        number = held or self.add()
        self.contacts[number].update({**values, one["idProperty"]: one["id"]})
        return _shown(number, values) | {"new": held is None}

    def _patch(self, number: str, properties: dict[str, str]) -> dict[str, Any]:
        if number not in self.contacts:
            raise Fault(404, "OBJECT_NOT_FOUND")
        values = self._valid(properties, number)
        self.contacts[number].update(values)
        return _shown(number, values)

    def _valid(self, properties: dict[str, str], held: str | None) -> dict[str, str]:
        for name, value in properties.items():
            if name not in self.properties:
                raise invalid(name, "PROPERTY_DOESNT_EXIST")
            if self.properties[name]["modificationMetadata"]["readOnlyValue"]:
                raise invalid(name, "READ_ONLY_VALUE")
            if name == "email" and value and not ADDRESS.fullmatch(value):
                raise invalid(name, "INVALID_EMAIL")
            unique = name == "email" or self.properties[name]["hasUniqueValue"]
            if unique and value and (other := self._holder(self.contacts, name, value)) not in (None, held):
                raise Fault(409, "CONFLICT", f"Contact already exists. Existing ID: {other}")
        return {name: value.lower() if name == "email" else value for name, value in properties.items()}

    def _gdpr_delete(self, body: dict[str, Any]) -> tuple[int, Any]:
        number = body["objectId"]
        if body.get("idProperty"):
            holder = self._holder(self.contacts, body["idProperty"], number)
            if holder is None:
                self.barred.add(number)
                return 204, None
            number = holder
        number = self.merged.get(number, number)
        if number not in self.contacts and number not in self.archived:
            raise Fault(404, "OBJECT_NOT_FOUND")
        self.contacts.pop(number, None)
        self.archived.pop(number, None)
        return 204, None


def _batch(results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"status": "COMPLETE", "startedAt": TIME, "completedAt": TIME, "results": results}


def _shown(number: str, properties: Mapping[str, str], *, archived: bool = False) -> dict[str, Any]:
    times = {"createdAt": TIME, "updatedAt": TIME}
    return {"id": number, "properties": dict(properties), "archived": archived, **times}

"""A small Pipedrive of ours, written from its documents.

It says `success` in each answer, keeps nothing unique, searches without minding case, lets a marketing status change
once only and ignores what may not be, and keeps what was deleted for a while.
"""

import json
import threading
import uuid
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.intake_api.crm.worlds.serving import Asked, Said

NAMES = ("Vestibule lead", "Newsletter", "Newsletter since", "Newsletter evidence", "Message", "Company")
KINDS = {**dict.fromkeys(NAMES, "varchar"), "Headcount": "double", "Day": "date"}


def code(name: str) -> str:
    return sha1(name.encode(), usedforsecurity=False).hexdigest()


def fault(status: int, **more: Any) -> Said:
    return Said(status, {"success": False, "error": "anna@example.org", "error_info": "no", "data": None, **more})


def fine(data: Any, status: int = 200) -> Said:
    # Written at once: what is answered must not change while it is sent.
    return Said(status, json.dumps({"success": True, "data": data}).encode())


@dataclass
class PipedriveServer:
    """The database, and which tokens it knows: each with what it may do."""

    tokens: dict[str, set[str]]
    fields: dict[str, str] = field(default_factory=lambda: dict(KINDS))
    persons: list[dict[str, Any]] = field(default_factory=list)
    leads: list[dict[str, Any]] = field(default_factory=list)
    deals: list[dict[str, Any]] = field(default_factory=list)
    changed_status: set[int] = field(default_factory=set)
    unsearched: set[int] = field(default_factory=set)  # not in the index yet
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, **values: Any) -> dict[str, Any]:
        """Keep a person that somebody made."""
        made = {"id": len(self.persons) + 1, "is_deleted": False, "marketing_status": "no_consent"}
        custom = {code(name): None for name in self.fields}
        self.persons.append({**made, "name": "", "emails": [], "phones": [], "custom_fields": custom})
        self._put(self.persons[-1], values)
        return self.persons[-1]

    def live(self) -> list[dict[str, Any]]:
        return [one for one in self.persons if not one["is_deleted"]]

    def answer(self, asked: Asked) -> Said:
        """Answer a request."""
        may = self.tokens.get(asked.headers.get("x-api-token", ""))
        if may is None:
            return fault(401)
        parts = urlsplit(asked.path)
        query = {name: one[0] for name, one in parse_qs(parts.query).items()}
        values = json.loads(asked.body) if asked.body else {}
        if asked.method == "DELETE" and "delete" not in may:
            return fault(403)
        with self.lock:
            match asked.method, parts.path.removeprefix("/api/").split("/"):
                case "GET", ["v2", "personFields"]:
                    own = [{"field_name": n, "field_code": code(n), "field_type": k} for n, k in self.fields.items()]
                    return fine([{"field_name": "Name", "field_code": "name", "field_type": "varchar"}, *own])
                case "GET", ["v2", "persons", "search"]:
                    return self._search(query)
                case "POST", ["v2", "persons"]:
                    return self._wrong(values) or fine(self.add(**values), 201)
                case method, ["v2", "persons", number]:
                    return self._person(method, int(number), values)
                case "GET", ["v2", "deals"]:
                    return fine([one for one in self.deals if str(one["person_id"]) == query["person_id"]])
                case method, ["v1", "leads", *below]:
                    return self._leads(method, below, query, values)
        return Said(404, b"<h1>404</h1>")

    def _leads(self, method: str, below: list[str], query: dict[str, str], values: dict[str, Any]) -> Said:
        match method, below:
            case "GET", []:
                found = [one for one in self.leads if str(one["person_id"]) == query.get("person_id")]
                return fine(found or None)
            case "GET", ["archived"]:
                return fine([])
            case "POST", []:
                if not any(one["id"] == values["person_id"] for one in self.live()):
                    return fault(404)
                self.leads.append({"id": str(uuid.uuid4()), **values})
                return fine(self.leads[-1], 201)
            case "DELETE", [number]:
                kept = [one for one in self.leads if one["id"] != number]
                was_there, self.leads = len(kept) < len(self.leads), kept
                return fine({"id": number}) if was_there else fault(404)
        return Said(404, b"<h1>404</h1>")

    def _search(self, query: dict[str, str]) -> Said:
        term = query["term"].lower()
        found = [
            {"id": one["id"], "name": one["name"]}
            for one in self.live()
            if term in [str(said).lower() for said in one["custom_fields"].values()]
            and one["id"] not in self.unsearched
        ]
        return fine({"items": [{"result_score": 1, "item": one} for one in found]})

    def _person(self, method: str, number: int, values: dict[str, Any]) -> Said:
        row = next((one for one in self.live() if one["id"] == number), None)
        if row is None:
            return fault(404)
        if method == "DELETE":
            row["is_deleted"] = True
            return fine({"id": number})
        if method == "PATCH":
            if (wrong := self._wrong(values)) is not None:
                return wrong
            self._put(row, values)
        return fine(row)

    def _wrong(self, values: dict[str, Any]) -> Said | None:
        custom = values.get("custom_fields", {})
        kinds = {code(name): kind for name, kind in self.fields.items()}
        right = all(
            name in kinds and (one is None or isinstance(one, int | float if kinds[name] == "double" else str))
            for name, one in custom.items()
        )
        known = values.keys() <= {"name", "emails", "phones", "custom_fields", "marketing_status"}
        return None if right and known and values.get("name") != "" else fault(400)

    def _put(self, row: dict[str, Any], values: dict[str, Any]) -> None:
        custom = {**row["custom_fields"], **values.get("custom_fields", {})}
        status = values.get("marketing_status", row["marketing_status"])
        row.update({**values, "custom_fields": custom, "marketing_status": row["marketing_status"]})
        if status != row["marketing_status"] and row["emails"] and row["id"] not in self.changed_status:
            row["marketing_status"] = status
            self.changed_status.add(row["id"])

"""A small Dolibarr of ours, written from what the real one (16.0.3) was seen to answer.

It keeps a barcode unique, says 200 and the old values to a change that it cannot make, takes away additional fields
that a change leaves out, drops what it does not know, and notes an event with the name of a party.
"""

import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.intake_api.crm.worlds.serving import Asked, Said

WRITES = frozenset({"read", "write"})
ALL = frozenset({"read", "write", "delete"})
NEEDS = {"GET": "read", "POST": "write", "PUT": "write", "DELETE": "delete"}
PLAIN = ("name", "email", "phone", "note_public", "note_private", "town", "client", "barcode", "ref_ext", "code_client")
ROOM = {"phone": 20, "email": 128, "name": 128}


def fault(status: int, words: str) -> Said:
    return Said(status, {"error": {"code": status, "message": words}})


NOT_THERE = fault(404, "Not Found: Thirdparty not found")
NOT_LET = fault(401, "Unauthorized")
NOT_MADE = fault(500, "Internal Server Error: Error creating thirdparty")


@dataclass
class DolibarrServer:
    """The database, and who may do what, by the key."""

    users: dict[str, set[str]]
    options: set[str] = field(default_factory=lambda: {"newsletter", "newsletter_at", "newsletter_proof", "theirs"})
    rows: list[dict[str, Any]] = field(default_factory=list)
    events: list[tuple[str | None, str]] = field(default_factory=list)  # the party, and what happened
    used: set[str] = field(default_factory=set)  # parties that a document hangs on
    failing: bool = False  # its queries do
    last: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, **values: Any) -> dict[str, Any]:
        """Keep a third party that somebody made."""
        with self.lock:
            self.last += 1
            options = {f"options_{name}": None for name in self.options}
            self.rows.append({**dict.fromkeys(PLAIN), "id": str(self.last), "array_options": options, **values})
            return self.rows[-1]

    def answer(self, asked: Asked) -> Said:
        """Answer a request of the REST API."""
        may = self.users.get(asked.headers.get("dolapikey", ""))
        if may is None:
            return NOT_LET
        match asked.path.removeprefix("/api/index.php/").split("/"):
            case ["status"]:
                return Said(200, {"success": {"code": 200}})
            case ["thirdparties", *below]:
                if NEEDS[asked.method] not in may:
                    return NOT_LET
                with self.lock:
                    return self._answer(asked, below)
        return Said(501, b"API not found (failed to include API file)")

    def _answer(self, asked: Asked, below: list[str]) -> Said:
        values = json.loads(asked.body) if asked.body else {}
        match asked.method, below:
            case "GET", ["0"]:
                return Said(200, {**dict.fromkeys(PLAIN, "specimen"), "id": 0, "array_options": []})
            case "GET", ["barcode", barcode]:
                return self._find(unquote(barcode))
            case "POST", []:
                return self._create(values)
            case "PUT", [record]:
                return self._change(record, values)
            case "DELETE", [record]:
                return self._delete(record)
        return fault(404, "Not Found")

    def _find(self, barcode: str) -> Said:
        if self.failing:
            return Said(200, {**dict.fromkeys(PLAIN), "id": None, "array_options": []})
        found = [row for row in self.rows if (row["barcode"] or "").lower() == barcode.lower()]
        return Said(200, found[0]) if found else NOT_THERE

    def _create(self, values: dict[str, Any]) -> Said:
        if "name" not in values:
            return fault(400, "Bad Request: name field missing")
        row = {**dict.fromkeys(PLAIN), **self._kept(values)}
        if not self._fits(row):
            return NOT_MADE
        made = self.add(**{name: value for name, value in row.items() if name != "array_options"})
        made["array_options"] |= row.get("array_options", {})
        self.events.append((made["id"], f"Third party {made['name']} created"))
        return Said(200, int(made["id"]))

    def _change(self, record: str, values: dict[str, Any]) -> Said:
        for row in self.rows:
            if row["id"] == record:
                changed = {**row, **self._kept(values)}
                if self._fits(changed):
                    row.update(changed)
                    self.events.append((record, f"Third party {row['name']} modified"))
                return Said(200, row)
        return NOT_THERE

    def _delete(self, record: str) -> Said:
        if not any(row["id"] == record for row in self.rows):
            return NOT_THERE
        if record in self.used:
            return Said(200, 0)
        self.rows = [row for row in self.rows if row["id"] != record]
        self.events = [event for event in self.events if event[0] != record]
        self.events.append((None, f"Third party {record} deleted"))
        return Said(200, 1)

    def _kept(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return values as they are written; of the additional fields all, those that were not sent as nothing."""
        kept = {name: str(value).strip() or None for name, value in values.items() if name in PLAIN}
        if kept.get("phone"):
            kept["phone"] = re.sub(r"[\s.]", "", str(kept["phone"]))
        if "array_options" not in values:
            return kept
        sent = values["array_options"]
        names = [f"options_{name}" for name in self.options]
        return {**kept, "array_options": {name: sent.get(name) or None for name in names}}

    def _fits(self, row: dict[str, Any]) -> bool:
        texts = [str(value) for value in (*row.values(), *row.get("array_options", {}).values())]
        others = [one for one in self.rows if one["id"] != row.get("id")]
        taken = row["barcode"] and row["barcode"] in [one["barcode"] for one in others]
        room = all(len(row[name] or "") <= most for name, most in ROOM.items())
        return bool(row["name"]) and not taken and room and not any(ord(one) > 0xFFFF for text in texts for one in text)

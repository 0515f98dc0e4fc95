"""A small EspoCRM of ours, held to what the real one (9.2.7 on MariaDB) was seen to do.

It calls records alike that share a name or an address, keeps an address once for everybody who has it, spelt as it came
first, and also when nobody has it any more, takes no name that is long or holds markup, ignores keys that it does not
know, deletes softly, and answers 500 to a dead database as well as to a value of the wrong type.
"""

import json
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.intake_api.crm.worlds.serving import Asked, Said

OWN = ("cVestibuleLead", "cNewsletter", "cNewsletterProof")
FIELDS = {
    **dict.fromkeys(("firstName", "lastName", "accountName", "source", *OWN), "varchar"),
    "name": "personName",
    "description": "text",
    "emailAddress": "email",
    "phoneNumber": "phone",
    "cNewsletterAt": "datetime",
    "cWantsNews": "bool",
}
FLAGS = {"emailAddressIsOptedOut": "emailAddress", "phoneNumberIsOptedOut": "phoneNumber"}
TEXTS = ("varchar", "text", "email", "phone")
DATA = {f"{place}Data": place for place in FLAGS.values()}  # all the addresses of a record, which a list leaves out
RULES: dict[str, dict[str, Any]] = {
    **{name: {"maxLength": 100, "pattern": "$noBadCharacters"} for name in ("firstName", "lastName")},
    "accountName": {"pattern": "$noBadCharacters"},
}


@dataclass
class ApiUser:
    """A user of the type `api`, and what its role lets it do with leads."""

    key: str
    may: dict[str, str]
    privacy: str = "no"
    kind: str = "api"
    people: str = "all"  # what it may read of contacts and accounts


@dataclass
class EspoServer:
    """The database, and who may do what."""

    users: list[ApiUser]
    fields: dict[str, str] = field(default_factory=lambda: dict(FIELDS))
    rows: list[dict[str, Any]] = field(default_factory=list)
    opted_out: dict[str, bool] = field(default_factory=dict)  # the table of addresses, which all records share
    extensions: bool = False  # of numbers: kept, or cut off
    last: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, kind: str = "Lead", **values: Any) -> dict[str, Any]:
        """Keep a record that somebody made."""
        with self.lock:
            self.last += 1
            made = {"kind": kind, "id": f"{self.last:017x}", "createdAt": "2026-03-02 09:30:00", "deleted": False}
            self.rows.append({**made, **values})
            self._note_addresses(values)
            return self.rows[-1]

    def answer(self, asked: Asked) -> Said:
        """Answer a request of the REST API."""
        user = next((one for one in self.users if one.key == asked.headers.get("x-api-key")), None)
        if user is None:
            return Said(401, b"")
        parts = urlsplit(asked.path)
        below = parts.path.removeprefix("/api/v1/").split("/")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        values = json.loads(asked.body) if asked.body else {}
        skips = asked.headers.get("x-skip-duplicate-check") == "true"
        with self.lock:
            match asked.method, below:
                case "GET", ["App", "user"]:
                    people = {kind: {"read": user.people} for kind in ("Contact", "Account")}
                    acl = {"table": {"Lead": user.may, **people}, "dataPrivacyPermission": user.privacy}
                    return Said(200, {"user": {"type": user.kind}, "acl": acl})
                case "GET", ["Metadata"] if query["key"] == "entityDefs.Lead.fields":
                    return Said(
                        200, {name: {"type": kind, **RULES.get(name, {})} for name, kind in self.fields.items()}
                    )
                case "GET", ["Lead" | "Contact" | "Account" as kind]:
                    return self._search(user, kind, query)
                case "GET", ["Lead", record]:
                    return self._with(record, user, "read", self._whole)
                case "POST", ["Lead"]:
                    return self._create(user, values, skips=skips)
                case "PUT", ["Lead", record]:
                    return self._with(record, user, "edit", lambda row: self._edit(row, values))
                case "DELETE", ["Lead", record]:
                    return self._with(record, user, "delete", lambda row: bool(row.update(deleted=True)) or True)
                case "POST", ["DataPrivacy", "action", "erase"]:
                    return self._erase(user, values)
        return Said(404, b"<h1>404</h1>")

    def live(self, kind: str = "Lead") -> list[dict[str, Any]]:
        return [row for row in self.rows if row["kind"] == kind and not row["deleted"]]

    def _search(self, user: ApiUser, kind: str, query: dict[str, str]) -> Said:
        if (user.may["read"] if kind == "Lead" else user.people) == "no":
            return Said(403, b"", {"X-Status-Reason": "No read access."})
        attribute, value = query["where[0][attribute]"], query["where[0][value]"]
        assert query["where[0][type]"] == "equals"
        known = attribute in self.fields
        found = [self._shown(row) for row in self.live(kind) if known and self._has(row, attribute, value)]
        short = [{name: one for name, one in row.items() if name != "description"} for row in found]
        return Said(200, {"total": len(found), "list": short})

    def _create(self, user: ApiUser, values: dict[str, Any], *, skips: bool) -> Said:
        if user.may["create"] != "yes":
            return Said(403, b"", {"X-Status-Reason": "No 'create' access."})
        if not values.get("lastName"):
            reason = "Field validation failure; entityType: Lead, field: lastName, type: required."
            return Said(400, b"", {"X-Status-Reason": reason})
        if reason := self._wrong(values):
            return Said(400, b"", {"X-Status-Reason": f"Field validation failure; {reason}"})
        if any(isinstance(one, list | dict) for one in values.values()):
            return Said(500, b"")
        alike = [row for row in self.live() if self._alike(row, values)]
        if alike and not skips:
            return Said(409, [self._shown(row) for row in alike], {"X-Status-Reason": "duplicate"})
        row = self.add()
        return Said(200, self._put(row, values))

    def _alike(self, row: dict[str, Any], values: dict[str, Any]) -> bool:
        same_name = row.get("lastName") == values.get("lastName") and row.get("firstName") == values.get("firstName")
        return same_name or bool(values.get("emailAddress") and row.get("emailAddress") == values["emailAddress"])

    def _put(self, row: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        row |= {name: self._kept(name, value) for name, value in values.items() if name in self.fields}
        for data, place in DATA.items():
            if data in values:
                had = [one[place] for one in values[data]]
                row[place], row[data] = (had or [None])[0], had[1:]
        self._note_addresses(row)
        for flag, place in FLAGS.items():
            if flag in values and row.get(place):
                self.opted_out[row[place]] = values[flag]
        return self._shown(row)

    def _wrong(self, values: dict[str, Any]) -> str:
        """Return why a value is not taken."""
        for name, value in values.items():
            if not isinstance(value, str) or name not in self.fields:
                continue
            limit = RULES.get(name, {}).get("maxLength", 255) if self.fields[name] == "varchar" else len(value)
            if len(value) > limit:
                return f"field: {name}, type: maxLength."
            if "pattern" in RULES.get(name, {}) and any(sign in value for sign in "<>="):
                return f"field: {name}, type: pattern."
            if self.fields[name] == "phone" and self.extensions and ";" in value:
                return f"field: {name}, type: valid."
        return ""

    def _edit(self, row: dict[str, Any], values: dict[str, Any]) -> Said | dict[str, Any]:
        for data, place in DATA.items():  # an address that was erased stays, and stands in the way of the next
            erased = str(row.get(place)).startswith("ERASED:") and data not in values
            if place in values and (erased or str(values[place]).startswith("ERASED:")):
                return Said(400, b"", {"X-Status-Reason": f"Field validation failure; field: {place}"})
        if reason := self._wrong(values):
            return Said(400, b"", {"X-Status-Reason": f"Field validation failure; {reason}"})
        return self._put(row, values)

    def _kept(self, name: str, value: Any) -> Any:
        """Return a value as it is kept."""
        if not isinstance(value, str):
            return value
        if self.fields[name] == "email":
            return next((one for one in self.opted_out if one.lower() == value.lower()), value)
        if self.fields[name] == "phone" and not self.extensions:
            return value.partition(";")[0].partition(" ext. ")[0]
        return value.strip() if self.fields[name] == "varchar" else value

    def _has(self, row: dict[str, Any], attribute: str, value: str) -> bool:
        further = row.get(f"{attribute}Data") or []
        return any(isinstance(one, str) and one.lower() == value.lower() for one in (row.get(attribute), *further))

    def _note_addresses(self, values: dict[str, Any]) -> None:
        for place in FLAGS.values():
            for one in (values.get(place), *(values.get(f"{place}Data") or [])):
                if one and not one.startswith("ERASED:"):
                    self.opted_out.setdefault(one, False)

    def _shown(self, row: dict[str, Any]) -> dict[str, Any]:
        flags = {flag: self.opted_out.get(row.get(place) or "", False) for flag, place in FLAGS.items()}
        held = {name: row.get(name) for name in self.fields if name != "name"}
        return {"id": row["id"], "createdAt": row["createdAt"], **held, **flags}

    def _whole(self, row: dict[str, Any]) -> dict[str, Any]:
        every = {data: [one for one in (row.get(place), *(row.get(data) or [])) if one] for data, place in DATA.items()}
        return {
            **self._shown(row),
            **{data: [{DATA[data]: one, "primary": one == had[0]} for one in had] for data, had in every.items()},
        }

    def _with(self, record: str, user: ApiUser, right: str, do: Any) -> Said:
        rows = [row for row in self.live() if row["id"] == record]
        if not rows:
            return Said(404, b"")
        if user.may[right] == "no":
            return Said(403, b"", {"X-Status-Reason": f"No '{right}' access."})
        came = do(rows[0])
        return came if isinstance(came, Said) else Said(200, came)

    def _erase(self, user: ApiUser, values: dict[str, Any]) -> Said:
        if user.privacy != "yes":
            return Said(403, b"")
        rows = [row for row in self.live(values["entityType"]) if row["id"] == values["id"]]
        if not rows:
            return Said(404, b"")
        for name in values["fieldList"]:
            had = [rows[0].get(name), *(rows[0].pop(f"{name}Data", None) or [])] if name in FLAGS.values() else []
            for address in filter(None, had):
                for one in self.rows:  # the address is one record, which others may share
                    one.update({name: f"ERASED:{rows[0]['id']}"} if one.get(name) == address else {})
                self.opted_out.pop(address, None)
            rows[0][name] = rows[0][name] if any(had) else None
        return Said(200, True)

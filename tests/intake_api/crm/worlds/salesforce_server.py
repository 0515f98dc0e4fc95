"""A small Salesforce of ours, written from its documents.

It names faults by codes under statuses that say little, writes what is deleted into a recycle bin, compares external
ids without minding case, and takes a number for a number and a text for a text only.
"""

import json
import re
import threading
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.intake_api.crm.worlds.serving import Asked, Said

FIELDS = {
    **dict.fromkeys(("FirstName", "LastName", "Company", "Vestibule_Lead__c", "Newsletter__c"), "string"),
    **dict.fromkeys(("Wants_News__c", "HasOptedOutOfEmail", "DoNotCall"), "boolean"),
    "Email": "email",
    "Phone": "phone",
    "Description": "textarea",
    "LeadSource": "picklist",
    "NumberOfEmployees": "int",
    "Newsletter_Proof__c": "string",
    "Newsletter_At__c": "datetime",
    "News_Day__c": "date",
}
OWN = ("Id", "IsDeleted", "MasterRecordId", "IsConverted", "CreatedDate")
TYPES = {"int": int, "boolean": bool}
SOQL = re.compile(r"SELECT (?P<names>[\w, ]+) FROM Lead WHERE (?P<by>\w+) = '(?P<value>(?:[^'\\]|\\.)*)'(?P<rest>.*)")


def fault(status: int, code: str, text: str = "no matter what", **headers: str) -> Said:
    return Said(status, [{"errorCode": code, "message": text, "fields": []}], headers)


@dataclass
class App:
    """One app with its secret, and what the user it runs as may do with leads."""

    user: str
    key: str
    rights: dict[str, bool]
    may_empty_bin: bool = True


@dataclass
class SalesforceServer:
    """The database, and who may do what."""

    apps: list[App]
    fields: dict[str, str] = field(default_factory=lambda: dict(FIELDS))
    key: dict[str, bool] = field(default_factory=lambda: {"externalId": True, "unique": True})
    rows: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, App] = field(default_factory=dict)
    duplicate_rule: str = "allow"  # allow (with an alert) | block
    signed_in: int = 0
    last: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, **values: Any) -> dict[str, Any]:
        """Keep a lead that somebody made."""
        with self.lock:
            self.last += 1
            empty = dict.fromkeys(self.fields) | {"HasOptedOutOfEmail": False, "DoNotCall": False}
            own = {"Id": f"00Q{self.last:015d}", "IsDeleted": False, "MasterRecordId": None, "IsConverted": False}
            self.rows.append({**empty, **own, "CreatedDate": f"2026-03-02T09:30:00.{self.last:03d}+0000"})
            self._put(self.rows[-1], values)
            return self.rows[-1]

    def live(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if not row["IsDeleted"]]

    def answer(self, asked: Asked) -> Said:
        """Answer a request of OAuth, REST or SOAP."""
        parts = urlsplit(asked.path)
        with self.lock:
            if parts.path == "/services/oauth2/token":
                return self._sign_in(asked)
            if parts.path == "/services/Soap/u/60.0":
                return self._soap(asked.body.decode())
            app = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
            if app is None:
                return fault(401, "INVALID_SESSION_ID", "Session expired or invalid")
            below = [unquote(one) for one in parts.path.removeprefix("/services/data/v60.0/").rstrip("/").split("/")]
            values = json.loads(asked.body) if asked.body else {}
            allows = "allowSave=true" in asked.headers.get("sforce-duplicate-rule-header", "")
            match asked.method, below:
                case "GET", ["sobjects", "Lead", "describe"]:
                    return self._describe(app)
                case "GET", ["queryAll"]:
                    return self._query(app, parse_qs(parts.query)["q"][0])
                case "PATCH", ["sobjects", "Lead", by, value]:
                    return self._upsert(app, by, value, values, allows=allows)
                case "PATCH", ["sobjects", "Lead", record]:
                    return self._with(app, "updateable", record, lambda row: self._checked(row, values))
                case "DELETE", ["sobjects", "Lead", record]:
                    return self._with(app, "deletable", record, lambda row: row.update(IsDeleted=True))
        return fault(404, "NOT_FOUND", "The requested resource does not exist")

    def _sign_in(self, asked: Asked) -> Said:
        """Let an app in that says in the form or in a header who it is."""
        form = {name: one[0] for name, one in parse_qs(asked.body.decode()).items()}
        assert form["grant_type"] == "client_credentials"
        basic = b64decode(asked.headers.get("authorization", "").removeprefix("Basic ")).decode()
        user, _, key = basic.partition(":") if basic else (form["client_id"], "", form["client_secret"])
        app = next((one for one in self.apps if one.user == user), None)
        if app is None:
            return Said(400, {"error": "invalid_client_id", "error_description": "client identifier invalid"})
        if app.key != key:
            return Said(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
        self.signed_in += 1
        token = f"00D!token.{self.signed_in}"
        self.tokens[token] = app
        return Said(200, {"access_token": token, "instance_url": "https://elsewhere.example", "token_type": "Bearer"})

    def _describe(self, app: App) -> Said:
        if not app.rights["queryable"]:
            return fault(404, "NOT_FOUND", "The requested resource does not exist")
        rights = {"createable": app.rights["createable"], "updateable": app.rights["updateable"]}
        fields = [
            {"name": name, "type": kind, **rights, **(self.key if name == "Vestibule_Lead__c" else {})}
            for name, kind in self.fields.items()
        ]
        own = [{"name": name, "type": "string", "createable": False, "updateable": False} for name in OWN]
        return Said(200, {"name": "Lead", **app.rights, "fields": fields + own})

    def _query(self, app: App, soql: str) -> Said:
        if not app.rights["queryable"]:
            return fault(400, "INVALID_TYPE")
        asked = SOQL.fullmatch(soql)
        if asked is None:
            return fault(400, "MALFORMED_QUERY")
        names = asked["names"].split(", ")
        if not {asked["by"], *names} <= {*self.fields, *OWN}:
            return fault(400, "INVALID_FIELD")
        value = re.sub(r"\\(.)", r"\1", asked["value"]).lower()
        found = [row for row in self.rows if str(row[asked["by"]] or "").lower() == value]
        shown = [{"attributes": {"type": "Lead"}, **{name: row[name] for name in names}} for row in found]
        return Said(200, {"totalSize": len(shown), "done": True, "records": shown})

    def _upsert(self, app: App, by: str, value: str, values: dict[str, Any], *, allows: bool) -> Said:
        if by not in self.fields or not self.key["externalId"]:
            return fault(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {by}")
        if by in values:
            return fault(400, "INVALID_FIELD", "The external ID is not for the body")
        found = [row for row in self.live() if str(row[by] or "").lower() == value.lower()]
        if len(found) > 1:
            return Said(300, [f"/services/data/v60.0/sobjects/Lead/{row['Id']}" for row in found])
        if found:
            said = self._with(app, "updateable", found[0]["Id"], lambda row: self._checked(row, values))
            return Said(200, made(found[0], created=False)) if said.status == 204 else said
        if not app.rights["createable"]:
            return fault(403, "INSUFFICIENT_ACCESS_OR_READONLY")
        missing = [name for name in ("LastName", "Company") if not values.get(name)]
        if missing:
            return fault(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: {missing}")
        alike = [row for row in self.live() if values.get("Email") and row["Email"] == values["Email"].lower()]
        if alike and (self.duplicate_rule == "block" or not allows):
            return fault(400, "DUPLICATES_DETECTED", "Use one of these records?")
        if (wrong := self._wrong(values)) is not None:
            return wrong
        row = self.add(**values, **{by: value})
        return Said(201, made(row, created=True))

    def _with(self, app: App, right: str, record: str, do: Callable[[dict[str, Any]], Said | None]) -> Said:
        row = next((one for one in self.rows if one["Id"] == record), None)
        if row is None:
            return fault(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {record}")
        if row["IsDeleted"]:
            return fault(404, "ENTITY_IS_DELETED", "entity is deleted")
        if not app.rights[right] or row.get("owner"):
            return fault(403, "INSUFFICIENT_ACCESS_OR_READONLY")
        return do(row) or Said(204, b"")

    def _checked(self, row: dict[str, Any], values: dict[str, Any]) -> Said | None:
        if row["IsConverted"]:
            return fault(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if (wrong := self._wrong(values)) is not None:
            return wrong
        self._put(row, values)
        return None

    def _wrong(self, values: dict[str, Any]) -> Said | None:
        if set(values) - set(self.fields):
            return fault(400, "INVALID_FIELD", "No such column")
        for name, value in values.items():
            if value is not None and type(value) is not TYPES.get(self.fields[name], str):
                return fault(400, "JSON_PARSER_ERROR", f"Cannot deserialize instance of {self.fields[name]}")
        if values.get("Email") and "@" not in values["Email"]:
            return fault(400, "INVALID_EMAIL_ADDRESS", f"invalid email address: {values['Email']}")
        return None

    def _put(self, row: dict[str, Any], values: dict[str, Any]) -> None:
        for name, value in values.items():
            kind = self.fields.get(name)
            row[name] = value.lower() if kind == "email" and value else value
            if kind == "datetime" and value:
                row[name] = value.replace("Z", "+0000")

    def _soap(self, body: str) -> Said:
        token = re.search(r"<p:sessionId>([^<]*)<", body)
        record = re.search(r"<p:emptyRecycleBin><p:ids>(\w+)</p:ids></p:emptyRecycleBin>", body)
        assert token is not None
        assert record is not None
        app = self.tokens.get(token[1])
        if app is None:
            return soap(500, "<soapenv:Fault><faultcode>sf:INVALID_SESSION_ID</faultcode></soapenv:Fault>")
        row = next((one for one in self.rows if one["Id"] == record[1]), None)
        code = "" if app.may_empty_bin else "INSUFFICIENT_ACCESS_OR_READONLY"
        if row is None or not row["IsDeleted"]:
            code = "INVALID_ID_FIELD"
        if code:
            errors = f"<errors><message>no</message><statusCode>{code}</statusCode></errors>"
            return soap(200, f"<result>{errors}<id>{record[1]}</id><success>false</success></result>")
        self.rows.remove(row or {})
        return soap(200, f"<result><id>{record[1]}</id><success>true</success></result>")


def made(row: dict[str, Any], *, created: bool) -> dict[str, Any]:
    return {"id": row["Id"], "success": True, "errors": [], "created": created}


def soap(status: int, inside: str) -> Said:
    outside = "<soapenv:Envelope><soapenv:Body><emptyRecycleBinResponse>{}</emptyRecycleBinResponse></soapenv:Body>"
    return Said(status, f"{outside.format(inside)}</soapenv:Envelope>".encode(), {"Content-Type": "text/xml"})

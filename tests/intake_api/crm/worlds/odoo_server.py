"""A small Odoo of ours, written from its documents and from what was seen of the real one.

It has the two protocols, the records that the connector touches, `load` with its errors inside a success, the rights of
a salesperson and of an administrator, the chatter that remembers old values, and lock conflicts.
"""

import html
import json
import re
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.intake_api.crm.worlds.serving import Asked, Said

KINDS = {
    "crm.lead": {
        **dict.fromkeys(("name", "contact_name", "email_from", "phone", "partner_name", "email_normalized"), "char"),
        **dict.fromkeys(("x_newsletter", "x_newsletter_proof", "phone_sanitized"), "char"),
        "description": "html",
        "source_id": "many2one",
        "type": "selection",
        "user_id": "many2one",
        "x_newsletter_at": "datetime",
        "x_wants_news": "boolean",
        "is_blacklisted": "boolean",
    },
    "mail.blacklist": {"email": "char", "active": "boolean"},
    "phone.blacklist": {"number": "char", "active": "boolean"},
    "res.partner": {"name": "char", "email_normalized": "char"},
}
SOURCES = {"Website": 1, "Newsletter": 2}
TYPES = {"lead": "Lead", "opportunity": "Opportunity"}
MORE = {"source_id": {"relation": "utm.source"}, "type": {"selection": [list(one) for one in TYPES.items()]}}
SALES_MAY = {"crm.lead": {"read", "create", "write"}, "res.partner": {"read", "create", "write"}}
ON_MODEL = {
    "load",
    "name_search",
    "search_read",
    "search_count",
    "fields_get",
    "check_object_reference",
    "check_access_rights",
}
NO_NUMBER = "+447700900"  # kept for drama: no number to those who ask whether one is valid
PLAIN = re.compile(r"[^<>&]*")


class Fault(Exception):
    """What Odoo raises: the name of the exception, its text, the status that JSON-2 gives it."""

    def __init__(self, name: str, text: str, status: int) -> None:
        super().__init__(text)
        self.name, self.text, self.status = name, text, status


def missing(model: str) -> Fault:
    return Fault("odoo.exceptions.MissingError", f"Record does not exist or has been deleted. ({model})", 404)


def denied(model: str) -> Fault:
    return Fault("odoo.exceptions.AccessError", f"You are not allowed to access '{model}' records.", 403)


def wrong(text: str) -> Fault:
    return Fault("builtins.ValueError", text, 500)


@dataclass
class User:
    """An account with its API key."""

    login: str
    key: str
    admin: bool = False
    may_not: set[tuple[str, str]] = field(default_factory=set)

    def may(self, model: str, operation: str) -> bool:
        if (model, operation) in self.may_not:
            return False
        return self.admin or operation in SALES_MAY.get(model, set())


@dataclass
class OdooServer:
    """The database and who may do what."""

    version: int
    database: str = "crm"
    users: dict[int, User] = field(default_factory=dict)
    rows: dict[str, dict[int, dict[str, Any]]] = field(default_factory=lambda: {model: {} for model in KINDS})
    external: dict[str, tuple[str, int]] = field(default_factory=dict)
    chatter: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)  # leads that a record rule keeps from the salesperson
    remembered: set[str] = field(default_factory=set)  # external ids of which a process remembers a record that is not
    last: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    loading: set[str] = field(default_factory=set)

    def answer(self, asked: Asked) -> Said:
        """Answer a request of either protocol."""
        if self.version >= 19 and asked.path.startswith("/json/2/"):
            return self._json_two(asked)
        if asked.path == "/jsonrpc" and self.version < 22:
            return self._json_rpc(asked)
        return Said(404, b"<!doctype html><title>404 Not Found</title>", {"Content-Type": "text/html"})

    def add(self, model: str, **values: Any) -> int:
        """Keep a record that somebody typed over there."""
        with self.lock:
            self.last += 1
            self.rows[model][self.last] = {"active": True, **values}
            return self.last

    def _json_two(self, asked: Asked) -> Said:
        try:
            key = asked.headers.get("authorization", "").removeprefix("bearer ")
            user = next((one for one in self.users.values() if one.key == key), None)
            if user is None:
                raise Fault("werkzeug.exceptions.Unauthorized", "401 Unauthorized: Invalid apikey", 401)
            if asked.headers.get("x-odoo-database", self.database) != self.database:
                return Said(404, b"<!doctype html><title>404 Not Found</title>")
            model, method = asked.path.removeprefix("/json/2/").split("/")
            named = json.loads(asked.body)
            ids, context = named.pop("ids", []), named.pop("context", {})
            if method in ON_MODEL and ids:
                raise Fault("werkzeug.exceptions.UnprocessableEntity", f"cannot call {model}.{method} with ids", 422)
            try:
                return Said(200, self._do(user, model, method, ids, named, context))
            except Fault as fault:
                absent = fault.name == "builtins.AttributeError"
                raise Fault("werkzeug.exceptions.NotFound", fault.text, 404) if absent else fault from None
        except Fault as fault:
            said = {"name": fault.name, "message": fault.text, "arguments": [fault.text], "context": {}, "debug": "…"}
            return Said(fault.status, said)

    def _json_rpc(self, asked: Asked) -> Said:
        body = json.loads(asked.body)
        whole: dict[str, Any] = {"jsonrpc": "2.0", "id": body["id"]}
        try:
            result = self._service(**body["params"])
            whole |= {} if result is None else {"result": result}
        except Fault as fault:
            data = {"name": fault.name, "message": fault.text, "arguments": [fault.text], "debug": "Traceback …"}
            whole["error"] = {"code": 200, "message": "Odoo Server Error", "data": data}
        return Said(200, whole)

    def _service(self, service: str, method: str, args: list[Any]) -> Any:
        if args[0] != self.database:
            text = f'connection failed: FATAL:  database "{args[0]}" does not exist'
            raise Fault("psycopg2.OperationalError", text, 200)
        if (service, method) == ("common", "authenticate"):
            _, login, key, _ = args
            found = [uid for uid, user in self.users.items() if (user.login, user.key) == (login, key)]
            return found[0] if found else False
        _, uid, key, model, name, args, named = args
        user = self.users.get(uid)
        if user is None or user.key != key:
            raise Fault("odoo.exceptions.AccessDenied", "Access Denied", 200)
        context = named.pop("context", {})
        ids = [] if name in ON_MODEL else args[0]
        return self._do(user, model, name, ids, named, context)

    def _do(
        self, user: User, model: str, method: str, ids: list[int], named: dict[str, Any], context: dict[str, Any]
    ) -> Any:
        gone = {"check_access_rights"} if self.version >= 19 else {"has_access"} if self.version < 18 else set()
        if method in gone or not hasattr(self, f"do_{method}"):
            text = f"The method '{model}.{method}' does not exist"
            raise Fault("builtins.AttributeError", text, 404)
        return getattr(self, f"do_{method}")(user, model, ids, context, **named)

    def do_check_object_reference(
        self, user: User, _model: str, _ids: list[int], context: dict[str, Any], module: str, xml_id: str
    ) -> Any:
        with self.lock:
            found = self.external.get(f"{module}.{xml_id}")
            if f"{module}.{xml_id}" in self.remembered:
                return ["crm.lead", False]
            if found is None:
                raise wrong(f"External ID not found in the system: {module}.{xml_id}")
            model, record = found
            if not user.may(model, "read"):
                raise denied(model)
            row = self.rows[model][record]
            seen = (row["active"] or context.get("active_test") is False) and (user.admin or record not in self.hidden)
            return [model, record if seen else False]

    def do_check_access_rights(
        self,
        user: User,
        model: str,
        _ids: list[int],
        _context: dict[str, Any],
        operation: str,
        raise_exception: bool = True,
    ) -> Any:
        if raise_exception and not user.may(model, operation):
            raise denied(model)
        return user.may(model, operation)

    def do_has_access(self, user: User, model: str, _ids: list[int], _context: dict[str, Any], operation: str) -> Any:
        return user.may(model, operation)

    def do_fields_get(
        self, user: User, model: str, _ids: list[int], _context: dict[str, Any], attributes: list[str]
    ) -> Any:
        self._must(user, model, "read")
        whole = {name: {"type": kind, **MORE.get(name, {})} for name, kind in KINDS[model].items()}
        return {name: {one: of[one] for one in attributes if one in of} for name, of in whole.items()}

    def do_name_search(
        self, _user: User, model: str, _ids: list[int], _context: dict[str, Any], name: str, operator: str, limit: int
    ) -> Any:
        assert (model, operator) == ("utm.source", "=")
        return [[record, shown] for shown, record in SOURCES.items() if shown == name][:limit]

    def do_read(self, user: User, model: str, ids: list[int], _context: dict[str, Any], fields: list[str]) -> Any:
        self._must(user, model, "read")
        with self.lock:
            return [self._read(model, record, fields) for record in ids]

    def do_search_read(
        self,
        user: User,
        model: str,
        _ids: list[int],
        context: dict[str, Any],
        domain: list[Any],
        fields: list[str],
        limit: int,
    ) -> Any:
        self._must(user, model, "read")
        with self.lock:
            return [self._read(model, one, fields) for one in self._search(model, domain, context)][:limit]

    def do_search_count(
        self, user: User, model: str, _ids: list[int], context: dict[str, Any], domain: list[Any]
    ) -> Any:
        self._must(user, model, "read")
        with self.lock:
            return len(self._search(model, domain, context))

    def do_write(self, user: User, model: str, ids: list[int], context: dict[str, Any], vals: dict[str, Any]) -> Any:
        self._must(user, model, "write")
        with self.lock:
            for record in ids:
                self._put(model, record, vals, context)
        return True

    def do_unlink(self, user: User, model: str, ids: list[int], _context: dict[str, Any]) -> Any:
        self._must(user, model, "unlink")
        with self.lock:
            for record in ids:
                if self.rows[model].pop(record, None) is None:
                    raise missing(model)
                self.chatter.pop((model, record), None)
                self.remembered.clear()  # all processes are told to forget what they remember
                self.external = {name: of for name, of in self.external.items() if of != (model, record)}
        return True

    def do_load(
        self,
        user: User,
        model: str,
        _ids: list[int],
        context: dict[str, Any],
        fields: list[str],
        data: list[list[str]],
    ) -> Any:
        (row,) = data
        name = row[fields.index("id")]
        with self.lock:
            if name in self.loading:
                return failed("could not serialize access due to concurrent update")
            self.loading.add(name)
        try:
            return self._load(user, model, context, name, dict(zip(fields, row, strict=True)))
        finally:
            with self.lock:
                self.loading.discard(name)

    def _load(self, user: User, model: str, context: dict[str, Any], name: str, texts: dict[str, str]) -> Any:
        values: dict[str, Any] = {}
        for column, text in texts.items():
            if column == "id":
                continue
            if column not in KINDS[model]:
                raise wrong(f"Invalid field '{column}' on model '{model}'")
            try:
                values[column] = converted(KINDS[model][column], text)
            except ValueError as error:
                if name not in self.external and model == "crm.lead":
                    self.remembered.add(name)  # the record was made, and rolled back
                return failed(str(error), field=column)
        with self.lock:
            found = self.external.get(name)
            is_hidden = found is not None and found[1] in self.hidden and not user.admin
            if is_hidden or not user.may(model, "write" if found else "create"):
                return failed(f"You are not allowed to modify '{model}' records.")
            if found is None and model == "crm.lead" and not values.get("name"):
                return failed("Missing required value for the field 'Opportunity' (name)", field="name")
            if model == "phone.blacklist" and values["number"].startswith(NO_NUMBER):
                return failed("Invalid number: probably incorrect prefix Please correct the number and try again.")
            if found is None and model == "crm.lead":
                values = {"user_id": [1, user.login], **values}  # whoever makes it is its salesperson
            record = found[1] if found else self._made(model, values)
            self._put(model, record, values, context)
            self.external[name] = (model, record)
            return {"ids": [record], "messages": [], "nextrow": 0}

    def _made(self, model: str, values: dict[str, Any]) -> int:
        """Return a new record, or the one of a list that has the address, as the lists' own `create` does."""
        column = {"mail.blacklist": "email", "phone.blacklist": "number"}.get(model)
        there = [one for one, row in self.rows[model].items() if column and row[column] == values[column].lower()]
        return there[0] if there else self.add(model)

    def _put(self, model: str, record: int, values: dict[str, Any], context: dict[str, Any]) -> None:
        row = self.rows[model].get(record)
        if row is None:
            raise missing(model)
        if not context.get("mail_notrack"):
            old = [str(row[name]) for name in values if row.get(name)]
            self.chatter.setdefault((model, record), []).extend(old)
        row |= {name: value.lower() if name == "email" else value for name, value in values.items()}
        if model == "crm.lead":
            row |= {"email_normalized": (row.get("email_from") or "").lower(), "phone_sanitized": row.get("phone")}

    def _search(self, model: str, domain: list[Any], context: dict[str, Any]) -> list[int]:
        ((column, operator, value),) = domain
        if column not in KINDS[model] or operator != "=":
            raise wrong(f"Invalid field {model}.{column} in leaf")
        value = value.lower() if column == "email" else value
        every = context.get("active_test") is False
        rows = self.rows[model].items()
        return [one for one, row in rows if row.get(column) == value and (every or row["active"])]

    def _read(self, model: str, record: int, fields: list[str]) -> dict[str, Any]:
        row = self.rows[model].get(record)
        if row is None:
            raise missing(model)
        if unknown := [one for one in fields if one not in KINDS[model]]:
            raise wrong(f"Invalid field '{unknown[0]}' on model '{model}'")
        held = {"id": record, **{one: row.get(one) or False for one in fields}}
        if "is_blacklisted" in fields:
            refused = {one["email"] for one in self.rows["mail.blacklist"].values() if one["active"]}
            held["is_blacklisted"] = row["email_normalized"] in refused
        return held

    def _must(self, user: User, model: str, operation: str) -> None:
        if not user.may(model, operation):
            raise denied(model)


def failed(message: str, **more: str) -> dict[str, Any]:
    """Return what a `load` says that changed nothing."""
    said = {"type": "error", "message": message, "record": 0, "rows": {"from": 0, "to": 0}, **more}
    return {"ids": False, "messages": [said], "nextrow": 0}


def converted(kind: str, text: str) -> Any:
    """Read a text as `load` does for a field."""
    if text == "":
        return False
    if kind == "boolean":
        return text.lower() not in ("0", "false", "no")  # any other word is a yes
    if kind == "many2one":
        if text not in SOURCES:
            raise ValueError(f"No matching record found for name '{text}' in field 'Source'")
        return [SOURCES[text], text]
    if kind == "selection":
        if text not in (*TYPES, *TYPES.values()):
            raise ValueError(f"Value '{text}' not found in selection field 'Type'")
        return text.lower()
    if kind == "datetime":
        try:
            datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 Odoo's are in UTC and say nothing
        except ValueError:
            raise ValueError(f"'{text}' does not seem to be a valid datetime for field 'At'") from None
    if kind == "html":
        return f"<p>{text}</p>" if PLAIN.fullmatch(html.unescape(text)) else f"<div>{text}</div>"
    return text

"""How Odoo is spoken to, and what its faults mean: JSON-2 (19 and later) and JSON-RPC (14 to 18, still there in 21).

In JSON-RPC every answer has status 200, in JSON-2 a mistake of ours may come as 500: the name of the exception says
what happened, never the status alone. Odoo's texts are looked at to tell one fault from another, and go nowhere.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from intake_api.crm.answers import READ_BYTES, NotReadable, read_json
from intake_api.crm.calling import Answer, Caller, CallFailed, Deadline, asked_wait
from intake_api.crm.port import NotAllowedIn, Outcome, Refused, Retry, Unknown

# Archived (lost) leads are leads, times are UTC, no old value stays in the chatter, the account follows nothing.
CONTEXT = {"active_test": False, "tz": "UTC", "mail_notrack": True, "mail_create_nosubscribe": True}

CREDENTIAL = frozenset({"AccessDenied", "Unauthorized"})
RIGHTS = frozenset({"AccessError", "Forbidden"})
NOT_NOW = frozenset({"ConcurrencyError", "LockError", "MissingError", "TooManyRequests", "ServiceUnavailable"})
OURS = frozenset(
    {"UserError", "ValidationError", "RedirectWarning", "ValueError", "TypeError", "KeyError", "AttributeError"}
    | {"UnprocessableEntity", "BadRequest"}
    | {"NotNullViolation", "ForeignKeyViolation", "CheckViolation", "DataError", "StringDataRightTruncation"}
)


@dataclass(frozen=True)
class Turn:
    """One operation: all its calls share a deadline."""

    deadline: Deadline
    now: datetime


class OdooFault(Exception):
    """A call failed over there.

    `name` is the exception's, such as odoo.exceptions.AccessError; `text` tells faults apart and is never to be shown.
    """

    def __init__(self, name: str, text: str, status: int) -> None:
        super().__init__("Odoo refused a call")
        self.name, self.text, self.status = name, text, status

    @property
    def kind(self) -> str:
        """Return the name without the package it is from."""
        return self.name.rpartition(".")[2]

    @property
    def says_absent(self) -> bool:
        """Say whether an external id was asked for that nothing has."""
        return self.kind == "ValueError" and "External ID not found" in self.text


class Session(Protocol):
    """One account, over one of the two protocols. Several threads may share it."""

    def call(self, turn: Turn, model: str, method: str, ids: Sequence[int] | None = None, **named: object) -> Any:
        """Call a method of a model, of the records `ids` where it is one of records.

        :raises OdooFault: Odoo says that it failed.
        :raises CallFailed: there is no answer, or none of Odoo's.
        """

    def may(self, turn: Turn, model: str, operation: str) -> bool:
        """Say whether the account may read, create, write or unlink records of a model."""


class JsonTwo:
    """The JSON-2 API."""

    def __init__(self, caller: Caller, database: str, key: str) -> None:
        self._caller = caller
        self._headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": f"bearer {key}"}
        self._headers |= {"X-Odoo-Database": database} if database else {}

    def call(self, turn: Turn, model: str, method: str, ids: Sequence[int] | None = None, **named: object) -> Any:
        """Call a method; `ids` must not be there for a method of the model itself."""
        body = {**named, "context": CONTEXT, **({"ids": list(ids)} if ids else {})}
        answer = _post(self._caller, turn, f"json/2/{model}/{method}", body, self._headers)
        if answer.status == 200:
            return _read(answer)
        raise _fault(answer, _json_or_none(answer), turn.now)

    def may(self, turn: Turn, model: str, operation: str) -> bool:
        """Ask for a right."""
        return self.call(turn, model, "has_access", operation=operation) is True


class JsonRpc:
    """The older API: the key stands in the place of the password."""

    def __init__(self, caller: Caller, database: str, user: str, key: str) -> None:
        self._caller, self._database, self._user, self._key = caller, database, user, key
        self._uid: int | None = None  # known after the first call

    def call(self, turn: Turn, model: str, method: str, ids: Sequence[int] | None = None, **named: object) -> Any:
        """Call a method; the ids are its first argument."""
        if self._uid is None:
            self._uid = self._sign_in(turn)
        args = [] if ids is None else [list(ids)]
        who = [self._database, self._uid, self._key]
        return self._rpc(turn, "object", "execute_kw", [*who, model, method, args, {**named, "context": CONTEXT}])

    def may(self, turn: Turn, model: str, operation: str) -> bool:
        """Ask for a right, the newer way where the older one is gone."""
        try:
            return self.call(turn, model, "check_access_rights", operation=operation, raise_exception=False) is True
        except OdooFault as fault:
            if fault.kind != "AttributeError":
                raise
            return self.call(turn, model, "has_access", [], operation=operation) is True

    def _sign_in(self, turn: Turn) -> int:
        uid = self._rpc(turn, "common", "authenticate", [self._database, self._user, self._key, {}])
        if isinstance(uid, int) and uid > 0:  # False, which is 0, says that the key is none
            return uid
        raise CallFailed(NotAllowedIn("credential_refused") if uid is False else Unknown("answer_not_readable"))

    def _rpc(self, turn: Turn, service: str, method: str, args: list[object]) -> Any:
        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}
        answer = _post(self._caller, turn, "jsonrpc", body, {"Content-Type": "application/json"})
        value = _read(answer) if answer.status == 200 else _json_or_none(answer)
        if answer.status != 200 or not isinstance(value, dict) or "jsonrpc" not in value:
            raise CallFailed(_by_status(answer, turn.now))
        if (error := value.get("error")) is not None:
            raise _fault(answer, error.get("data") if isinstance(error, dict) else None, turn.now)
        return value.get("result")  # a method that returns None leaves it out


def outcome_of(fault: OdooFault) -> Outcome:
    """Say what a fault means for the parcel; tabled in `docs/delivery.md`."""
    kind, status = fault.kind, fault.status
    if kind in CREDENTIAL:
        return NotAllowedIn("credential_refused", status)
    if kind in RIGHTS:
        return NotAllowedIn("rights_missing", status)
    if kind == "OperationalError" and "does not exist" in fault.text:
        return NotAllowedIn("database_unknown", status)
    if kind in OURS:
        return Refused("parcel_refused", status)
    if kind in NOT_NOW or fault.name.startswith("psycopg2."):
        return Retry("not_now", status=status)
    return Unknown("not_found_there" if kind == "NotFound" else "unexpected_fault", status)


def _post(caller: Caller, turn: Turn, below: str, body: object, headers: dict[str, str]) -> Answer:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return caller.call("POST", below, text, headers, deadline=turn.deadline, read=READ_BYTES)


def _read(answer: Answer) -> Any:
    try:
        return read_json(answer)
    except NotReadable:
        raise CallFailed(Unknown("answer_not_readable", answer.status)) from None


def _json_or_none(answer: Answer) -> Any:
    try:
        return read_json(answer)
    except NotReadable:
        return None


def _fault(answer: Answer, said: object, now: datetime) -> Exception:
    """Return the fault that Odoo tells of, or what the status of an answer that tells nothing means."""
    name, text = (said.get("name"), said.get("message")) if isinstance(said, dict) else (None, None)
    if answer.status == 429 or not isinstance(name, str):
        return CallFailed(_by_status(answer, now))
    return OdooFault(name, text if isinstance(text, str) else "", answer.status)


def _by_status(answer: Answer, now: datetime) -> Outcome:
    """Say what an answer means that is not from Odoo itself: a proxy, a gateway, another server."""
    status, wait = answer.status, asked_wait(answer.headers.get("retry-after"), now)
    if status in (401, 403, 407):
        return NotAllowedIn("credential_refused", status)
    if status == 429:
        return Retry("asked_to_wait", wait, status)
    if status in (408, 425) or status >= 500:
        return Retry("not_now", wait, status)
    if status == 200:
        return Unknown("answer_not_readable", status)
    if status == 404:
        return Unknown("not_found_there", status)
    return Unknown("redirected" if 300 <= status < 400 else "unexpected_status", status)

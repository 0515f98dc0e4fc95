"""How EspoCRM is spoken to, and what its answers mean.

A 500 is a dead database or an error of theirs, a 409 may be a record that only looks alike: the status alone
says neither.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard
from urllib.parse import quote, urlencode

from intake_api.crm.answers import READ_BYTES, NotReadable, read_json
from intake_api.crm.calling import Answer, Caller, CallFailed, Deadline, asked_wait
from intake_api.crm.port import NotAllowedIn, Outcome, Refused, Retry, Unknown

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Turn:
    """One operation: all its calls share a deadline."""

    deadline: Deadline
    now: datetime


class Alike(Exception):
    """Records that look like the one to be made: a name is enough for that."""

    def __init__(self, rows: list[Any]) -> None:
        super().__init__("records are alike")
        self.rows = rows


class Session:
    """One API user. Several threads may share it."""

    def __init__(self, url: str, key: str, *, allow_loopback: bool, trust: ssl.SSLContext | None) -> None:
        self._caller = Caller(url.rstrip("/") + "/api/v1/", allow_loopback=allow_loopback, trust=trust)
        self._key = key

    def get(self, turn: Turn, path: str, **query: str) -> Any:
        """Read something; the names of a query may hold brackets."""
        return self._call(turn, "GET", f"{path}?{urlencode(query)}" if query else path)

    def read(self, turn: Turn, record: str) -> Row:
        """Return a lead with all that it has."""
        return _row(self.get(turn, f"Lead/{quote(record, safe='')}"))

    def create(self, turn: Turn, values: Mapping[str, object], *, though_alike: bool) -> Row:
        """Make a lead.

        :raises Alike: there are records like it, and it was not said to make one though.
        """
        return _row(self._call(turn, "POST", "Lead", values, though_alike=though_alike))

    def update(self, turn: Turn, record: str, values: Mapping[str, object]) -> Row:
        """Write fields of a lead and return it as it is now."""
        return _row(self._call(turn, "PUT", f"Lead/{quote(record, safe='')}", values, though_alike=True))

    def delete(self, turn: Turn, record: str) -> None:
        """Delete a lead; what is not there is no fault."""
        self._call(turn, "DELETE", f"Lead/{quote(record, safe='')}", absent_is_fine=True)

    def blank(self, turn: Turn, record: str, names: list[str]) -> None:
        """Empty fields for good, as the person's right to it asks for."""
        values = {"entityType": "Lead", "id": record, "fieldList": names}
        self._call(turn, "POST", "DataPrivacy/action/erase", values)

    def _call(
        self,
        turn: Turn,
        method: str,
        below: str,
        values: Mapping[str, object] | None = None,
        *,
        though_alike: bool = False,
        absent_is_fine: bool = False,
    ) -> Any:
        headers = {"X-Api-Key": self._key, "Content-Type": "application/json", "Accept": "application/json"}
        headers |= {"X-Skip-Duplicate-Check": "true"} if though_alike else {}
        body = None if values is None else json.dumps(values, ensure_ascii=False).encode()
        answer = self._caller.call(method, below, body, headers, deadline=turn.deadline, read=READ_BYTES)
        if answer.status == 404 and absent_is_fine:
            return None
        asks = method == "POST" and not though_alike
        if answer.status == 409 and asks and isinstance(rows := _read(answer), list):
            raise Alike(rows)
        if answer.status not in (200, 201):
            raise CallFailed(classify(answer, of_record=below.startswith("Lead/"), now=turn.now))
        return _read(answer)


def classify(answer: Answer, *, of_record: bool, now: datetime) -> Outcome:
    """Say what an answer means that is no success; tabled in `docs/delivery.md`."""
    status, wait = answer.status, asked_wait(answer.headers.get("retry-after"), now)
    if status in (401, 407):
        return NotAllowedIn("credential_refused", status)
    if status == 403:
        return NotAllowedIn("rights_missing", status)
    if status in (400, 413, 422):
        return Refused("parcel_refused", status)
    if status == 404:  # of a record: somebody deleted it just now
        return Retry("not_now", status=status) if of_record else Unknown("not_found_there", status)
    if status == 429:
        return Retry("asked_to_wait", wait, status)
    said = answer.body.lstrip() or answer.headers.get("x-status-reason", "").encode()
    if status == 500 and said and not said.startswith(b"<"):  # a dead database says nothing, or has a page
        return Unknown("server_error", status)
    if status in (408, 409, 423, 425) or status >= 500:
        return Retry("not_now", wait, status)
    return Unknown("redirected" if 300 <= status < 400 else "unexpected_status", status)


def _read(answer: Answer) -> Any:
    try:
        return read_json(answer)
    except NotReadable:
        raise CallFailed(Unknown("answer_not_readable", answer.status)) from None


def is_row(value: object) -> TypeGuard[Row]:
    """Say whether a part of an answer is a record: it has its id."""
    return isinstance(value, dict) and isinstance(value.get("id"), str) and bool(value["id"])


def _row(value: object) -> Row:
    if is_row(value):
        return value
    raise CallFailed(Unknown("answer_not_readable"))

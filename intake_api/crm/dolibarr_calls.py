"""How Dolibarr is spoken to, and what its answers mean; tabled in `docs/delivery.md`.

Its 401 is a wrong key or a missing right, its 404 a record that is not there or a module that is switched off, its 500
a value that it cannot keep, a key that is there already, or a fault: the status alone says none of them.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from intake_api.crm.answers import READ_BYTES, NotReadable, read_json
from intake_api.crm.calling import Answer, Caller, CallFailed, Deadline, asked_wait
from intake_api.crm.port import NotAllowedIn, Outcome, Refused, Retry, Unknown

PARTIES = "thirdparties"
SPECIMEN = f"{PARTIES}/0"  # an invented third party with all that one can have
NOBODY = "2147483647"
NOT_THERE = "Not Found: Thirdparty not found"


@dataclass(frozen=True)
class Turn:
    """One operation: all its calls share a deadline."""

    deadline: Deadline
    now: datetime


@dataclass(frozen=True)
class Row:
    """One third party."""

    id: str
    values: Mapping[str, Any]
    options: Mapping[str, Any]

    def value(self, name: str) -> object:
        """Return a field's value, of an additional one, too."""
        return self.options[name] if name in self.options else self.values.get(name)


class Session:
    """One user. Several threads may share it."""

    def __init__(self, url: str, key: str, *, allow_loopback: bool, trust: ssl.SSLContext | None) -> None:
        self._caller = Caller(url.rstrip("/") + "/api/index.php/", allow_loopback=allow_loopback, trust=trust)
        self._headers = {"DOLAPIKEY": key, "Content-Type": "application/json", "Accept": "application/json"}

    def find(self, turn: Turn, barcode: str) -> Row | None:
        """Return the third party with a barcode."""
        found = self._call(turn, "GET", f"{PARTIES}/barcode/{quote(barcode, safe='')}", absent_is_fine=True)
        return None if found is None else _row(found)

    def create(self, turn: Turn, values: Mapping[str, object]) -> None:
        """Make a third party."""
        made = self._call(turn, "POST", PARTIES, values)
        if not isinstance(made, int):
            raise CallFailed(Unknown("answer_not_readable", 200))

    def update(self, turn: Turn, record: str, values: Mapping[str, object]) -> Row:
        """Write a third party and return it as it is, which may be as it was."""
        return _row(self._call(turn, "PUT", f"{PARTIES}/{record}", values))

    def delete(self, turn: Turn, record: str | None) -> None:
        """Delete a third party; None asks whether we may. What is not there is no fault."""
        self._call(turn, "DELETE", f"{PARTIES}/{record or NOBODY}", absent_is_fine=True)

    def may_write(self, turn: Turn) -> None:
        """Change nobody: who may not is told so first."""
        self._call(turn, "PUT", f"{PARTIES}/{NOBODY}", {}, absent_is_fine=True)

    def specimen(self, turn: Turn) -> Mapping[str, Any]:
        """Return an invented third party, which has all fields of one."""
        found = self._call(turn, "GET", SPECIMEN)
        if not isinstance(found, dict):
            raise CallFailed(Unknown("answer_not_readable", 200))
        return found

    def _call(
        self,
        turn: Turn,
        method: str,
        below: str,
        values: Mapping[str, object] | None = None,
        *,
        absent_is_fine: bool = False,
    ) -> Any:
        answer = self._ask(turn, method, below, values)
        if answer.status == 404 and absent_is_fine and _fault(answer) == NOT_THERE:
            return None
        if answer.status == 401 and self._is_let_in(turn):
            raise CallFailed(NotAllowedIn("rights_missing", 401))
        if answer.status != 200:
            raise CallFailed(classify(answer, now=turn.now))
        try:
            return read_json(answer)
        except NotReadable:
            raise CallFailed(Unknown("answer_not_readable", 200)) from None

    def _ask(self, turn: Turn, method: str, below: str, values: Mapping[str, object] | None = None) -> Answer:
        body = None if values is None else json.dumps(values, ensure_ascii=False).encode()
        return self._caller.call(method, below, body, self._headers, deadline=turn.deadline, read=READ_BYTES)

    def _is_let_in(self, turn: Turn) -> bool:
        """Say whether the key is one: what needs no right is answered to it."""
        return self._ask(turn, "GET", "status").status == 200


def classify(answer: Answer, *, now: datetime) -> Outcome:
    """Say what an answer means that is no success; tabled in `docs/delivery.md`."""
    status, wait = answer.status, asked_wait(answer.headers.get("retry-after"), now)
    if status in (401, 403, 407):
        return NotAllowedIn("credential_refused", status)
    if status in (400, 413, 422):
        return Refused("parcel_refused", status)
    if status == 409:  # to an erasure, in later releases: a document hangs on it
        return Refused("erase_refused", status)
    if status == 404:  # of a record: somebody deleted it just now
        return Retry("not_now", status=status) if _fault(answer) == NOT_THERE else Unknown("not_found_there", status)
    if status == 501:  # the module is switched off, or closed to the API
        return Unknown("not_found_there", status)
    if status == 429:
        return Retry("asked_to_wait", wait, status)
    if status == 500 and _fault(answer):
        return Unknown("server_error", status)
    if status in (408, 423, 425) or status >= 500:
        return Retry("not_now", wait, status)
    return Unknown("redirected" if 300 <= status < 400 else "unexpected_status", status)


def _fault(answer: Answer) -> str | None:
    try:
        said = read_json(answer)
    except NotReadable:
        return None
    match said:
        case {"error": {"message": str(message)}}:
            return message
    return None


def _row(said: Any) -> Row:
    match said:
        case {"id": None, "array_options": _}:  # its query failed, and it shows what it has: nothing
            raise CallFailed(Retry("not_now", status=200))
        case {"id": str(number)} if number.isascii() and number.isdecimal() and len(number) <= len(NOBODY):
            options = said.get("array_options")
            return Row(number, said, options if isinstance(options, dict) else {})
    raise CallFailed(Unknown("answer_not_readable", 200))

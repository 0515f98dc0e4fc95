"""How Pipedrive is spoken to, and what its answers mean; tabled in `docs/delivery.md`.

Persons and their fields are of its API v2, leads of v1, which alone makes them.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from intake_api.crm.answers import READ_BYTES, NotReadable, read_json
from intake_api.crm.calling import Answer, Caller, CallFailed, Deadline, asked_wait
from intake_api.crm.port import NotAllowedIn, Outcome, Refused, Retry, Unknown

Row = Mapping[str, Any]
PERSONS, FIELDS, LEADS = "api/v2/persons", "api/v2/personFields", "api/v1/leads"
BLOCKED_FOR = timedelta(minutes=1)  # who went on in spite of 429 is shut out by what stands before Pipedrive


@dataclass(frozen=True)
class Turn:
    """One operation: all its calls share a deadline."""

    deadline: Deadline
    now: datetime


class Session:
    """One API token. Several threads may share it."""

    def __init__(self, url: str, key: str, *, allow_loopback: bool, trust: ssl.SSLContext | None) -> None:
        self._caller = Caller(url.rstrip("/") + "/", allow_loopback=allow_loopback, trust=trust)
        self._key = key

    def rows(self, turn: Turn, path: str, **query: str | int) -> list[Row]:
        """Return a list; of a search its items."""
        said = self.call(turn, "GET", f"{path}?{urlencode(query)}")
        if isinstance(said, dict) and isinstance(items := said.get("items"), list):
            said = [one.get("item") for one in items if isinstance(one, dict)]
        if said is None:  # v1 says so of an empty list
            return []
        if isinstance(said, list) and all(isinstance(one, dict) for one in said):
            return said
        raise CallFailed(Unknown("answer_not_readable"))

    def person(self, turn: Turn, number: int) -> Row | None:
        """Return a person with all that it has; None for one that is not there (any more)."""
        said = self.call(turn, "GET", f"{PERSONS}/{number}", absent_is_fine=True)
        return None if said is None or (isinstance(said, dict) and said.get("is_deleted")) else row(said)

    def call(
        self,
        turn: Turn,
        method: str,
        below: str,
        values: Mapping[str, object] | None = None,
        *,
        absent_is_fine: bool = False,
    ) -> Any:
        """Make one call and return the `data` of its answer; None where `absent_is_fine` and it is not there."""
        headers = {"x-api-token": self._key, "Content-Type": "application/json", "Accept": "application/json"}
        body = None if values is None else json.dumps(values, ensure_ascii=False).encode()
        answer = self._caller.call(method, below, body, headers, deadline=turn.deadline, read=READ_BYTES)
        said = _said(answer)
        if answer.status in (404, 410) and absent_is_fine and said.get("success") is False:
            return None
        if answer.status not in (200, 201):
            raise CallFailed(classify(answer, now=turn.now))
        if said.get("success") is not True:
            raise CallFailed(Unknown("unexpected_fault" if said else "answer_not_readable", answer.status))
        return said.get("data")


def row(said: object) -> Row:
    """Return what has a number.

    :raises CallFailed: it has none.
    """
    number = said.get("id") if isinstance(said, dict) else None
    if isinstance(said, dict) and type(number) is int and number > 0:
        return said
    raise CallFailed(Unknown("answer_not_readable"))


def classify(answer: Answer, *, now: datetime) -> Outcome:
    """Say what an answer means that is no success."""
    status, said = answer.status, _said(answer)
    wait = asked_wait(answer.headers.get("retry-after") or answer.headers.get("x-ratelimit-reset"), now)
    if status in (401, 407):
        return NotAllowedIn("credential_refused", status)
    if status == 402 or (status == 403 and str(said.get("code")).startswith("feature_capping")):
        return NotAllowedIn("storage_full", status)  # not paid for, or no more of it
    if status == 403:
        return NotAllowedIn("rights_missing", status) if said else Retry("asked_to_wait", wait or BLOCKED_FOR, status)
    if status == 429:
        return Retry("asked_to_wait", wait, status)
    if status in (400, 413, 415, 422):
        return Refused("parcel_refused", status)
    if status in (404, 410):  # deleted since we looked, or another address
        return Retry("not_now", status=status) if said else Unknown("not_found_there", status)
    if status in (408, 409, 425) or status >= 500:
        return Retry("not_now", wait, status)
    return Unknown("redirected" if 300 <= status < 400 else "unexpected_status", status)


def _said(answer: Answer) -> dict[str, Any]:
    try:
        said = read_json(answer)
    except NotReadable:
        return {}
    return said if isinstance(said, dict) and "success" in said else {}

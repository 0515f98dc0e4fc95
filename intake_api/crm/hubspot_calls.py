"""How HubSpot is spoken to, and what its answers mean; tabled in `docs/delivery.md`.

A failure may come inside a 200 or 207, and a 404 may come from anything on the way: what is not there is told by a
batch that was read and does not hold it, never by a status. The texts of HubSpot may repeat what a visitor typed, so
nothing is decided by them: only by categories, codes and names of policies.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from intake_api.crm.answers import READ_BYTES, NotReadable, read_json
from intake_api.crm.calling import Answer, Caller, CallFailed, Deadline, asked_wait
from intake_api.crm.port import NotAllowedIn, Outcome, Refused, Retry, Unknown

CONTACTS = "crm/v3/objects/contacts"
# What a limit is called, and the least wait where no `Retry-After` came with it.
POLICIES = {
    "SECONDLY": timedelta(seconds=1),
    "TEN_SECONDLY_ROLLING": timedelta(seconds=10),
    "DAILY": timedelta(hours=1),
}
LOCKED = timedelta(seconds=2)
CONFLICT = Retry("conflict", status=409)
FIELD = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
VALUES = "Property values were not valid: "  # JSON follows
NOT_THERE = "OBJECT_NOT_FOUND"


@dataclass(frozen=True)
class Turn:
    """One operation: all its calls share a deadline."""

    deadline: Deadline
    now: datetime


@dataclass(frozen=True)
class Contact:
    """A contact, as far as it was asked for."""

    id: str
    properties: Mapping[str, str]


class HubSpotCalls:
    """One account. Several threads may share it."""

    def __init__(self, caller: Caller, key: str) -> None:
        self._caller = caller
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def call(self, turn: Turn, method: str, below: str, body: object = None) -> Any:
        """Make one call; return the JSON of its answer, None of one without a body.

        :raises CallFailed: there is no answer, or it says that the call failed.
        """
        text = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        answer = self._caller.call(method, below, text, self._headers, deadline=turn.deadline, read=READ_BYTES)
        if answer.status not in (200, 201, 204, 207):
            raise CallFailed(outcome_of(answer, turn.now))
        if answer.status == 204:
            return None
        try:
            return read_json(answer)
        except NotReadable:
            raise CallFailed(Unknown("answer_not_readable", answer.status)) from None

    def results(self, turn: Turn, method: str, below: str, body: object = None) -> list[Any]:
        """Make a call that is answered by results and errors; what is not there is no error.

        :raises CallFailed: it is not done, an error is among the answer, or it is none of HubSpot's.
        """
        match self.call(turn, method, below, body):
            case {"status": "COMPLETE", "results": list(results), **more}:
                for error in _dicts(more.get("errors")):
                    if error.get("category") != NOT_THERE:
                        raise CallFailed(_of_fault(error, 200))
                return results
            case {"status": "PENDING" | "PROCESSING" | "CANCELED"}:
                raise CallFailed(Retry("not_now", status=200))
        raise CallFailed(Unknown("answer_not_readable", 200))

    def find(
        self, turn: Turn, value: str, names: Sequence[str], *, by: str | None = None, archived: bool = False
    ) -> Contact | None:
        """Return the contact with an id, or with a value of the unique property `by`."""
        asked: dict[str, object] = {"inputs": [{"id": value}], "properties": list(names), "propertiesWithHistory": []}
        below = f"{CONTACTS}/batch/read" + ("?archived=true" if archived else "")
        found = self.results(turn, "POST", below, asked | ({"idProperty": by} if by else {}))
        if len(found) > 1:
            raise CallFailed(Unknown("answer_not_readable", 200))
        return contact(found[0]) if found else None


def contact(said: object) -> Contact:
    """Read a contact.

    :raises CallFailed: it is none.
    """
    match said:
        case {"id": str(number), "properties": dict(properties)} if number.isascii() and number.isdecimal():
            return Contact(number, {name: value for name, value in properties.items() if isinstance(value, str)})
    raise CallFailed(Unknown("answer_not_readable", 200))


def outcome_of(answer: Answer, now: datetime) -> Outcome:
    """Say what an answer means that tells of a failure."""
    status, wait = answer.status, asked_wait(answer.headers.get("retry-after"), now)
    try:
        said = read_json(answer)
    except NotReadable:
        said = None
    said = said if isinstance(said, dict) else {}
    if status == 429:
        policy = said.get("policyName")
        reason = "daily_limit" if policy == "DAILY" else "asked_to_wait"
        return Retry(reason, wait or POLICIES.get(policy if isinstance(policy, str) else ""), status)
    if status in (401, 407):
        return NotAllowedIn("credential_refused", status)
    if status == 423:
        return Retry("not_now", wait or LOCKED, status)
    if status in (408, 425, 477) or status >= 500:
        return Retry("not_now", wait, status)
    if status in (400, 403, 409) and said:
        return _of_fault(said, status)
    return Unknown("redirected" if 300 <= status < 400 else "unexpected_status", status)


def _of_fault(said: Mapping[str, object], status: int) -> Outcome:
    category, codes = said.get("category"), set(_codes(said))
    if category == "MISSING_SCOPES" or (status == 403 and category):
        return NotAllowedIn("rights_missing", status)
    if category in ("RATE_LIMITS", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE"):
        return Retry("not_now", status=status)
    if category == "CONFLICT":
        return CONFLICT
    if codes & FIELD:
        return NotAllowedIn("field_unknown_there", status)
    if category == "VALIDATION_ERROR":
        return Refused("parcel_refused", status)
    return Unknown("unexpected_fault", status)


def _codes(said: Mapping[str, object]) -> Iterator[str]:
    """Give the codes of a fault; those of single properties stand as JSON in its message."""
    for fault in (said, *_dicts(said.get("errors"))):
        message = fault.get("message")
        listed: object = None
        if isinstance(message, str) and message.startswith(VALUES):
            try:
                listed = json.loads(message.removeprefix(VALUES))
            except (ValueError, RecursionError):
                listed = None
        found = (fault.get("code"), *(one.get("error") for one in _dicts(listed)))
        yield from (code for code in found if isinstance(code, str))


def _dicts(said: object) -> list[dict[str, Any]]:
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []

"""How Salesforce is spoken to, and what its answers mean; tabled in `docs/delivery.md`.

A fault is named by its `errorCode`: 400 may be a lock that is free in a second, 403 a limit, and 404 a field that is
missing just as well as a record. The texts beside it may repeat what a visitor typed and are not looked at.
"""

import json
import re
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from intake_api.crm.answers import READ_BYTES, NotReadable, read_json
from intake_api.crm.calling import Answer, Caller, CallFailed, Deadline, asked_wait
from intake_api.crm.port import NotAllowedIn, Outcome, Refused, Retry, Unknown

Row = Mapping[str, Any]
VERSION = "60.0"
DATA = f"services/data/v{VERSION}"
DESCRIBED_BYTES = 8 << 20  # an account with many fields of its own says a lot about a lead
RECORD = re.compile(r"[A-Za-z0-9]{15}|[A-Za-z0-9]{18}")
USAGE = re.compile(r"api-usage=([0-9]{1,12})/([0-9]{1,12})")
SOAP = re.compile(rb"<(?:\w+:)?(success|statusCode|faultcode)>(?:\w+:)?(\w{1,100})</")

RIGHTS = frozenset(
    {
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INVALID_TYPE",
        "API_DISABLED_FOR_ORG",
        "API_CURRENTLY_DISABLED",
        "FUNCTIONALITY_NOT_ENABLED",
    }
)
WRONG_VALUE = frozenset(
    {
        "REQUIRED_FIELD_MISSING",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_INTEGRITY_EXCEPTION",
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "STRING_TOO_LONG",
        "INVALID_EMAIL_ADDRESS",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "JSON_PARSER_ERROR",
    }
)
# What each code means; where there are several, the first of these that is among them.
MEANS: Mapping[str, Outcome] = {
    **dict.fromkeys(("UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT"), Retry("not_now")),
    "REQUEST_RUNNING_TOO_LONG": Retry("not_now"),
    "INVALID_SESSION_ID": NotAllowedIn("credential_refused"),
    **dict.fromkeys(sorted(RIGHTS), NotAllowedIn("rights_missing")),
    **dict.fromkeys(("INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"), NotAllowedIn("field_unknown_there")),
    "STORAGE_LIMIT_EXCEEDED": NotAllowedIn("storage_full"),
    "DUPLICATES_DETECTED": Refused("duplicate_rule"),
    "DUPLICATE_VALUE": Refused("conflict"),
    "CANNOT_UPDATE_CONVERTED_LEAD": Refused("converted_there"),
    **dict.fromkeys(sorted(WRONG_VALUE), Refused("parcel_refused")),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Unknown("server_error"),  # code of theirs failed
    **dict.fromkeys(("APEX_ERROR", "UNKNOWN_EXCEPTION"), Unknown("server_error")),
    "ENTITY_IS_DELETED": Retry("not_now"),  # since we looked
    "ENTITY_IS_LOCKED": Retry("not_now"),  # in an approval of theirs
}
# The bin does not know it (any more): nothing is left to empty.
NOT_IN_BIN = frozenset({"INVALID_ID_FIELD", "INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED"})
TAKEN = "conflict"


@dataclass(frozen=True)
class Turn:
    """One operation: all its calls share a deadline."""

    deadline: Deadline
    now: datetime


class Session:
    """One app that is let in by its client credentials. Several threads may share it."""

    def __init__(self, url: str, user: str, key: str, *, allow_loopback: bool, trust: ssl.SSLContext | None) -> None:
        self._caller = Caller(url.rstrip("/") + "/", allow_loopback=allow_loopback, trust=trust)
        self._user, self._key = user, key
        self._token = ""
        self._signing_in = threading.Lock()

    def describe(self, turn: Turn) -> Row:
        """Return what this user may do with leads, and with which of their fields."""
        try:
            said = self._call(turn, "GET", f"{DATA}/sobjects/Lead/describe", read=DESCRIBED_BYTES)
        except CallFailed as failed:
            if failed.outcome == Unknown("not_found_there", 404):  # so it calls what a user may not see
                raise CallFailed(NotAllowedIn("rights_missing", 404)) from None
            raise
        if isinstance(said, dict) and isinstance(said.get("fields"), list):
            return said
        raise CallFailed(Unknown("answer_not_readable"))

    def query(self, turn: Turn, soql: str) -> list[Row]:
        """Return what a query finds, also in the recycle bin."""
        said = self._call(turn, "GET", f"{DATA}/queryAll?{urlencode({'q': soql})}")
        rows = said.get("records") if isinstance(said, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) and _is_id(row.get("Id")) for row in rows):
            raise CallFailed(Unknown("answer_not_readable"))
        return rows

    def upsert(self, turn: Turn, key: str, value: str, values: Mapping[str, object]) -> str:
        """Make the lead with this value of an external id, or update it; return its id."""
        said = self._call(turn, "PATCH", f"{DATA}/sobjects/Lead/{key}/{quote(value, safe='')}", values, several=True)
        if isinstance(said, dict) and said.get("success") is True and _is_id(said.get("id")):
            return str(said["id"])
        raise CallFailed(Unknown("answer_not_readable"))

    def update(self, turn: Turn, record: str, values: Mapping[str, object]) -> None:
        """Write fields of a lead."""
        self._call(turn, "PATCH", f"{DATA}/sobjects/Lead/{record}", values)

    def delete(self, turn: Turn, record: str) -> None:
        """Put a lead into the recycle bin."""
        self._call(turn, "DELETE", f"{DATA}/sobjects/Lead/{record}")

    def empty_bin_of(self, turn: Turn, record: str) -> None:
        """Take a lead out of the recycle bin for good; only the SOAP API can."""
        said = self._signed_in(turn, lambda token: self._soap(turn, token, record), _soap_session_is_over)
        if said.status == 500 and _soap_session_is_over(said):
            raise CallFailed(NotAllowedIn("credential_refused", said.status))
        found = {name.decode(): value.decode() for name, value in SOAP.findall(said.body)}
        fault = found.get("statusCode") or found.get("faultcode")
        if said.status == 200 and (found.get("success") == "true" or fault in NOT_IN_BIN):
            return
        if fault in RIGHTS:  # whose bin it is, somebody else's deletion goes there
            raise CallFailed(Refused("erase_refused", said.status))
        raise CallFailed(_by_code({fault}, said, turn.now) if fault else classify(said, now=turn.now))

    def _soap(self, turn: Turn, token: str, record: str) -> Answer:
        body = (
            '<?xml version="1.0" encoding="utf-8"?>'
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:p="urn:partner.soap.sforce.com">'
            f"<e:Header><p:SessionHeader><p:sessionId>{escape(token)}</p:sessionId></p:SessionHeader></e:Header>"
            f"<e:Body><p:emptyRecycleBin><p:ids>{record}</p:ids></p:emptyRecycleBin></e:Body></e:Envelope>"
        )
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        below = f"services/Soap/u/{VERSION}"
        return self._caller.call("POST", below, body.encode(), headers, deadline=turn.deadline, read=READ_BYTES)

    def _call(
        self,
        turn: Turn,
        method: str,
        below: str,
        values: Mapping[str, object] | None = None,
        *,
        several: bool = False,
        read: int = READ_BYTES,
    ) -> Any:
        body = None if values is None else json.dumps(values, ensure_ascii=False).encode()

        def ask(token: str) -> Answer:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **ALSO_ALIKE}
            return self._caller.call(method, below, body, headers, deadline=turn.deadline, read=read)

        answer = self._signed_in(turn, ask, lambda said: said.status == 401)
        if answer.status == 204:
            return None
        if answer.status not in (200, 201):
            raise CallFailed(classify(answer, several=several, now=turn.now))
        return _read(answer)

    def _signed_in(self, turn: Turn, ask: Any, is_over: Any) -> Answer:
        """Ask with the token at hand, and once more with a new one where that one is over."""
        token = self._token or self._sign_in(turn, instead_of="")
        answer: Answer = ask(token)
        return ask(self._sign_in(turn, instead_of=token)) if is_over(answer) else answer

    def _sign_in(self, turn: Turn, *, instead_of: str) -> str:
        if not self._signing_in.acquire(timeout=turn.deadline.left_or_fail()):
            raise CallFailed(Retry("too_slow"))
        try:
            if self._token == instead_of:  # nobody else was faster
                self._token = ""
                self._token = self._new_token(turn)
            return self._token
        finally:
            self._signing_in.release()

    def _new_token(self, turn: Turn) -> str:
        form = {"grant_type": "client_credentials", "client_id": self._user, "client_secret": self._key}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = self._caller.call(
            "POST",
            "services/oauth2/token",
            urlencode(form).encode(),
            headers,
            deadline=turn.deadline,
            read=READ_BYTES,
        )
        if answer.status != 200:
            raise CallFailed(classify_sign_in(answer, now=turn.now))
        match _read(answer):
            case {"access_token": str(token)} if re.fullmatch(r"[!-~]{1,4000}", token):
                return token
        raise CallFailed(Unknown("answer_not_readable"))


# A person whom sales wrote down already is no reason to refuse the lead, where their rule only warns.
ALSO_ALIKE = {"Sforce-Duplicate-Rule-Header": "allowSave=true", "Accept": "application/json"}


def classify(answer: Answer, *, several: bool = False, now: datetime) -> Outcome:
    """Say what an answer means that is no success."""
    if answer.status == 300 and several:
        return Refused("several_there", 300)
    try:
        said = read_json(answer)
    except NotReadable:
        said = None
    faults = [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
    return _by_code({code for one in faults if isinstance(code := one.get("errorCode"), str)}, answer, now)


def _by_code(codes: set[str], answer: Answer, now: datetime) -> Outcome:
    status, wait = answer.status, asked_wait(answer.headers.get("retry-after"), now)
    if "REQUEST_LIMIT_EXCEEDED" in codes:
        return _limited(answer, wait)
    meant = next((outcome for code, outcome in MEANS.items() if code in codes), None)
    if isinstance(meant, Retry):
        return replace(meant, after=wait, status=status)
    if meant is not None:
        return replace(meant, status=status)
    return NotAllowedIn("credential_refused", status) if status == 401 else _by_status(status, wait, known=bool(codes))


def _by_status(status: int, wait: timedelta | None, *, known: bool) -> Outcome:
    if status == 429:
        return Retry("asked_to_wait", wait, status)
    if status in (408, 425) or status >= 500:
        return Retry("not_now", wait, status)
    if status == 404:
        return Unknown("not_found_there", status)
    if known:
        return Unknown("unexpected_fault", status)
    return Unknown("redirected" if 300 <= status < 400 else "unexpected_status", status)


def _limited(answer: Answer, wait: timedelta | None) -> Outcome:
    """Tell the calls of a day, which come back slowly, from too many at once: nothing but the usage does."""
    usage = USAGE.search(answer.headers.get("sforce-limit-info", ""))
    if usage and int(usage[1]) < int(usage[2]):
        return Retry("asked_to_wait", wait or timedelta(seconds=30), answer.status)
    return Retry("daily_limit", wait or timedelta(hours=1), answer.status)


def classify_sign_in(answer: Answer, *, now: datetime) -> Outcome:
    """Say why there is no token; OAuth has names of its own."""
    status, wait = answer.status, asked_wait(answer.headers.get("retry-after"), now)
    try:
        said = read_json(answer)
    except NotReadable:
        said = None
    error = said.get("error") if isinstance(said, dict) else None
    if error == "rate_limit_exceeded":
        return Retry("asked_to_wait", wait, status)
    if status in (400, 401, 403) and error not in (None, "unknown_error", "server_error", "temporarily_unavailable"):
        return NotAllowedIn("credential_refused", status)
    if status == 401:
        return NotAllowedIn("credential_refused", status)
    if error is not None:
        return Retry("not_now", wait, status)
    return _by_status(status, wait, known=False)


def _soap_session_is_over(answer: Answer) -> bool:
    return (b"faultcode", b"INVALID_SESSION_ID") in SOAP.findall(answer.body)


def _is_id(said: object) -> bool:
    return isinstance(said, str) and RECORD.fullmatch(said) is not None


def _read(answer: Answer) -> Any:
    try:
        return read_json(answer)
    except NotReadable:
        raise CallFailed(Unknown("answer_not_readable", answer.status)) from None

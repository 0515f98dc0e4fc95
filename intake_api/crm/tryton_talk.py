"""How Tryton 8 is spoken to: records by its REST API, a wizard by its JSON-RPC, and what its answers mean."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from intake_api.crm.answers import READ_BYTES, NotReadable, read_json
from intake_api.crm.calling import Answer, Caller, CallFailed, Deadline, asked_wait
from intake_api.crm.port import NotAllowedIn, Outcome, Refused, Retry, Unknown
from intake_api.settings import CrmAccount

Row = Mapping[str, Any]
NOT_UNDERSTOOD = Unknown("answer_not_understood")
GONE = Retry("changed_meanwhile", status=404)
# What a JSON-RPC error begins with; anything else is an error inside of Tryton.
RPC_ERRORS: Mapping[str, Outcome] = {
    "LoginException": NotAllowedIn("erase_login_refused"),
    "UserError": Refused("erase_refused"),
    "UserWarning": Refused("erase_refused"),
    "ConcurrencyException": Retry("changed_meanwhile"),
}


class Talk:
    """All that is said to Tryton within one operation."""

    def __init__(self, caller: Caller, account: CrmAccount, deadline: Deadline, *, now: datetime) -> None:
        self._caller, self._account, self._deadline, self._now = caller, account, deadline, now
        self._database = "/" + quote(account.database, safe="")
        # Without the first word Tryton finds, and writes, nothing that was deactivated.
        self._context: dict[str, object] = {"active_test": False}

    def in_company(self, company: int) -> None:
        """Say for which company all that follows is."""
        self._context["company"] = company

    def find(self, model: str, domain: Sequence[object], fields: Sequence[str]) -> list[Row]:
        """Return what a domain finds, the oldest first.

        :raises CallFailed: there is no such answer.
        """
        query = urlencode([("d", _base64(domain)), *(("f", field) for field in fields)])
        try:
            answer = self._rest("GET", f"{model}?{query}")
        except CallFailed as failed:
            if isinstance(failed.outcome, Refused):  # a search holds no parcel that could be wrong
                raise CallFailed(Unknown("search_refused", 400)) from None
            raise
        if answer.status == 404:
            raise CallFailed(NotAllowedIn("database_not_found", 404))
        rows = _value(answer)
        if not isinstance(rows, list) or not all(_is_row(row, fields) for row in rows):
            raise CallFailed(NOT_UNDERSTOOD)
        return sorted(rows, key=lambda row: int(row["id"]))

    def create(self, model: str, values: Row) -> int:
        """Make a record and return its id.

        :raises CallFailed: it may be there or not.
        """
        made = _value(self._rest("POST", f"{model}?f=id", values))
        if not _is_row(made, ()):
            raise CallFailed(NOT_UNDERSTOOD)
        return int(made["id"])

    def write(self, model: str, record: int, values: Row) -> None:
        """Change a record.

        :raises CallFailed: it may be changed or not, or is gone.
        """
        answer = self._rest("PUT", f"{model}/{record}?f=id", values)
        if answer.status == 404:
            raise CallFailed(GONE)
        if not _is_row(_value(answer), ()):
            raise CallFailed(NOT_UNDERSTOOD)

    def press(self, model: str, record: int, button: str) -> None:
        """Press a button of a record; of one that is gone, there is none to press.

        :raises CallFailed: it may be pressed or not.
        """
        answer = self._rest("POST", f"{model}/{record}/{button}", {})
        if answer.status != 404:
            _value(answer)

    def delete(self, model: str, record: int) -> None:
        """Delete a record, if it is there.

        :raises CallFailed: it may be gone or not.
        """
        answer = self._rest("DELETE", f"{model}/{record}")
        if answer.status not in (204, 404):
            raise CallFailed(NOT_UNDERSTOOD)

    def ask(self, model: str, method: str, values: Row) -> Any:
        """Return what a method of a model answers.

        :raises CallFailed: there is no answer.
        """
        return _value(self._rest("POST", f"{model}/{method}", values))

    @contextmanager
    def wizard(self, name: str) -> Iterator["Wizard"]:
        """Open a wizard as the account that may erase.

        :raises CallFailed: there is no such account, or it is not let in.
        """
        account = self._account
        if not (account.erase_user and account.erase_key):
            raise CallFailed(Refused("erase_not_allowed"))
        said = self.rpc("common.db.login", [account.erase_user, {"password": account.erase_key}, "en"], {})
        if not isinstance(said, list) or len(said) < 2 or not _is_id(said[0]) or not isinstance(said[1], str):
            raise CallFailed(NOT_UNDERSTOOD)
        session = base64.b64encode(f"{account.erase_user}:{said[0]}:{said[1]}".encode()).decode()
        signed = {"Authorization": f"Session {session}"}
        try:
            opened = Wizard(self, name, signed, self._context)
            try:
                yield opened
            finally:
                opened.close()
        finally:
            with suppress(CallFailed):  # sessions end by themselves
                self.rpc("common.db.logout", [], signed)

    def _rest(self, method: str, below: str, values: Row | None = None) -> Answer:
        signed = {
            "Authorization": f"Bearer {self._account.key}",
            "X-Tryton-Context": _base64(self._context),
        }
        return self._call(method, f"{self._database}/rest/model/{below}", values, signed)

    def rpc(self, method: str, params: Sequence[object], signed: Mapping[str, str]) -> Any:
        """Return the result of a JSON-RPC call, whose errors come with the status 200.

        :raises CallFailed: there is none.
        """
        body = {"id": 0, "method": method, "params": params}
        answer = _value(self._call("POST", f"{self._database}/rpc/", body, signed))
        if not isinstance(answer, dict) or not ("result" in answer or isinstance(answer.get("error"), list)):
            raise CallFailed(NOT_UNDERSTOOD)
        if "error" in answer:
            kind = answer["error"][0] if answer["error"] else None
            raise CallFailed(RPC_ERRORS.get(kind, NOT_UNDERSTOOD) if isinstance(kind, str) else NOT_UNDERSTOOD)
        return answer["result"]

    def _call(self, method: str, path: str, values: Row | None, signed: Mapping[str, str]) -> Answer:
        # A GET without a type of content gets a 500 where anything is wrong inside, else a 400 that says nothing.
        typed = {} if values is None else {"Content-Type": "application/json"}
        body = None if values is None else json.dumps(values).encode()
        answer = self._caller.call(method, path, body, {**typed, **signed}, deadline=self._deadline, read=READ_BYTES)
        if outcome := classify(answer, now=self._now):
            raise CallFailed(outcome)
        return answer


class Wizard:
    """One opened wizard."""

    def __init__(self, talk: Talk, name: str, signed: Mapping[str, str], context: Row) -> None:
        """Open it.

        :raises CallFailed: the account may not use it.
        """
        self._talk, self._name, self._signed, self._context = talk, f"wizard.{name}", signed, context
        try:
            said = self._say("create")
        except CallFailed as failed:
            if isinstance(failed.outcome, Refused):
                raise CallFailed(NotAllowedIn("erase_rights_missing")) from None
            raise
        if not isinstance(said, list) or not said or not _is_id(said[0]):
            raise CallFailed(NOT_UNDERSTOOD)
        self._session = said[0]

    def execute(self, values: Row, state: str) -> None:
        """Press one of its buttons, with what was filled in.

        :raises CallFailed: it did not do it, or may have.
        """
        if not isinstance(self._say("execute", self._session, values, state), dict):
            raise CallFailed(NOT_UNDERSTOOD)

    def close(self) -> None:
        """Close it; one that stays open is closed with the session."""
        with suppress(CallFailed):
            self._say("delete", self._session)

    def _say(self, method: str, *params: object) -> Any:
        return self._talk.rpc(f"{self._name}.{method}", [*params, self._context], self._signed)


def classify(answer: Answer, *, now: datetime) -> Outcome | None:
    """Say what an answer means for what was asked; None: it was carried out, or (404) is not there."""
    status = answer.status
    if status in (200, 204, 404):
        return None
    if status == 400:
        return Refused("parcel_refused", 400) if _is_said_by_tryton(answer) else Unknown("refused_without_reason", 400)
    if status == 401:
        return NotAllowedIn("credential_refused", 401)
    if status == 403:
        return NotAllowedIn("rights_missing", 403)
    if status in (408, 423, 425, 429) or status >= 500:
        wait = asked_wait(answer.headers.get("retry-after"), now)
        return Retry("asked_to_wait" if status == 429 else "not_now", wait, status)
    return Unknown("redirected" if 300 <= status < 400 else "unexpected_status", status)


def _is_said_by_tryton(answer: Answer) -> bool:
    """Say whether Tryton gave a reason of its own: JSON; an error inside of it is HTML with the same status."""
    try:
        said = read_json(answer)
    except NotReadable:
        return False
    return isinstance(said, dict) and said.get("status") == 400 and "message" in said


def _value(answer: Answer) -> Any:
    try:
        return read_json(answer)
    except NotReadable:
        raise CallFailed(Unknown("answer_not_understood", answer.status)) from None


def _is_row(value: object, fields: Sequence[str]) -> bool:
    return isinstance(value, dict) and _is_id(value.get("id")) and all(field in value for field in fields)


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _base64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()

"""Tryton 8: one party, one opportunity and one note for each lead, over REST; the erasing by Tryton's own wizard.

The party's `code` is unique in Tryton and ours begins with `VB-`: it finds the lead's record, and no other. Nothing
that was typed goes into the opportunity, whose every version Tryton keeps for ever, also of one that is deleted.
`docs/delivery.md` has the table of answers.
"""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from intake_api.crm.calling import TIME_LIMIT, Caller, CallFailed, Deadline
from intake_api.crm.consent_fields import consent_values, opted_out
from intake_api.crm.port import (
    Absent,
    Done,
    Held,
    NotAllowedIn,
    Operation,
    Outcome,
    Parcel,
    ReadBack,
    Refused,
    Retry,
    Unknown,
)
from intake_api.crm.tryton_note import read_note, same_text, write_note
from intake_api.crm.tryton_talk import NOT_UNDERSTOOD, Row, Talk
from intake_api.rules.field_map import AS_HERE, FieldMap
from intake_api.settings import CrmAccount, SettingsError

PARTY, CONTACT, IDENTIFIER = "party.party", "party.contact_mechanism", "party.identifier"
OPPORTUNITY, NOTE = "sale.opportunity", "ir.note"
NAME = "name"
WAYS = ("email", "phone", "mobile", "fax", "website")  # to reach somebody: fields that are records of their own
OURS = "Vestibule"  # the comment on each way that we wrote, so that what sales added stays
ERASED = "****"  # what Tryton's wizard leaves
SECOND = {CONTACT: "value_compact", IDENTIFIER: "code_compact"}
# Writing the first spelling anew writes the second anew.
HIDING: Mapping[str, Row] = {CONTACT: {"type": "other", "value": ERASED}, IDENTIFIER: {"type": None, "code": ERASED}}
OPT_OUT = "advertising"  # the line of the note
REFUSALS = ("rights_missing", "parcel_refused", "erase_refused")  # each may be said of a record that is gone
RIGHTS = {
    PARTY: ("read", "write", "create"),
    CONTACT: ("read", "write", "create", "delete"),
    IDENTIFIER: ("read", "write"),
    OPPORTUNITY: ("read", "write", "create", "delete"),
    NOTE: ("read", "write", "create", "delete"),
}


class Tryton:
    """One database of one Tryton server."""

    name = "tryton"

    def __init__(
        self,
        account: CrmAccount,
        recipient: str,
        named: FieldMap = AS_HERE,
        *,
        allow_loopback: bool = False,
        trust: ssl.SSLContext | None = None,
        time_limit: float = TIME_LIMIT,
    ) -> None:
        """Prepare the destination; nothing is called yet.

        `trust` replaces the machine's certificate authorities. `time_limit` is in seconds, for one whole operation.

        :raises TargetRefused: the address breaks a rule of SEC-34.
        :raises SettingsError: no database is named.
        """
        if not account.database:
            raise SettingsError("VESTIBULE_CRM_DATABASE is missing: Tryton needs the name of its database.")
        self.recipient, self.map = recipient, named
        self._account, self._time_limit = account, time_limit
        self._caller = Caller(account.url.rstrip("/"), allow_loopback=allow_loopback, trust=trust)
        self._company: int | None = None  # of the account; asked for once
        # Tryton would keep two opportunities of two threads; which lead shares a lock with which does not matter.
        self._locks = tuple(threading.Lock() for _ in range(64))

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Carry out one operation; what an earlier attempt left half done is found and finished."""
        deadline = Deadline(self._time_limit)
        talk = Talk(self._caller, self._account, deadline, now=now)
        lock = self._locks[hash(parcel.lead) % len(self._locks)]
        if not lock.acquire(timeout=deadline.left()):
            return Retry("too_slow")
        try:
            return self._carried_out(operation, talk, parcel)
        except CallFailed as failed:
            return failed.outcome
        finally:
            lock.release()

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:
        """Compare party, ways to reach the person, and note with the parcel."""
        try:
            return self._read_back(self._talk(now), parcel)
        except CallFailed as failed:
            allowed = isinstance(failed.outcome, (Retry, NotAllowedIn, Unknown))
            return failed.outcome if allowed else NOT_UNDERSTOOD  # type: ignore[return-value]

    def check(self, *, now: datetime) -> Outcome:
        """Say whether each account is let in with the rights it needs; without a second one, people erase."""
        talk = self._talk(now)
        try:
            talk.find(PARTY, [["id", "=", 0]], [NAME])
            if not _has_rights(talk.ask("ir.model.access", "get_access", {"models": list(RIGHTS)})):
                return NotAllowedIn("rights_missing")
            self._enter_company(talk)
            if self._account.erase_key:
                with talk.wizard("party.erase"):
                    pass
            return Done()
        except CallFailed as failed:
            return failed.outcome

    def _talk(self, now: datetime) -> Talk:
        return Talk(self._caller, self._account, Deadline(self._time_limit), now=now)

    def _carried_out(self, operation: Operation, talk: Talk, parcel: Parcel) -> Outcome:
        """Carry it out, and believe a refusal when it is said twice.

        Of a record that another call took away after it was found, Tryton says that it may not be changed.
        """
        try:
            return self._carry_out(operation, talk, parcel)
        except CallFailed as failed:
            if getattr(failed.outcome, "reason", None) not in REFUSALS:
                raise
        return self._carry_out(operation, talk, parcel)

    def _carry_out(self, operation: Operation, talk: Talk, parcel: Parcel) -> Outcome:
        party = _party(talk, parcel)
        if party and party["replaced_by"]:
            return Refused("merged_there")  # into a record of theirs: a person has to look
        if operation == "erase":
            return self._erase(talk, party, parcel) if party else Done()
        if operation == "upsert":
            return self._upsert(talk, party, parcel)
        if not party or _is_blank(party):
            return Refused("not_there")
        fields = parcel.fields if operation == "correct" else {}
        _write_fields(talk, party, fields)
        self._write_note(talk, party["id"], parcel, fields)
        return Done(str(party["id"]))

    def _enter_company(self, talk: Talk) -> int:
        """Find out for which company the account works: an opportunity belongs to one."""
        if self._company is None:
            told = talk.ask("res.user", "get_preferences", {"context_only": True})
            company = told.get("company") if isinstance(told, dict) else None
            if not isinstance(company, int):
                raise CallFailed(NotAllowedIn("company_missing") if isinstance(told, dict) else NOT_UNDERSTOOD)
            self._company = company
        talk.in_company(self._company)
        return self._company

    def _upsert(self, talk: Talk, party: Row | None, parcel: Parcel) -> Outcome:
        fields = {name: value for name, value in {**self.map.fixed, **parcel.fields}.items() if value != ""}
        if party and not party["active"]:
            return Refused("erased_there" if _is_blank(party) else "inactive_there")
        company = self._enter_company(talk)
        if party is None:
            party = _make(talk, parcel, fields)
        _write_fields(talk, party, fields)
        self._write_note(talk, party["id"], parcel, fields)
        values = {"party": party["id"], "company": company, "reference": parcel.reference, "description": parcel.form}
        opportunities = _find_or_make(talk, OPPORTUNITY, _of_lead(party["id"], parcel), ["state"], values)
        with _others_may_clean_up():
            for later in opportunities[1:]:
                if later["state"] in ("lead", "cancelled"):  # nobody worked on it
                    _drop_opportunity(talk, later)
        return Done(str(party["id"]))

    def _write_note(self, talk: Talk, party: int, parcel: Parcel, fields: Mapping[str, str | int]) -> None:
        """Write the lines that are given, and what was decided; other lines stay, empty ones go."""
        said = self._decided(parcel) | {name: str(value) for name, value in fields.items() if _is_noted(name)}
        fresh = {"resource": f"{PARTY},{party}", "message": write_note(_title(parcel), said)}
        first, *later = _find_or_make(talk, NOTE, _notes(party, parcel), ["message"], fresh)
        before = str(first["message"])
        after = write_note(_title(parcel), read_note(before) | said)
        if not same_text(before, after):
            talk.write(NOTE, first["id"], {"message": after})
        with _others_may_clean_up():
            for one in later:
                talk.delete(NOTE, one["id"])

    def _decided(self, parcel: Parcel) -> dict[str, str]:
        values = consent_values(parcel, self.map)
        no = opted_out(parcel, self.map)
        return values if no is None else {**values, OPT_OUT: "not allowed" if no else "allowed"}

    def _erase(self, talk: Talk, party: Row, parcel: Parcel) -> Outcome:
        """Erase what is left; each step may have been done by an attempt before this one."""
        if party["active"]:
            talk.write(PARTY, party["id"], {"active": False})
        if not _is_blank(party) or talk.find(NOTE, _notes(party["id"], parcel), []):
            with talk.wizard("party.erase") as wizard:
                wizard.execute({"ask": {"party": party["id"]}}, "erase")
        for model, row in _left_behind(talk, party["id"]):
            talk.write(model, row, HIDING[model])
        for opportunity in talk.find(OPPORTUNITY, _of_lead(party["id"], parcel), ["state"]):
            _drop_opportunity(talk, opportunity)
        return Done(str(party["id"]))

    def _read_back(self, talk: Talk, parcel: Parcel) -> ReadBack:
        party = _party(talk, parcel)
        if party is None:
            return Absent()
        if _is_blank(party):
            return Held(str(party["id"])) if _left_behind(talk, party["id"]) else Absent()
        held = _ways(talk, party["id"])
        notes = talk.find(NOTE, _notes(party["id"], parcel), ["message"])
        noted = read_note(str(notes[0]["message"])) if notes else {}

        def is_there(name: str, value: str) -> bool:
            if name == NAME:
                return value == (party[NAME] or "")
            if name in WAYS:
                return _is_spelt(held[name], value) if name in held else not value
            return same_text(noted.get(name, ""), value)

        differs = [name for name, value in parcel.fields.items() if not is_there(name, str(value))]
        for purpose in parcel.purposes:
            places = self.map.consent.get(purpose.id)
            decided = consent_values(parcel, FieldMap(consent={purpose.id: places})) if places else {}
            if any(noted.get(place) != value for place, value in decided.items()):
                differs.append(purpose.id)
        return Held(str(party["id"]), tuple(differs))


def _party(talk: Talk, parcel: Parcel) -> Row | None:
    """Find the lead's party by our code: there is never a second."""
    found = talk.find(PARTY, [["code", "=", _code(parcel)]], [NAME, "active", "replaced_by"])
    return found[0] if found else None


def _make(talk: Talk, parcel: Parcel, fields: Mapping[str, str | int]) -> Row:
    """Make the party, unless somebody else did so meanwhile: then theirs is it."""
    ways = [{"type": way, "value": str(fields[way]), "comment": OURS} for way in WAYS if way in fields]
    name = str(fields[NAME]) if NAME in fields else None
    values = {"code": _code(parcel), NAME: name, "contact_mechanisms": [["create", ways]]}
    try:
        talk.create(PARTY, values)
    except CallFailed as failed:
        made = _party(talk, parcel) if isinstance(failed.outcome, (Refused, Unknown)) else None
        if made is None:
            raise
        return made
    if made := _party(talk, parcel):
        return made
    raise CallFailed(Retry("changed_meanwhile"))


def _write_fields(talk: Talk, party: Row, fields: Mapping[str, str | int]) -> None:
    """Write name and ways as given, in one step, and only what is not so already; an empty way is taken away."""
    held = _ways(talk, party["id"]) if any(way in fields for way in WAYS) else {}
    changes: list[object] = []
    for way in WAYS:
        value, row = str(fields.get(way, "")), held.get(way)
        if way not in fields or (row and _is_spelt(row, value)):
            continue
        if row:
            changes.append(["write", [row["id"]], {"value": value}] if value else ["delete", [row["id"]]])
        elif value:
            changes.append(["create", [{"type": way, "value": value, "comment": OURS}]])
    values: dict[str, object] = {"contact_mechanisms": changes} if changes else {}
    if NAME in fields and str(fields[NAME]) != (party[NAME] or ""):
        values[NAME] = str(fields[NAME])
    if values:
        talk.write(PARTY, party["id"], values)


def _left_behind(talk: Talk, party: int) -> list[tuple[str, int]]:
    """Return what still has the second spelling that Tryton keeps of each, and its wizard forgets."""
    rows = [(model, row) for model in HIDING for row in talk.find(model, [["party", "=", party]], [SECOND[model]])]
    return [(model, int(row["id"])) for model, row in rows if row[SECOND[model]] != ERASED]


def _ways(talk: Talk, party: int) -> dict[str, Row]:
    """Return the ways that we wrote, by their kind."""
    ours = [["party", "=", party], ["comment", "=", OURS]]
    return {str(row["type"]): row for row in talk.find(CONTACT, ours, ["type", "value", "value_compact"])}


def _is_spelt(row: Row, value: str) -> bool:
    """Say whether a way holds the value, also where Tryton knows numbers and spells their extension in its own way."""
    if value in (row["value"], row["value_compact"]):
        return True
    digits = ["".join(filter(str.isdigit, text)) for text in (str(row["value"]), value)]
    return ";ext=" in value and value.startswith(f"{row['value_compact']};") and digits[0] == digits[1]


def _find_or_make(talk: Talk, model: str, domain: list[object], fields: list[str], values: Row) -> list[Row]:
    """Return what is there, the oldest first; make it if nothing is.

    Tryton keeps none of these unique. Each who makes one looks again afterwards, so whoever comes last sees all, and
    all keep the oldest.
    """
    if found := talk.find(model, domain, fields):
        return found
    talk.create(model, values)
    if found := talk.find(model, domain, fields):
        return found
    raise CallFailed(Retry("changed_meanwhile"))


@contextmanager
def _others_may_clean_up() -> Iterator[None]:
    """Take it for bad timing when Tryton refuses to take away what another process may be taking away."""
    try:
        yield
    except CallFailed as failed:
        if failed.outcome.status in (400, 403):
            raise CallFailed(Retry("changed_meanwhile", status=failed.outcome.status)) from None
        raise


def _drop_opportunity(talk: Talk, opportunity: Row) -> None:
    """Cancel and delete; one that became a sale is the company's own record, and holds nothing that was typed."""
    if opportunity["state"] in ("converted", "won"):
        return
    for button in {"lost": ("lead", "cancel"), "cancelled": ()}.get(str(opportunity["state"]), ("cancel",)):
        talk.press(OPPORTUNITY, opportunity["id"], button)
    talk.delete(OPPORTUNITY, opportunity["id"])


def _has_rights(told: object) -> bool:
    if not isinstance(told, dict):
        raise CallFailed(NOT_UNDERSTOOD)
    models = [(told.get(model), rights) for model, rights in RIGHTS.items()]
    return all(isinstance(held, dict) and all(held.get(right) for right in rights) for held, rights in models)


def _code(parcel: Parcel) -> str:
    return f"VB-{parcel.lead}"


def _title(parcel: Parcel) -> str:
    return f"{OURS} {_code(parcel)}"


def _notes(party: int, parcel: Parcel) -> list[object]:
    return [["resource", "=", f"{PARTY},{party}"], ["message", "like", f"{_title(parcel)}%"]]


def _of_lead(party: int, parcel: Parcel) -> list[object]:
    return [["party", "=", party], ["reference", "=", parcel.reference]]


def _is_noted(name: str) -> bool:
    return name != NAME and name not in WAYS


def _is_blank(party: Row) -> bool:
    """Say whether the party was erased: what its wizard leaves is out of use and has no name."""
    return not party["active"] and not party[NAME]

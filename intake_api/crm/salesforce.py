"""Salesforce: one lead is one `Lead`, upserted by an external id of ours that Salesforce keeps unique.

`docs/delivery.md` has the settings, the rights and the table of answers.
"""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime

from intake_api.crm.calling import TIME_LIMIT, CallFailed, Deadline
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
from intake_api.crm.salesforce_calls import TAKEN, Row, Session, Turn
from intake_api.rules.field_map import FieldMap
from intake_api.settings import CrmAccount

KEY = "Vestibule_Lead__c"
FLAGS = ("HasOptedOutOfEmail", "DoNotCall")
REQUIRED = ("LastName", "Company")
NUMBERS = frozenset({"int", "double", "currency", "percent", "long"})
YES = frozenset({"given", "acted", "true", "1"})


class Salesforce:
    """Writes leads by the REST API; the recycle bin is emptied by the SOAP API."""

    name = "salesforce"

    def __init__(
        self,
        account: CrmAccount,
        recipient: str,
        named: FieldMap,
        *,
        allow_loopback: bool = False,
        trust: ssl.SSLContext | None = None,
        time_limit: float = TIME_LIMIT,
    ) -> None:
        """Prepare the destination; nothing is called yet.

        :raises TargetRefused: the address breaks a rule of SEC-34.
        """
        self.recipient, self.map = recipient, named
        self._time_limit = time_limit
        self._sales = Session(account.url, account.user, account.key, allow_loopback=allow_loopback, trust=trust)
        self._own_eraser = bool(account.erase_key)
        self._eraser = self._sales
        if self._own_eraser:
            user = account.erase_user or account.user
            self._eraser = Session(account.url, user, account.erase_key, allow_loopback=allow_loopback, trust=trust)
        self._described: Row = {}

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Carry out one operation."""
        do = {
            "upsert": self._upsert,
            "update_consent": self._update_consent,
            "correct": self._correct,
            "erase": self._erase,
        }
        turn = Turn(Deadline(self._time_limit), now)
        try:
            return do[operation](turn, parcel)
        except CallFailed as failed:
            if isinstance(failed.outcome, NotAllowedIn) and failed.outcome.reason == "rights_missing":
                return self._whose_rights(turn, operation, failed.outcome)
            return failed.outcome

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:
        """Compare fields, decisions and opt-outs."""
        turn = Turn(Deadline(self._time_limit), now)
        try:
            names = {*parcel.fields, *consent_values(parcel, self.map), *self._flags(turn, parcel)}
            if not names <= self._kinds(turn).keys():
                return NotAllowedIn("field_unknown_there")
            rows = self._live(turn, parcel, *sorted(names))
            return self._compare(turn, parcel, rows[0]) if rows else Absent()
        except CallFailed as failed:
            outcome = failed.outcome
            if isinstance(outcome, Retry | NotAllowedIn | Unknown):
                return outcome
            return Unknown(getattr(outcome, "reason", "unexpected_fault"))

    def check(self, *, now: datetime) -> Outcome:
        """Ask what the accounts may do with leads, and for the fields that the map names."""
        turn = Turn(Deadline(self._time_limit), now)
        self._described = {}
        try:
            lead = self._lead(turn)
            if not all(lead.get(right) is True for right in ("createable", "updateable", "queryable")):
                return NotAllowedIn("rights_missing")
            kinds = self._kinds(turn)
            if self.map.fields is None:
                return Refused("map_missing")
            if not self.map.targets() | {*(FLAGS if self.map.opt_out else ())} <= kinds.keys():
                return Refused("field_unknown_there")
            if self._eraser.describe(turn).get("deletable") is not True:
                return NotAllowedIn("rights_missing") if self._own_eraser else Refused("erase_not_allowed")
        except CallFailed as failed:
            return failed.outcome
        return Done()

    def _upsert(self, turn: Turn, parcel: Parcel) -> Outcome:
        values = self._written(turn, {name: one for name, one in parcel.fields.items() if one != ""}, parcel)
        if rows := self._live(turn, parcel):
            return self._change(turn, rows[0], values)
        new = {**dict.fromkeys(REQUIRED, parcel.reference), **self._typed(turn, self.map.fixed), **values}
        try:
            return Done(self._sales.upsert(turn, KEY, parcel.lead, new))
        except CallFailed as failed:
            if getattr(failed.outcome, "reason", "") != TAKEN or not (rows := self._live(turn, parcel)):
                raise
            return self._change(turn, rows[0], values)  # another worker made it just now

    def _update_consent(self, turn: Turn, parcel: Parcel) -> Outcome:
        if not (rows := self._live(turn, parcel)):
            return Refused("record_not_there")
        return self._change(turn, rows[0], self._written(turn, {}, parcel))

    def _correct(self, turn: Turn, parcel: Parcel) -> Outcome:
        if not (rows := self._live(turn, parcel)):
            return Refused("record_not_there")
        needed = {name: parcel.reference for name in REQUIRED if parcel.fields.get(name) == ""}
        return self._change(turn, rows[0], self._typed(turn, {**parcel.fields, **needed}))

    def _erase(self, turn: Turn, parcel: Parcel) -> Outcome:
        """Delete, and empty the recycle bin of it: whoever may look into that reads a deleted lead for 15 days."""
        self._kinds(turn)
        merged = False
        for row in self._rows(turn, self._eraser, parcel):
            if not row.get("IsDeleted"):
                swallowed = f"SELECT Id FROM Lead WHERE MasterRecordId = '{row['Id']}'"  # noqa: S608 an id
                if self._eraser.query(turn, swallowed):  # theirs is in it
                    return Refused("merged_there")
                self._eraser.delete(turn, row["Id"])
            self._eraser.empty_bin_of(turn, row["Id"])
            merged = merged or bool(row.get("MasterRecordId"))
        return Refused("merged_there") if merged else Done()

    def _rows(self, turn: Turn, session: Session, parcel: Parcel, *names: str) -> list[Row]:
        """Return the records with our key, the oldest first, also of the recycle bin."""
        wanted = ", ".join(dict.fromkeys(("Id", KEY, "IsDeleted", "MasterRecordId", "IsConverted", *names)))
        key = parcel.lead.replace("\\", "\\\\").replace("'", "\\'")
        soql = f"SELECT {wanted} FROM Lead WHERE {KEY} = '{key}' ORDER BY CreatedDate, Id LIMIT 20"  # noqa: S608
        return [row for row in session.query(turn, soql) if row.get(KEY) == parcel.lead]  # it minds no case

    def _live(self, turn: Turn, parcel: Parcel, *names: str) -> list[Row]:
        """Return the record with our key.

        :raises CallFailed: sales merged it into another, or there are several.
        """
        self._kinds(turn)
        rows = self._rows(turn, self._sales, parcel, *names)
        live = [row for row in rows if not row.get("IsDeleted")]
        if not live and any(row.get("MasterRecordId") for row in rows):
            raise CallFailed(Refused("merged_there"))
        if len(live) > 1:
            raise CallFailed(Refused("several_there"))
        return live

    def _change(self, turn: Turn, row: Row, values: Mapping[str, object]) -> Outcome:
        if row.get("IsConverted"):  # what sales made of it is theirs, and Salesforce lets nobody write here any more
            return Refused("converted_there")
        if values:
            self._sales.update(turn, row["Id"], values)
        return Done(row["Id"])

    def _written(self, turn: Turn, values: Mapping[str, object], parcel: Parcel) -> dict[str, object]:
        """Return values with what was decided; an unknown field stops them all, for a no must not be lost."""
        flags = dict.fromkeys(self._flags(turn, parcel), True)
        return self._typed(turn, {**values, **consent_values(parcel, self.map)}) | flags

    def _flags(self, turn: Turn, parcel: Parcel) -> tuple[str, ...]:
        """Return the opt-outs of a no. A yes takes none back: the no may have been said over there."""
        if not opted_out(parcel, self.map):
            return ()
        if not set(FLAGS) <= self._kinds(turn).keys():
            raise CallFailed(NotAllowedIn("field_unknown_there"))
        return FLAGS

    def _typed(self, turn: Turn, values: Mapping[str, object]) -> dict[str, object]:
        kinds = self._kinds(turn)
        return {name: _typed(kinds.get(name, ""), value) for name, value in values.items()}

    def _compare(self, turn: Turn, parcel: Parcel, row: Row) -> ReadBack:
        decided = self._typed(turn, consent_values(parcel, self.map))
        wrong = {name for name, value in decided.items() if not _same(row.get(name), value)}
        purposes = {one for one, places in self.map.consent.items() if places.state in wrong}
        if any(row.get(flag) is not True for flag in self._flags(turn, parcel)):
            purposes |= set(self.map.opt_out)
        typed = self._typed(turn, parcel.fields)
        fields = [name for name, value in typed.items() if not _same(row.get(name), value)]
        return Held(row["Id"], (*fields, *(one.id for one in parcel.purposes if one.id in purposes)))

    def _whose_rights(self, turn: Turn, operation: Operation, outcome: NotAllowedIn) -> Outcome:
        """Tell rights that the account lacks from one lead that was given to somebody else."""
        if operation == "erase" and not self._own_eraser:
            return Refused("erase_not_allowed", outcome.status)
        erases = operation == "erase"
        session, rights = (self._eraser, ("deletable",)) if erases else (self._sales, ("createable", "updateable"))
        try:
            lead = session.describe(turn)
        except CallFailed:
            return outcome
        may = all(lead.get(right) is True for right in rights)
        return Refused("record_hidden", outcome.status) if may else outcome

    def _lead(self, turn: Turn) -> Row:
        """Return the description of leads; asked once."""
        if not self._described:
            self._described = self._sales.describe(turn)
        return self._described

    def _kinds(self, turn: Turn) -> Mapping[str, str]:
        """Return the kind of each field that we may write.

        :raises CallFailed: there is no field for our key, or it is not unique: leads could not be told apart.
        """
        described = [one for one in self._lead(turn)["fields"] if isinstance(one, dict)]
        fields = {name: one for one in described if isinstance(name := one.get("name"), str)}
        key = fields.get(KEY, {})
        if not (key.get("externalId") is True and key.get("unique") is True and key.get("updateable") is True):
            self._described = {}
            raise CallFailed(NotAllowedIn("lead_key_field_missing"))
        writable = {name: one for name, one in fields.items() if one.get("createable") and one.get("updateable")}
        return {name: str(one.get("type")) for name, one in writable.items()}


def _typed(kind: str, value: object) -> object:
    """Write a value as its field wants it: Salesforce takes neither a number for a text nor a text for a check box."""
    if kind == "boolean":
        return str(value).lower() in YES
    if value == "":
        return None
    if kind in NUMBERS:
        return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    return str(value)[:10] if kind == "date" else str(value)


def _same(held: object, value: object) -> bool:
    if held is None or value is None or isinstance(held, bool):
        return held == value
    if isinstance(held, int | float):
        return held == value
    here, there = (" ".join(str(one).split()) for one in (value, held))  # it trims, and writes lines in its own way
    return here == there or ("@" in here and here.lower() == there) or (_moment(here) or 0) == _moment(there)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

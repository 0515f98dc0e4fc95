"""Odoo 14 and later: one lead is one `crm.lead`, found by an external id that nobody else writes.

Needs two accounts where the first may not delete, as a salesperson may not: the second erases, and writes the opt-out
lists. `docs/delivery.md` has the settings, the rights and the table of answers.
"""

import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from intake_api.crm.calling import TIME_LIMIT, Caller, CallFailed, Deadline
from intake_api.crm.consent_fields import consent_values, opted_out, utc_text
from intake_api.crm.odoo_calls import JsonRpc, JsonTwo, OdooFault, Session, Turn, outcome_of
from intake_api.crm.odoo_values import as_loaded, holds
from intake_api.crm.port import (
    Absent,
    Done,
    FieldValue,
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
from intake_api.rules.field_map import FieldMap
from intake_api.settings import CrmAccount, SettingsError

MODULE = "vestibule"  # of our external ids: vestibule.<lead>
LEAD = "crm.lead"
# Who must not be written to: the list, its column, the end of our external id, where a lead has the address, and where
# else an address may be that the list is right about.
LISTS = (
    (
        "mail.blacklist",
        "email",
        "-mail",
        "email_from",
        (("crm.lead", "email_normalized"), ("res.partner", "email_normalized")),
    ),
    ("phone.blacklist", "number", "-phone", "phone", (("crm.lead", "phone_sanitized"),)),
)
NO_NUMBER = "correct the number"  # in the message to one that is none to Odoo, which then texts nobody there
# In the messages of a failed `load`: what will be otherwise the next time.
PASSING = (
    "could not serialize",
    "deadlock detected",
    "duplicate key",
    "could not obtain lock",
    "transaction is aborted",
)


class Odoo:
    """Writes leads by `crm.lead.load`, which makes or updates the one record that has our external id."""

    name = "odoo"

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
        """Prepare the destination; nothing is called yet. An account with a user speaks JSON-RPC, without JSON-2.

        :raises TargetRefused: the address breaks a rule of SEC-34.
        :raises SettingsError: a user needs a database.
        """
        self.recipient, self.map = recipient, named
        self._time_limit = time_limit
        caller = Caller(account.url.rstrip("/") + "/", allow_loopback=allow_loopback, trust=trust)
        self._sales = _session(caller, account.database, account.user, account.key)
        self._own_eraser = bool(account.erase_key)
        user, key = account.erase_user or account.user, account.erase_key
        self._eraser = _session(caller, account.database, user, key) if key else self._sales
        self._kinds: Mapping[str, str] = {}

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Carry out one operation. Until the opt-out lists know a no, nothing else is written."""
        do = {
            "upsert": self._upsert,
            "update_consent": self._update_consent,
            "correct": self._correct,
            "erase": self._erase,
        }
        try:
            return do[operation](Turn(Deadline(self._time_limit), now), parcel)
        except CallFailed as failed:
            return failed.outcome
        except OdooFault as fault:
            return outcome_of(fault)

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:
        """Compare fields, decisions and opt-out."""
        turn = Turn(Deadline(self._time_limit), now)
        try:
            held = self._find(turn, self._sales, LEAD, parcel.lead)
            return Absent() if held is None else self._compare(turn, parcel, held)
        except CallFailed as failed:
            return _of_reading(failed.outcome)
        except OdooFault as fault:
            return _of_reading(outcome_of(fault))

    def check(self, *, now: datetime) -> Outcome:
        """Ask for the rights that the operations need, and for the fields that the map names."""
        turn = Turn(Deadline(self._time_limit), now)
        try:
            self._kinds = {}
            if self._lacks(turn, self._sales, LEAD, "read", "create", "write"):
                return NotAllowedIn("rights_missing")
            if wrong := self._wrong_map(turn):
                return Refused(wrong)
            if self._lacks(turn, self._eraser, LEAD, "read", "unlink"):
                return NotAllowedIn("rights_missing") if self._own_eraser else Refused("erase_not_allowed")
            lists = [model for model, *_ in LISTS] if self.map.opt_out else []
            if any(self._lacks(turn, self._eraser, model, "read", "create", "write", "unlink") for model in lists):
                return NotAllowedIn("rights_missing")
        except CallFailed as failed:
            return failed.outcome
        except OdooFault as fault:
            return outcome_of(fault)
        return Done()

    def _wrong_map(self, turn: Turn) -> str | None:
        if self.map.fields is None:
            return "map_missing"
        names = {name.partition("/")[0] for name in self.map.targets()}  # of a column such as team_id/id the field
        if not names <= self._fields(turn).keys():
            return "field_unknown_there"
        if self._wrong_fixed(turn):
            return "fixed_not_taken"
        told = any(place in names for *_, place, _ in LISTS)
        return None if told or not self.map.opt_out else "opt_out_without_address"

    def _wrong_fixed(self, turn: Turn) -> bool:
        """Say whether a fixed value has no choice or record of that name, as each `load` would find out."""
        if not self.map.fixed:
            return False
        match self._sales.call(turn, LEAD, "fields_get", attributes=["relation", "selection"]):
            case dict(found) if all(isinstance(one, dict) for one in found.values()):
                about = [(found.get(name, {}), value) for name, value in self.map.fixed.items()]
                return not all(self._is_choice(turn, of, value) for of, value in about)
        raise CallFailed(Unknown("answer_not_readable"))

    def _is_choice(self, turn: Turn, of: Mapping[str, Any], value: str) -> bool:
        match of:
            case {"relation": str(model)}:
                return bool(self._sales.call(turn, model, "name_search", name=value, operator="=", limit=1))
            case {"selection": list(choices)}:
                return any(value.lower() in map(str.lower, map(str, one)) for one in choices if isinstance(one, list))
        return True

    def _upsert(self, turn: Turn, parcel: Parcel) -> Outcome:
        held = self._find(turn, self._sales, LEAD, parcel.lead)
        self._opt_out(turn, parcel, parcel.fields)
        values = {name: value for name, value in parcel.fields.items() if value != ""}
        if held is None:  # a title that sales changed, or a team, stays changed
            # Odoo would give it to our account, and salespeople who see their own only would not see it.
            values = {"name": parcel.reference, "user_id": "", **self.map.fixed, **values}
        return self._write(turn, parcel, held, {**values, **self._consent(parcel)})

    def _update_consent(self, turn: Turn, parcel: Parcel) -> Outcome:
        held = self._find(turn, self._sales, LEAD, parcel.lead)
        self._opt_out(turn, parcel, parcel.fields)
        if held is None:
            return Refused("record_not_there")
        if opted_out(parcel, self.map):  # sales may have put another address
            self._opt_out(turn, parcel, self._row(turn, held, [place for *_, place, _ in LISTS]))
        return self._write(turn, parcel, held, self._consent(parcel))

    def _correct(self, turn: Turn, parcel: Parcel) -> Outcome:
        held = self._find(turn, self._sales, LEAD, parcel.lead)
        if held is None:
            return Refused("record_not_there")
        self._opt_out(turn, parcel, parcel.fields)
        return self._write(turn, parcel, held, parcel.fields)

    def _erase(self, turn: Turn, parcel: Parcel) -> Outcome:
        """Delete the record, for emptied fields live on in the chatter, and then what we put on the opt-out lists."""
        try:
            if (held := self._find(turn, self._eraser, LEAD, parcel.lead)) is not None:
                self._unlink(turn, LEAD, held)
            for model, column, end, _, elsewhere in LISTS:
                row = self._find(turn, self._eraser, model, parcel.lead + end)
                if row is not None and not self._still_needed(turn, model, row, column, elsewhere):
                    self._unlink(turn, model, row)
        except OdooFault as fault:
            outcome = outcome_of(fault)
            if outcome == NotAllowedIn("rights_missing", fault.status) and not self._own_eraser:
                return Refused("erase_not_allowed", fault.status)
            return outcome
        return Done()

    def _find(self, turn: Turn, session: Session, model: str, name: str) -> int | None:
        """Return the id of the record that has our external id. A salesperson may ask this, and not read the table."""
        try:
            found = session.call(turn, "ir.model.data", "check_object_reference", module=MODULE, xml_id=name)
        except OdooFault as fault:
            if fault.says_absent:
                return None
            raise
        match found:
            case [str(of), int(record)] if of == model and record > 0:
                return record
            case [str(of), False] if of == model == LEAD:
                return self._look_again(turn, session, name)
            case [str(of), False] if of == model:
                raise CallFailed(Refused("record_hidden"))  # from this account, by a rule of theirs
        raise CallFailed(Unknown("answer_not_readable"))

    def _look_again(self, turn: Turn, session: Session, name: str) -> int | None:
        """Find a lead by its external id past what one of Odoo's processes remembers of it.

        After a `load` that failed, one may go on to remember the record that was rolled back (`_xmlid_lookup`), and
        answer as for a record that a rule hides. A `load` of nothing but the id asks the table; as a lead needs a
        title, it makes none.
        """
        match session.call(turn, LEAD, "load", fields=["id"], data=[[f"{MODULE}.{name}"]]):
            case {"ids": [int(record)]} if record > 0:
                return record
            case {"ids": False | [], "messages": [{"field": "name"}]}:
                return None
            case {"ids": False | [], "messages": list()}:
                raise CallFailed(Refused("record_hidden"))
        raise CallFailed(Unknown("answer_not_readable"))

    def _write(self, turn: Turn, parcel: Parcel, held: int | None, values: Mapping[str, FieldValue]) -> Outcome:
        if not values:
            return Done(str(held))
        kinds = self._fields(turn)
        texts = {name: as_loaded(value, kinds.get(name, "char")) for name, value in values.items()}
        try:
            return Done(str(self._load(turn, self._sales, LEAD, parcel.lead, texts)))
        except CallFailed as failed:
            raced = held is None and isinstance(failed.outcome, Refused | Unknown)
            if raced and self._find(turn, self._sales, LEAD, parcel.lead) is not None:
                return Retry("not_now")  # another worker made it meanwhile
            raise

    def _load(self, turn: Turn, session: Session, model: str, name: str, texts: Mapping[str, str]) -> int:
        """Make or update the record that has our external id. A `load` that failed answers like one that did not."""
        fields, row = ["id", *texts], [f"{MODULE}.{name}", *texts.values()]
        result = session.call(turn, model, "load", fields=fields, data=[row])
        match result:
            case {"ids": [int(record)]} if record > 0:
                return record
            case {"ids": False | [], "messages": list(messages)}:
                said = [one for one in messages if isinstance(one, dict)]
            case _:
                raise CallFailed(Unknown("answer_not_readable"))
        if any(passing in str(one.get("message")) for one in said for passing in PASSING):
            raise CallFailed(Retry("not_now"))
        if any(NO_NUMBER in str(one.get("message")) for one in said):
            raise CallFailed(Refused("number_not_taken"))
        if any(one.get("type") == "error" and one.get("field") for one in said):
            raise CallFailed(Refused("field_refused"))
        if self._lacks(turn, session, model, "create", "write"):
            raise CallFailed(NotAllowedIn("rights_missing"))
        raise CallFailed(Unknown("not_loaded"))

    def _opt_out(self, turn: Turn, parcel: Parcel, values: Mapping[str, Any]) -> None:
        """Put addresses on the opt-out lists. Nobody is taken off: an own "no" given over there counts."""
        if not opted_out(parcel, self.map):
            return
        for model, column, end, place, _ in LISTS:
            address = values.get(place)
            if not isinstance(address, str) or not address:
                continue
            whose = [[column, "=", address]]
            match self._eraser.call(turn, model, "search_read", domain=whose, fields=["active"], limit=1):
                case []:
                    self._put_on_list(turn, model, parcel.lead + end, {column: address})
                case [{"active": True}]:
                    pass
                case [{"id": int(row), "active": False}]:
                    self._eraser.call(turn, model, "write", [row], vals={"active": True})
                case _:
                    raise CallFailed(Unknown("answer_not_readable"))

    def _put_on_list(self, turn: Turn, model: str, name: str, texts: Mapping[str, str]) -> None:
        try:
            self._load(turn, self._eraser, model, name, texts)
        except CallFailed as failed:
            if failed.outcome != Refused("number_not_taken"):
                raise

    def _still_needed(
        self, turn: Turn, model: str, row: int, column: str, elsewhere: tuple[tuple[str, str], ...]
    ) -> bool:
        """Say whether others over there have the address of a list's row: its no is then not only this lead's."""
        match self._eraser.call(turn, model, "read", [row], fields=[column]):
            case [dict(found)] if isinstance(address := found.get(column), str):
                asked = [(of, [[place, "=", address]]) for of, place in elsewhere]
                return any(self._eraser.call(turn, of, "search_count", domain=domain) != 0 for of, domain in asked)
        raise CallFailed(Unknown("answer_not_readable"))

    def _unlink(self, turn: Turn, model: str, record: int) -> None:
        if self._eraser.call(turn, model, "unlink", [record]) is not True:
            raise CallFailed(Unknown("answer_not_readable"))

    def _compare(self, turn: Turn, parcel: Parcel, held: int) -> ReadBack:
        kinds, decided = self._fields(turn), self._consent(parcel)
        fields = {name: value for name, value in parcel.fields.items() if "/" not in name}
        row = self._row(turn, held, [*fields, *decided, "is_blacklisted"])

        def differ(values: Mapping[str, FieldValue]) -> list[str]:
            return [name for name, value in values.items() if not holds(row[name], value, kinds.get(name, "char"))]

        wrong = set(differ(decided))
        purposes = {one for one, places in self.map.consent.items() if places.state in wrong}
        if opted_out(parcel, self.map) and parcel.fields.get("email_from") and row["is_blacklisted"] is False:
            purposes |= set(self.map.opt_out)
        return Held(str(held), (*differ(fields), *(one.id for one in parcel.purposes if one.id in purposes)))

    def _row(self, turn: Turn, held: int, names: list[str]) -> Mapping[str, Any]:
        match self._sales.call(turn, LEAD, "read", [held], fields=names):
            case [dict(row)] if row.keys() >= set(names):
                return row
        raise CallFailed(Unknown("answer_not_readable"))

    def _fields(self, turn: Turn) -> Mapping[str, str]:
        """Return the kind of each field of a lead; asked once."""
        if not self._kinds:
            match self._sales.call(turn, LEAD, "fields_get", attributes=["type"]):
                case dict(found) if found and all(isinstance(one, dict) for one in found.values()):
                    self._kinds = {name: str(one.get("type")) for name, one in found.items()}
                case _:
                    raise CallFailed(Unknown("answer_not_readable"))
        return self._kinds

    def _consent(self, parcel: Parcel) -> dict[str, str]:
        return consent_values(parcel, self.map, utc_text)

    def _lacks(self, turn: Turn, session: Session, model: str, *operations: str) -> bool:
        return not all(session.may(turn, model, operation) for operation in operations)


def _session(caller: Caller, database: str, user: str, key: str) -> Session:
    if not user:
        return JsonTwo(caller, database, key)
    if not database:
        raise SettingsError("VESTIBULE_CRM_DATABASE is missing: VESTIBULE_CRM_USER speaks to Odoo by JSON-RPC.")
    return JsonRpc(caller, database, user, key)


def _of_reading(outcome: Outcome) -> ReadBack:
    if isinstance(outcome, Retry | NotAllowedIn | Unknown):
        return outcome
    return Unknown(getattr(outcome, "reason", "unexpected_fault"))

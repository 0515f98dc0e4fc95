"""EspoCRM: one lead is one `Lead`, found by our lead key in a field of its own.

EspoCRM keeps no field unique and calls records alike that share a name, so a record is ours by that key alone, and of
two that were made at once the older stays. `docs/delivery.md` has the settings, the rights and the table of answers.
"""

import ssl
from collections.abc import Mapping
from datetime import datetime

from intake_api.crm.calling import TIME_LIMIT, CallFailed, Deadline
from intake_api.crm.consent_fields import consent_values, opted_out, utc_text
from intake_api.crm.espocrm_calls import Alike, Row, Session, Turn, is_row
from intake_api.crm.espocrm_values import Place, as_taken, holds, place_of
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
from intake_api.rules.field_map import FieldMap
from intake_api.settings import CrmAccount

KEY = "cVestibuleLead"
TEXTS = frozenset(
    {"varchar", "text", "wysiwyg", "email", "phone", "personName", "address", "url"}
)  # emptied by `erase`
ADDRESSES = {"emailAddress": "emailAddressIsOptedOut", "phoneNumber": "phoneNumberIsOptedOut"}
PEOPLE = ("Lead", "Contact", "Account")  # who may share an address, which EspoCRM keeps once for all of them
ERASED = "ERASED:"  # what EspoCRM puts in the place of an address, and takes from nobody
YES = frozenset({"given", "acted"})


class EspoCrm:
    """Writes leads by the REST API, one request for each step."""

    name = "espocrm"

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
        self._sales = Session(account.url, account.key, allow_loopback=allow_loopback, trust=trust)
        self._own_eraser = bool(account.erase_key)
        key = account.erase_key or account.key
        self._eraser = Session(account.url, key, allow_loopback=allow_loopback, trust=trust)
        self._places: Mapping[str, Place] = {}

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Carry out one operation."""
        do = {
            "upsert": self._upsert,
            "update_consent": self._update_consent,
            "correct": self._correct,
            "erase": self._erase,
        }
        try:
            return do[operation](Turn(Deadline(self._time_limit), now), parcel)
        except CallFailed as failed:
            if operation == "erase" and not self._own_eraser and _says(failed.outcome, "rights_missing"):
                return Refused("erase_not_allowed", failed.outcome.status)
            return failed.outcome

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:
        """Compare fields, decisions and opt-out."""
        turn = Turn(Deadline(self._time_limit), now)
        try:
            if not (rows := self._find(turn, parcel)):
                return Absent()
            return self._compare(turn, parcel, self._sales.read(turn, rows[0]["id"]))  # a list leaves long texts out
        except CallFailed as failed:
            outcome = failed.outcome
            if isinstance(outcome, Retry | NotAllowedIn | Unknown):
                return outcome
            return Unknown(getattr(outcome, "reason", "unexpected_status"))

    def check(self, *, now: datetime) -> Outcome:
        """Ask for the rights that the operations need, and for the fields that the map names."""
        turn = Turn(Deadline(self._time_limit), now)
        self._places = {}
        try:
            if not self._may(turn, self._sales, create="yes", read="all", edit="all"):
                return NotAllowedIn("rights_missing")
            if self.map.fields is None:
                return Refused("map_missing")
            if not self.map.targets() <= self._fields(turn).keys():
                return Refused("field_unknown_there")
            if not self._may(turn, self._eraser, PEOPLE, read="all", edit="all", delete="all"):
                return NotAllowedIn("rights_missing") if self._own_eraser else Refused("erase_not_allowed")
        except CallFailed as failed:
            return failed.outcome
        return Done()

    def _upsert(self, turn: Turn, parcel: Parcel) -> Outcome:
        rows = self._find(turn, parcel)
        values = self._taken(turn, parcel.fields, leave_empty_out=True) | self._consent(turn, parcel)
        if rows:
            return self._update(turn, parcel, rows[0], values)
        new = {"lastName": parcel.reference, **self.map.fixed, **values, KEY: parcel.lead}
        opted = self._opt_outs(parcel, new)
        try:
            made = self._sales.create(turn, {**new, **opted}, though_alike=False)
        except Alike as alike:
            if ours := self._ours(alike.rows, parcel):  # another worker made it just now
                return self._update(turn, parcel, ours[0], values)
            made = self._sales.create(turn, {**new, **opted}, though_alike=True)
        self._kept(made, {KEY: parcel.lead, **opted})
        return self._one_of_many(turn, parcel)

    def _update_consent(self, turn: Turn, parcel: Parcel) -> Outcome:
        if not (rows := self._find(turn, parcel)):
            return Refused("record_not_there")
        return self._update(turn, parcel, rows[0], self._consent(turn, parcel))

    def _correct(self, turn: Turn, parcel: Parcel) -> Outcome:
        if not (rows := self._find(turn, parcel)):
            return Refused("record_not_there")
        return self._update(turn, parcel, rows[0], self._taken(turn, parcel.fields))

    def _erase(self, turn: Turn, parcel: Parcel) -> Outcome:
        """Empty the fields, for a deleted row lies in the database for months, and then delete the record."""
        ours = self.map.targets() - {*self.map.fixed}
        for row in self._find(turn, parcel):
            whole = self._eraser.read(turn, row["id"])
            for name in ADDRESSES:  # emptying would take a shared one from records that are not ours
                had = _addresses(whole, name)
                kept = [one for one in had if not self._is_shared(turn, row, name, one[name])]
                if len(kept) < len(had):
                    self._eraser.update(turn, row["id"], {f"{name}Data": kept})
            names = {name for name, place in self._fields(turn).items() if place.kind in TEXTS or name in ours}
            self._eraser.blank(turn, row["id"], sorted(names - {KEY}))
            self._eraser.delete(turn, row["id"])
        return Done()

    def _find(self, turn: Turn, parcel: Parcel) -> list[Row]:
        """Return the records of the lead, the oldest first."""
        self._fields(turn)
        return self._ours(self._search(turn, self._sales, "Lead", KEY, parcel.lead), parcel)

    def _search(self, turn: Turn, session: Session, kind: str, attribute: str, value: str) -> list[Row]:
        where = {"type": "equals", "attribute": attribute, "value": value}
        query = {f"where[0][{name}]": one for name, one in where.items()} | {"maxSize": "20", "orderBy": "createdAt"}
        found = session.get(turn, kind, **query)
        if isinstance(found, dict) and isinstance(rows := found.get("list"), list):
            return [row for row in rows if is_row(row)]
        raise CallFailed(Unknown("answer_not_readable"))

    def _ours(self, rows: list[Row], parcel: Parcel) -> list[Row]:
        ours = [row for row in rows if is_row(row) and row.get(KEY) == parcel.lead]
        return sorted(ours, key=lambda row: (str(row.get("createdAt")), str(row["id"])))

    def _one_of_many(self, turn: Turn, parcel: Parcel) -> Outcome:
        """Leave the oldest of the records that several workers made at once; whoever comes last sees them all."""
        rows = self._find(turn, parcel)
        if not rows:
            return Retry("not_now")
        for row in rows[1:]:
            emptied: dict[str, object] = dict.fromkeys(parcel.fields)
            self._sales.update(turn, row["id"], {**emptied, "lastName": parcel.reference})
            self._eraser.delete(turn, row["id"])
        return Done(rows[0]["id"])

    def _update(self, turn: Turn, parcel: Parcel, row: Row, values: Mapping[str, object]) -> Outcome:
        opted = self._opt_outs(parcel, {**row, **values})
        addresses = {name: row.get(name) for name, flag in ADDRESSES.items() if flag in opted}  # the flag is theirs
        whole = {**addresses, **values, **opted}
        if whole:
            self._let_go(turn, row, values)
            self._kept(self._sales.update(turn, row["id"], whole), opted)
        return Done(row["id"])

    def _opt_outs(self, parcel: Parcel, values: Mapping[str, object]) -> dict[str, bool]:
        """Return the opt-outs of a no. A yes takes none back: the no may have been said over there."""
        if not opted_out(parcel, self.map):
            return {}
        said = {flag: str(values.get(name) or ERASED) for name, flag in ADDRESSES.items()}
        return {flag: True for flag, address in said.items() if not address.startswith(ERASED)}

    def _kept(self, row: Row, values: Mapping[str, object]) -> None:
        """Hold EspoCRM to its answer: what it does not know, it leaves out without a word."""
        if any(row.get(name) != value for name, value in values.items()):
            raise CallFailed(Unknown("not_kept"))

    def _let_go(self, turn: Turn, row: Row, values: Mapping[str, object]) -> None:
        """Erase an address that is about to be replaced: EspoCRM keeps what nobody has any more, out of all reach.

        With an address that sales added it stays, for only all of a record can be erased.
        """
        changed = [name for name in ADDRESSES if name in values and row.get(name)]
        known = self._fields(turn)
        changed = [one for one in changed if not holds(row[one], str(values[one] or ""), known.get(one, OTHER))]
        if not changed or not self._own_eraser:
            return
        whole = self._eraser.read(turn, row["id"])
        for name in changed:
            had = _addresses(whole, name)
            if len(had) == 1 and not self._is_shared(turn, row, name, had[0][name]):
                if not had[0][name].startswith(ERASED):  # as an attempt that was cut short leaves it
                    self._eraser.blank(turn, row["id"], [name])
                self._eraser.update(turn, row["id"], {name: None, f"{name}Data": []})

    def _is_shared(self, turn: Turn, row: Row, name: str, address: str) -> bool:
        found = [(kind, one) for kind in PEOPLE for one in self._search(turn, self._eraser, kind, name, address)]
        return any((kind, one["id"]) != ("Lead", row["id"]) for kind, one in found)

    def _compare(self, turn: Turn, parcel: Parcel, row: Row) -> ReadBack:
        wanted = self._consent(turn, parcel)
        wrong = {place for place, value in wanted.items() if row.get(place) != value}
        purposes = {one for one, places in self.map.consent.items() if places.state in wrong}
        if any(row.get(flag) is not True for flag in self._opt_outs(parcel, row)):
            purposes |= set(self.map.opt_out)
        known = self._fields(turn)
        fields = [one for one, value in parcel.fields.items() if not holds(row.get(one), value, known.get(one, OTHER))]
        return Held(row["id"], (*fields, *(one.id for one in parcel.purposes if one.id in purposes)))

    def _consent(self, turn: Turn, parcel: Parcel) -> dict[str, object]:
        known = self._fields(turn)
        values = consent_values(parcel, self.map, utc_text)
        return {
            name: value in YES if known.get(name, OTHER).kind == "bool" else value for name, value in values.items()
        }

    def _taken(self, turn: Turn, values: Mapping[str, object], *, leave_empty_out: bool = False) -> dict[str, object]:
        known = self._fields(turn)
        taken = {name: as_taken(value, known.get(name, OTHER)) for name, value in values.items()}
        return {name: value for name, value in taken.items() if not leave_empty_out or value is not None}

    def _fields(self, turn: Turn) -> Mapping[str, Place]:
        """Return what is known of each field of a lead, ours among them; asked once."""
        if not self._places:
            found = self._sales.get(turn, "Metadata", key="entityDefs.Lead.fields")
            if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
                raise CallFailed(Unknown("answer_not_readable"))
            if KEY not in found:  # a search by a field that is not there finds nothing, and says so kindly
                raise CallFailed(NotAllowedIn("lead_key_field_missing"))
            self._places = {name: place_of(one) for name, one in found.items()} | PARTS
        return self._places

    def _may(self, turn: Turn, session: Session, seen: tuple[str, ...] = (), **rights: str) -> bool:
        found = session.get(turn, "App/user")
        match found:
            case {"user": {"type": "admin" | "super-admin"}}:
                return True
            case {"acl": {"table": {"Lead": dict(has), **others}, **more}}:
                privacy = "delete" not in rights or more.get("dataPrivacyPermission") != "no"
                tables = [{"Lead": has, **others}.get(kind) for kind in seen]
                sees = all(isinstance(one, dict) and one.get("read") == "all" for one in tables)
                return privacy and sees and all(has.get(name) == level for name, level in rights.items())
            case {"acl": {"table": dict() | list()}}:
                return False
        raise CallFailed(Unknown("answer_not_readable"))


# Attributes of a lead that are parts of a field, and so are no fields of the metadata.
PARTS = dict.fromkeys(("emailAddressIsOptedOut", "phoneNumberIsOptedOut"), Place("bool"))
OTHER = Place("")


def _addresses(whole: Row, name: str) -> list[Row]:
    """Return all the addresses or numbers of a record, as EspoCRM takes them back."""
    had = whole.get(f"{name}Data")
    if not isinstance(had, list) or not all(isinstance(one, dict) and isinstance(one.get(name), str) for one in had):
        raise CallFailed(Unknown("answer_not_readable"))
    return had


def _says(outcome: Outcome, reason: str) -> bool:
    return getattr(outcome, "reason", None) == reason

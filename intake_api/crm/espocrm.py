"""EspoCRM: one lead is one `Lead`, found by our lead key in a field of its own.

EspoCRM keeps no field unique and calls records alike that share a name, so a record is ours by that key alone, and of
two that were made at once the older stays. `docs/delivery.md` has the settings, the rights and the table of answers.
"""

import ssl
from collections.abc import Mapping
from datetime import datetime

from intake_api.crm.calling import TIME_LIMIT, CallFailed, Deadline
from intake_api.crm.consent_fields import consent_values, opted_out, utc_text
from intake_api.crm.espocrm_calls import Alike, Row, Session, Turn
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
from intake_api.settings import CrmAccount

KEY = "cVestibuleLead"
TEXTS = frozenset(
    {"varchar", "text", "wysiwyg", "email", "phone", "personName", "address", "url"}
)  # emptied by `erase`
ADDRESSES = {"emailAddress": "emailAddressIsOptedOut", "phoneNumber": "phoneNumberIsOptedOut"}
PEOPLE = ("Lead", "Contact", "Account")  # who may share an address, which EspoCRM keeps once for all of them
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
        self._kinds: Mapping[str, str] = {}

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
        self._kinds = {}
        try:
            if not self._may(turn, self._sales, create="yes", read="all", edit="all"):
                return NotAllowedIn("rights_missing")
            if self.map.fields is None:
                return Refused("map_missing")
            if not self.map.targets() <= self._fields(turn).keys():
                return Refused("field_unknown_there")
            if not self._may(turn, self._eraser, read="all", edit="all", delete="all"):
                return NotAllowedIn("rights_missing") if self._own_eraser else Refused("erase_not_allowed")
        except CallFailed as failed:
            return failed.outcome
        return Done()

    def _upsert(self, turn: Turn, parcel: Parcel) -> Outcome:
        rows = self._find(turn, parcel)
        values = {name: value for name, value in parcel.fields.items() if value != ""} | self._consent(turn, parcel)
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
        return self._update(turn, parcel, rows[0], parcel.fields)

    def _erase(self, turn: Turn, parcel: Parcel) -> Outcome:
        """Empty the fields, for a deleted row lies in the database for months, and then delete the record."""
        for row in self._find(turn, parcel):
            shared = {name for name in ADDRESSES if self._is_shared(turn, row, name)}
            if shared:  # emptying would take the address from records that are not ours
                self._eraser.update(turn, row["id"], dict.fromkeys(shared))
            texts = [name for name, kind in self._fields(turn).items() if kind in TEXTS]
            self._eraser.blank(turn, row["id"], sorted({*texts} - shared - {KEY}))
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
            return [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"]]
        raise CallFailed(Unknown("answer_not_readable"))

    def _ours(self, rows: list[Row], parcel: Parcel) -> list[Row]:
        ours = [row for row in rows if isinstance(row, dict) and row.get(KEY) == parcel.lead and row.get("id")]
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
        whole = {**addresses, **{name: None if one == "" else one for name, one in values.items()}, **opted}
        if whole:
            self._kept(self._sales.update(turn, row["id"], whole), opted)
        return Done(row["id"])

    def _opt_outs(self, parcel: Parcel, values: Mapping[str, object]) -> dict[str, bool]:
        """Return the opt-outs of a no. A yes takes none back: the no may have been said over there."""
        if not opted_out(parcel, self.map):
            return {}
        return {flag: True for name, flag in ADDRESSES.items() if values.get(name)}

    def _kept(self, row: Row, values: Mapping[str, object]) -> None:
        """Hold EspoCRM to its answer: what it does not know, it leaves out without a word."""
        if any(row.get(name) != value for name, value in values.items()):
            raise CallFailed(Unknown("not_kept"))

    def _is_shared(self, turn: Turn, row: Row, name: str) -> bool:
        address = row.get(name)
        if not isinstance(address, str) or not address:
            return False
        found = [(kind, one) for kind in PEOPLE for one in self._search(turn, self._eraser, kind, name, address)]
        return any((kind, one["id"]) != ("Lead", row["id"]) for kind, one in found)

    def _compare(self, turn: Turn, parcel: Parcel, row: Row) -> ReadBack:
        wanted = self._consent(turn, parcel)
        wrong = {place for place, value in wanted.items() if row.get(place) != value}
        purposes = {one for one, places in self.map.consent.items() if places.state in wrong}
        if any(row.get(flag) is not True for flag in self._opt_outs(parcel, row)):
            purposes |= set(self.map.opt_out)
        fields = [name for name, value in parcel.fields.items() if not _same(row.get(name), value)]
        return Held(row["id"], (*fields, *(one.id for one in parcel.purposes if one.id in purposes)))

    def _consent(self, turn: Turn, parcel: Parcel) -> dict[str, object]:
        kinds = self._fields(turn)
        values = consent_values(parcel, self.map, utc_text)
        return {name: value in YES if kinds.get(name) == "bool" else value for name, value in values.items()}

    def _fields(self, turn: Turn) -> Mapping[str, str]:
        """Return the kind of each field of a lead, ours among them; asked once."""
        if not self._kinds:
            found = self._sales.get(turn, "Metadata", key="entityDefs.Lead.fields")
            if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
                raise CallFailed(Unknown("answer_not_readable"))
            if KEY not in found:  # a search by a field that is not there finds nothing, and says so kindly
                raise CallFailed(NotAllowedIn("lead_key_field_missing"))
            kinds = {name: "" if one.get("readOnly") else str(one.get("type")) for name, one in found.items()}
            self._kinds = kinds | PARTS
        return self._kinds

    def _may(self, turn: Turn, session: Session, **rights: str) -> bool:
        found = session.get(turn, "App/user")
        match found:
            case {"user": {"type": "admin" | "super-admin"}}:
                return True
            case {"acl": {"table": {"Lead": dict(has)}, **more}}:
                privacy = "delete" not in rights or more.get("dataPrivacyPermission") != "no"
                return privacy and all(has.get(name) == level for name, level in rights.items())
            case {"acl": {"table": dict() | list()}}:
                return False
        raise CallFailed(Unknown("answer_not_readable"))


# Attributes of a lead that are parts of a field, and so are no fields of the metadata.
PARTS = dict.fromkeys(("emailAddressIsOptedOut", "phoneNumberIsOptedOut"), "bool")


def _same(held: object, value: FieldValue) -> bool:
    return not value if held is None else str(held) == str(value)


def _says(outcome: Outcome, reason: str) -> bool:
    return getattr(outcome, "reason", None) == reason

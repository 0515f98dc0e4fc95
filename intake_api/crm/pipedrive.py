"""Pipedrive: one lead is one person, found by our lead key in a field of its own, with one lead in the inbox.

Pipedrive keeps no field unique, and its search knows a new person a moment later only: so a person is also looked for
by the number that an earlier delivery was told, and of two that were made at once the older stays. `docs/delivery.md`
has the settings, the rights and the table of answers.
"""

import ssl
from collections.abc import Mapping
from datetime import datetime

from intake_api.crm.calling import TIME_LIMIT, CallFailed, Deadline
from intake_api.crm.consent_fields import consent_values, opted_out, utc_text
from intake_api.crm.pipedrive_calls import FIELDS, LEADS, PERSONS, Row, Session, Turn, row
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

KEY = "Vestibule lead"
NAME, LISTS = "name", {"email": "emails", "phone": "phones"}
MARKETING, NO = "marketing_status", "unsubscribed"
NUMBERS = frozenset({"double", "int", "monetary"})
MOST_FIELDS = 500  # of one answer


class Pipedrive:
    """Writes persons and leads, one request for each step."""

    name = "pipedrive"

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
        self._known: Mapping[str, tuple[str, str]] = {}

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
            refused = getattr(failed.outcome, "reason", "") == "rights_missing"
            if operation == "erase" and not self._own_eraser and refused:
                return Refused("erase_not_allowed", getattr(failed.outcome, "status", None))
            return failed.outcome

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:
        """Compare fields, decisions and the marketing status."""
        turn = Turn(Deadline(self._time_limit), now)
        try:
            found = self._find(turn, parcel)
            return self._compare(turn, parcel, found[0]) if found else Absent()
        except CallFailed as failed:
            if isinstance(failed.outcome, Retry | NotAllowedIn | Unknown):
                return failed.outcome
            return Unknown(getattr(failed.outcome, "reason", "unexpected_fault"))

    def check(self, *, now: datetime) -> Outcome:
        """Ask for the fields that the map names; what a token may change, Pipedrive does not say beforehand."""
        turn = Turn(Deadline(self._time_limit), now)
        self._known = {}
        try:
            known = self._fields(turn)
            if self.map.fields is None:
                return Refused("map_missing")
            if not self.map.targets() <= {*known, NAME, *LISTS}:
                return Refused("field_unknown_there")
            self._eraser.rows(turn, LEADS, limit=1)
        except CallFailed as failed:
            return failed.outcome
        return Done()

    def _upsert(self, turn: Turn, parcel: Parcel) -> Outcome:
        values = {name: value for name, value in parcel.fields.items() if value != ""}
        if found := self._find(turn, parcel):
            self._change(turn, parcel, found[0], {**values, **self._decided(parcel)})
            self._give_lead(turn, parcel, int(found[0]["id"]))
            return Done(str(found[0]["id"]))
        whole = {NAME: parcel.reference, **self.map.fixed, **values, **self._decided(parcel), KEY: parcel.lead}
        made = row(self._sales.call(turn, "POST", PERSONS, self._written(turn, whole, {}, parcel)))
        self._kept(parcel, made)
        oldest = self._oldest(turn, parcel, made)
        if oldest["id"] == made["id"]:  # whoever made the older one gives it its lead
            self._give_lead(turn, parcel, int(made["id"]))
        return Done(str(oldest["id"]))

    def _update_consent(self, turn: Turn, parcel: Parcel) -> Outcome:
        if not (found := self._find(turn, parcel)):
            return Refused("record_not_there")
        self._change(turn, parcel, found[0], self._decided(parcel))
        return Done(str(found[0]["id"]))

    def _correct(self, turn: Turn, parcel: Parcel) -> Outcome:
        if not (found := self._find(turn, parcel)):
            return Refused("record_not_there")
        nameless = {NAME: parcel.reference} if parcel.fields.get(NAME) == "" else {}
        self._change(turn, parcel, found[0], {**parcel.fields, **nameless})
        return Done(str(found[0]["id"]))

    def _erase(self, turn: Turn, parcel: Parcel) -> Outcome:
        """Empty the person, whom Pipedrive keeps for 30 days after the deletion, and then delete it with its leads."""
        for found in self._find(turn, parcel):
            self._remove(turn, parcel, found)
        return Done()

    def _remove(self, turn: Turn, parcel: Parcel, found: Row) -> None:
        for lead in self._eraser.rows(turn, LEADS, person_id=found["id"], limit=100):
            self._eraser.call(turn, "DELETE", f"{LEADS}/{_uuid(lead)}", absent_is_fine=True)
        known = self._fields(turn)
        ours = [known[name][0] for name in self.map.targets() - {*self.map.fixed} if name in known]
        empty = {NAME: parcel.reference, "emails": [], "phones": [], "custom_fields": dict.fromkeys(sorted(ours))}
        # Who is not there any more was removed by another worker just now: the others are still to be.
        self._eraser.call(turn, "PATCH", f"{PERSONS}/{found['id']}", empty, absent_is_fine=True)
        self._eraser.call(turn, "DELETE", f"{PERSONS}/{found['id']}", absent_is_fine=True)

    def _find(self, turn: Turn, parcel: Parcel) -> list[Row]:
        """Return the persons with our key, the oldest first."""
        key = self._fields(turn)[KEY][0]
        told = parcel.remote_id or ""
        numbers = {int(told)} if told.isascii() and told.isdecimal() and len(told) < 16 else set()
        query: dict[str, str | int] = {
            "term": parcel.lead,
            "fields": "custom_fields",
            "exact_match": "true",
            "limit": 20,
        }
        numbers |= {int(row(one)["id"]) for one in self._sales.rows(turn, f"{PERSONS}/search", **query)}
        persons = [self._sales.person(turn, number) for number in sorted(numbers)]
        return [one for one in persons if one is not None and _custom(one).get(key) == parcel.lead]

    def _oldest(self, turn: Turn, parcel: Parcel, made: Row) -> Row:
        """Leave the oldest of the persons that several workers made at once; whoever comes last sees them all."""
        found = self._find(turn, parcel) or [made]  # the search may not know it yet
        for newer in found[1:]:
            self._remove(turn, parcel, newer)
        return found[0]

    def _give_lead(self, turn: Turn, parcel: Parcel, person: int) -> None:
        """Make the lead in the inbox, unless there is one, or sales made a deal of it."""
        if not self._sales.rows(turn, LEADS, person_id=person, limit=1):
            archived = self._sales.rows(turn, f"{LEADS}/archived", person_id=person, limit=1)
            if not archived and not self._sales.rows(turn, "api/v2/deals", person_id=person, limit=1):
                self._sales.call(turn, "POST", LEADS, {"title": parcel.reference, "person_id": person})
                ours = [one for one in self._sales.rows(turn, LEADS, person_id=person) if _is_ours(one, parcel)]
                for other in sorted(_uuid(one) for one in ours)[1:]:  # of those made at once all keep the same one
                    self._eraser.call(turn, "DELETE", f"{LEADS}/{other}", absent_is_fine=True)

    def _change(self, turn: Turn, parcel: Parcel, found: Row, values: Mapping[str, object]) -> None:
        if written := self._written(turn, values, found, parcel):
            self._kept(parcel, row(self._sales.call(turn, "PATCH", f"{PERSONS}/{found['id']}", written)))

    def _kept(self, parcel: Parcel, answer: Row) -> None:
        """Hold Pipedrive to its answer: a marketing status that may not change stays as it is without a word."""
        status = answer.get(MARKETING)  # none where the account writes to nobody
        if opted_out(parcel, self.map) and answer.get("emails") and status not in (None, NO):
            raise CallFailed(Unknown("not_kept"))

    def _written(self, turn: Turn, values: Mapping[str, object], found: Row, parcel: Parcel) -> dict[str, object]:
        """Return what to send. A yes sets no marketing status: it may change once only, and that once is for the no."""
        known = self._fields(turn)
        if set(values) - {*known, NAME, *LISTS}:
            raise CallFailed(NotAllowedIn("field_unknown_there"))
        written: dict[str, object] = {NAME: str(values[NAME])} if NAME in values else {}
        for name, place in LISTS.items():
            if name in values:
                written[place] = _with_primary(found.get(place), str(values[name]))
        custom = {known[name][0]: _typed(known[name][1], one) for name, one in values.items() if name in known}
        written |= {"custom_fields": custom} if custom else {}
        return written | ({MARKETING: NO} if opted_out(parcel, self.map) and found.get(MARKETING) != NO else {})

    def _decided(self, parcel: Parcel) -> dict[str, str]:
        return consent_values(parcel, self.map, utc_text)

    def _compare(self, turn: Turn, parcel: Parcel, found: Row) -> ReadBack:
        known = self._fields(turn)

        def held(name: str) -> object:
            if name in LISTS:
                return _primary(found.get(LISTS[name]))
            return found.get(NAME) if name == NAME else _custom(found).get(known[name][0] if name in known else "")

        wrong = {name for name, value in self._decided(parcel).items() if not _same(held(name), value)}
        purposes = {one for one, places in self.map.consent.items() if places.state in wrong}
        if opted_out(parcel, self.map) and found.get("emails") and found.get(MARKETING) not in (None, NO):
            purposes |= set(self.map.opt_out)
        fields = [name for name, value in parcel.fields.items() if not _same(held(name), value)]
        return Held(str(found["id"]), (*fields, *(one.id for one in parcel.purposes if one.id in purposes)))

    def _fields(self, turn: Turn) -> Mapping[str, tuple[str, str]]:
        """Return code and kind of each field of the account's own, by the name that Pipedrive shows; asked once.

        :raises CallFailed: there is none for our key.
        """
        if not self._known:
            rows = self._sales.rows(turn, FIELDS, limit=MOST_FIELDS)
            names = [str(one.get("field_name")) for one in rows]
            own = [one for one in rows if len(str(one.get("field_code"))) == 40]
            known = {str(one.get("field_name")): (str(one["field_code"]), str(one.get("field_type"))) for one in own}
            if names.count(KEY) != 1 or KEY not in known:
                raise CallFailed(NotAllowedIn("lead_key_field_missing"))
            self._known = {name: one for name, one in known.items() if names.count(name) == 1}
        return self._known


def _is_ours(lead: Row, parcel: Parcel) -> bool:
    return lead.get("title") == parcel.reference


def _uuid(lead: Row) -> str:
    number = lead.get("id")
    if isinstance(number, str) and number.replace("-", "").isalnum() and number.isascii():
        return number
    raise CallFailed(Unknown("answer_not_readable"))


def _custom(person: Row) -> Row:
    custom = person.get("custom_fields")
    return custom if isinstance(custom, dict) else {}


def _primary(said: object) -> object:
    rows = [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
    return next((one.get("value") for one in (*(one for one in rows if one.get("primary")), *rows)), None)


def _with_primary(said: object, value: str) -> list[object]:
    """Put an address in the place of the first one; those that sales added stay."""
    rows = [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
    first = _primary(rows)
    others = [{**one, "primary": False} for one in rows if one.get("value") not in (first, value)]
    return [*([{"value": value, "primary": True, "label": "work"}] if value else []), *others]


def _typed(kind: str, value: object) -> object:
    if value == "":
        return None
    if kind in NUMBERS:
        return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    return str(value)[:10] if kind == "date" else str(value)


def _same(held: object, value: object) -> bool:
    if held is None:
        return value == ""
    if isinstance(held, int | float):
        return str(held) in (str(value), f"{value}.0")
    return str(held).strip() == str(value).strip() or (len(str(held)) == 10 and str(value).startswith(str(held)))

"""HubSpot: one lead is one contact, found by a unique property of ours that holds the lead.

HubSpot keeps an e-mail address for one contact only. Where another contact has it, which sales typed or an earlier lead
made, that one stays as it is, and ours carries the address in a second property. `docs/delivery.md` has the settings,
the rights and the table of answers.
"""

import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from intake_api.crm.calling import TIME_LIMIT, Caller, CallFailed, Deadline
from intake_api.crm.consent_fields import consent_values
from intake_api.crm.hubspot_calls import CONFLICT, CONTACTS, Contact, HubSpotCalls, Turn, contact
from intake_api.crm.hubspot_preferences import ALIVE, BELOW, Preferences
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

KEY = "vestibule_lead"  # unique there
EMAIL, SECOND = "email", "vestibule_email"  # the second: an address that another contact has
MERGED = ("hs_merged_object_ids", "hs_calculated_merged_vids")
PROPERTIES = "crm/v3/properties/contacts/batch/read"
PAGE = 100  # that many at once
BASIS = "hs_legal_basis"
# Ours, and the letters of HubSpot's option.
BASES = {
    "A6-1-a": "freelygivenconsentfromcontact",
    "A6-1-b": "performanceofacontract",
    "A6-1-f": "legitimateinterestprospectlead",
}
REMOTE_ID = re.compile(r"[0-9]{1,20}")


class HubSpot:
    """Writes contacts by a batch upsert of one, which makes or updates the one that has our key."""

    name = "hubspot"

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
        :raises SettingsError: the map names a subscription by something else than its number.
        """
        self.recipient, self.map = recipient, named
        self._time_limit = time_limit
        caller = Caller(account.url.rstrip("/") + "/", allow_loopback=allow_loopback, trust=trust)
        self._calls = HubSpotCalls(caller, account.key)
        self._preferences = Preferences(self._calls, named)
        self._known: Mapping[str, Mapping[str, Any]] = {}
        try:
            _ = self._preferences.types
        except ValueError:
            raise SettingsError("destinations/hubspot.yml: a subscription is the number of its type there.") from None

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Carry out one operation. A no is told before anything else is written, a yes after it."""
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

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:
        """Compare fields, decisions and subscriptions."""
        turn = Turn(Deadline(self._time_limit), now)
        try:
            held = self._find(turn, parcel.lead, *parcel.fields, *consent_values(parcel, self.map))
            return Absent() if held is None else self._compare(turn, parcel, held)
        except CallFailed as failed:
            if isinstance(failed.outcome, Retry | NotAllowedIn | Unknown):
                return failed.outcome
            return Unknown(getattr(failed.outcome, "reason", "unexpected_fault"))

    def check(self, *, now: datetime) -> Outcome:
        """Ask for the properties and subscriptions that the map names, and for the rights that the operations need."""
        turn = Turn(Deadline(self._time_limit), now)
        try:
            self._known = {}
            if self.map.fields is None:
                self._properties(turn)  # a refused credential is told first
                return Refused("map_missing")
            known = self._properties(turn)
            if SECOND not in known or known.get(KEY, {}).get("hasUniqueValue") is not True:
                return NotAllowedIn("key_property_missing")
            if not _names(self.map) <= {name for name, one in known.items() if _writable(one)}:
                return Refused("field_unknown_there")
            self._calls.find(turn, "0", [KEY])
            self._probe(turn, f"{CONTACTS}/batch/upsert", {"inputs": []})
            return self._check_subscriptions(turn)
        except CallFailed as failed:
            return failed.outcome

    def _upsert(self, turn: Turn, parcel: Parcel) -> Outcome:
        values = {name: str(value) for name, value in parcel.fields.items() if value != ""}
        address = values.get(EMAIL)
        self._preferences.tell_no(turn, parcel, address)
        held = self._find(turn, parcel.lead)
        taken = self._is_anothers(turn, address, held, parcel.lead)
        values = {**values, **consent_values(parcel, self.map), **self._basis(turn, parcel)}
        if held is None:  # what sales changed since stays changed
            values = {**self.map.fixed, **values}
        try:
            made = self._put(turn, parcel, _addressed(values, held, taken=taken))
        except CallFailed as failed:
            if failed.outcome != CONFLICT or taken or not address:
                raise
            if held is None and self._find(turn, parcel.lead) is not None:  # another worker made it meanwhile
                raise
            taken, made = True, self._put(turn, parcel, _addressed(values, held, taken=True))
        self._preferences.tell_yes(turn, parcel, None if taken else address)
        return Done(made.id)

    def _update_consent(self, turn: Turn, parcel: Parcel) -> Outcome:
        address = parcel.fields.get(EMAIL)
        self._preferences.tell_no(turn, parcel, str(address or ""))
        held = self._find(turn, parcel.lead)
        if held is None:
            return Refused("record_not_there")
        self._preferences.tell_no(turn, parcel, held.properties.get(EMAIL), held.properties.get(SECOND))
        self._change(turn, held, {**consent_values(parcel, self.map), **self._basis(turn, parcel)})
        self._preferences.tell_yes(turn, parcel, held.properties.get(EMAIL))
        return Done(held.id)

    def _correct(self, turn: Turn, parcel: Parcel) -> Outcome:
        held = self._find(turn, parcel.lead)
        if held is None:
            return Refused("record_not_there")
        values = {name: str(value) for name, value in parcel.fields.items()}
        if EMAIL not in values:
            self._change(turn, held, values)
            return Done(held.id)
        address, before = values[EMAIL], held.properties.get(EMAIL, "")
        taken = self._is_anothers(turn, address, held, parcel.lead)
        if before and before != address.lower():
            self._preferences.take_back(turn, parcel, before)
        self._preferences.tell_no(turn, parcel, address)
        self._change(turn, held, _addressed(values, held, taken=taken))
        self._preferences.tell_yes(turn, parcel, None if taken else address)
        return Done(held.id)

    def _erase(self, turn: Turn, parcel: Parcel) -> Outcome:
        """Delete by the number of a contact that has our key, or that we know we made: never by an address, for
        HubSpot bars for good an address that it does not know."""
        held = self._find(turn, parcel.lead)
        for archived in (False, True):  # what sales deleted could be restored for 90 days
            if held is None and parcel.remote_id and REMOTE_ID.fullmatch(parcel.remote_id):
                held = self._made_by_us(turn, parcel, parcel.remote_id, archived=archived)
        if held is not None:
            self._calls.call(turn, "POST", f"{CONTACTS}/gdpr-delete", {"objectId": held.id})
        return Done()

    def _find(self, turn: Turn, lead: str, *names: str) -> Contact | None:
        """Return the contact that has our key.

        :raises CallFailed: it was merged with another one, which we did not make.
        """
        found = self._calls.find(turn, lead, [KEY, EMAIL, SECOND, *MERGED, *names], by=KEY)
        if found is None:
            return None
        if found.properties.get(KEY) != lead:
            raise CallFailed(Unknown("answer_not_readable", 200))
        return _not_merged(found)

    def _made_by_us(self, turn: Turn, parcel: Parcel, remote: str, *, archived: bool) -> Contact | None:
        """Return a contact by the number that an earlier delivery was told."""
        found = self._calls.find(turn, remote, [KEY, *MERGED], archived=archived)
        if found is None:
            return None
        if found.id != remote:  # the number of one that was merged leads to what became of it
            raise CallFailed(Refused("merged_there"))
        if found.properties.get(KEY) not in (None, "", parcel.lead):
            raise CallFailed(Refused("record_not_ours"))
        return _not_merged(found)

    def _is_anothers(self, turn: Turn, address: str | None, held: Contact | None, lead: str) -> bool:
        """Say whether a contact that is not this lead's has the address."""
        if not address or (held and held.properties.get(EMAIL) == address.lower()):
            return False
        holder = self._calls.find(turn, address, [KEY], by=EMAIL)
        return holder is not None and holder.properties.get(KEY) != lead

    def _put(self, turn: Turn, parcel: Parcel, values: Mapping[str, str]) -> Contact:
        row = {"id": parcel.lead, "idProperty": KEY, "properties": {**values, KEY: parcel.lead}}
        match self._calls.results(turn, "POST", f"{CONTACTS}/batch/upsert", {"inputs": [row]}):
            case [one]:
                return contact(one)
        raise CallFailed(Unknown("answer_not_readable", 200))

    def _change(self, turn: Turn, held: Contact, values: Mapping[str, str]) -> None:
        if values:
            changed = contact(self._calls.call(turn, "PATCH", f"{CONTACTS}/{held.id}", {"properties": values}))
            if changed.id != held.id:
                raise CallFailed(Unknown("answer_not_readable", 200))

    def _compare(self, turn: Turn, parcel: Parcel, held: Contact) -> ReadBack:
        there = held.properties

        def differs(name: str, value: FieldValue) -> bool:
            if name == EMAIL:
                return str(value).lower() not in (there.get(EMAIL, ""), there.get(SECOND, "").lower())
            return not _same(there.get(name, ""), str(value))

        fields = [name for name, value in parcel.fields.items() if differs(name, value)]
        decided = consent_values(parcel, self.map)
        wrong = {name for name, value in decided.items() if differs(name, value)}
        purposes = {one for one, places in self.map.consent.items() if places.state in wrong}
        if address := there.get(EMAIL):
            purposes |= set(self._preferences.differing(turn, parcel, address))
        return Held(held.id, (*fields, *(one.id for one in parcel.purposes if one.id in purposes)))

    def _basis(self, turn: Turn, parcel: Parcel) -> dict[str, str]:
        """Return HubSpot's own legal basis, in an account that keeps it: all that are alive, or none."""
        if BASIS not in (known := self._properties(turn)):
            return {}
        bases = {BASES.get(one.basis[:6]) for one in parcel.purposes if one.state in ALIVE}
        options = known[BASIS].get("options")
        values = [one.get("value") for one in options if isinstance(one, dict)] if isinstance(options, list) else []
        return {BASIS: ";".join(value for value in values if isinstance(value, str) and _letters(value) in bases)}

    def _properties(self, turn: Turn) -> Mapping[str, Mapping[str, Any]]:
        """Return the definitions of the properties that we write and that are there; asked once.

        By their names, for all of an account do not fit into one answer.
        """
        if not self._known:
            names = sorted({KEY, SECOND, BASIS, *_names(self.map)})
            pages = [names[first : first + PAGE] for first in range(0, len(names), PAGE)]
            self._known = {name: one for page in pages for name, one in self._defined(turn, page)}
        return self._known

    def _defined(self, turn: Turn, names: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        asked = {"archived": False, "dataSensitivity": "non_sensitive", "inputs": [{"name": name} for name in names]}
        match self._calls.call(turn, "POST", PROPERTIES, asked):
            case {"status": "COMPLETE", "results": list(found)}:  # its errors are names that are not there
                yield from ((str(one.get("name")), one) for one in found if isinstance(one, dict))
            case _:
                raise CallFailed(Unknown("answer_not_readable", 200))

    def _probe(self, turn: Turn, below: str, nobody: object) -> None:
        """Ask to write nobody: who may write is told that this is not valid."""
        try:
            self._calls.call(turn, "POST", below, nobody)
        except CallFailed as failed:
            if isinstance(failed.outcome, NotAllowedIn | Retry):
                raise

    def _check_subscriptions(self, turn: Turn) -> Outcome:
        mapped = {one for one, places in self.map.consent.items() if places.subscription}
        if not set(self.map.opt_out) <= mapped:
            return Refused("subscription_not_mapped")
        if not mapped:
            return Done()
        if EMAIL not in _names(self.map):
            return Refused("opt_out_without_address")
        found = self._calls.results(turn, "GET", f"{BELOW}/definitions")
        active = {one.get("id") for one in found if isinstance(one, dict) and one.get("isActive") is True}
        types = self._preferences.types
        if not {str(one) for one in types} <= active:
            return Refused("subscription_unknown_there")
        nobody = {"channel": "EMAIL", "subscriptionId": min(types), "statusState": "NOT_SPECIFIED"}
        self._probe(turn, f"{BELOW}/statuses/-", nobody)
        return Done()


def _addressed(values: Mapping[str, str], held: Contact | None, *, taken: bool) -> Mapping[str, str]:
    """Put an address where it can stand, and take it away from where it stood."""
    if EMAIL not in values:
        return values
    place, other = (SECOND, EMAIL) if taken else (EMAIL, SECOND)
    moved = {name: value for name, value in values.items() if name != EMAIL} | {place: values[EMAIL]}
    return moved | {other: ""} if held and held.properties.get(other) else moved


def _not_merged(found: Contact) -> Contact:
    if any(found.properties.get(name) for name in MERGED):
        raise CallFailed(Refused("merged_there"))
    return found


def _names(named: FieldMap) -> set[str]:
    """Return the properties that a map writes."""
    forms = [name for one in named.forms.values() for name in one.values()]
    places = [place for one in named.consent.values() for place in (one.state, one.decided_at, one.evidence) if place]
    return {*(named.fields or {}).values(), *forms, *named.fixed, *places}


def _writable(definition: Mapping[str, Any]) -> bool:
    match definition.get("modificationMetadata"):
        case {"readOnlyValue": True}:
            return False
    return True


def _same(there: str, here: str) -> bool:
    """Compare as text, and as moments: HubSpot writes those in its own way."""
    return there == here or ((moment := _moment(there)) is not None and moment == _moment(here))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalpha())

"""Dolibarr: one lead is one third party, a prospect, found by our lead key as its barcode.

The barcode is all that Dolibarr keeps unique and lets us choose freely. It says 200 with the old values to a change
that it did not make, and takes away all additional fields that a change leaves out. `docs/delivery.md` has the
settings, the rights and the table of answers.
"""

import re
import ssl
from collections.abc import Mapping
from datetime import datetime

from intake_api.crm.calling import TIME_LIMIT, CallFailed, Deadline
from intake_api.crm.consent_fields import consent_values, utc_text
from intake_api.crm.dolibarr_calls import Row, Session, Turn
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
from intake_api.settings import CrmAccount, SettingsError

KEY = "barcode"
PROSPECT = {"client": "2"}
OPTION = "options_"  # how the names of additional fields begin
OPTIONS = "array_options"
NUMBERS = frozenset({"phone", "fax"})  # kept without spaces and dots
CASE_OF_THEIRS = frozenset({"name", "town", "url"})  # a setting over there may change it
BEYOND = re.compile("[\U00010000-\U0010ffff]")  # what a column of its usual character set has no room for


class Dolibarr:
    """Writes third parties by the REST API; a change is believed when the answer shows it."""

    name = "dolibarr"

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
        :raises SettingsError: the map has `opt_out`, which nothing over there could be told by.
        """
        if named.opt_out:
            raise SettingsError("destinations/dolibarr.yml: Dolibarr cannot be told an opt-out; take opt_out away.")
        self.recipient, self.map = recipient, named
        self._time_limit = time_limit
        self._sales = Session(account.url, account.key, allow_loopback=allow_loopback, trust=trust)
        self._own_eraser = bool(account.erase_key)
        key = account.erase_key or account.key
        self._eraser = Session(account.url, key, allow_loopback=allow_loopback, trust=trust)

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
            return failed.outcome

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:
        """Compare fields and decisions."""
        try:
            row = self._find(Turn(Deadline(self._time_limit), now), parcel)
            return Absent() if row is None else self._compare(parcel, row)
        except CallFailed as failed:
            outcome = failed.outcome
            if isinstance(outcome, Retry | NotAllowedIn | Unknown):
                return outcome
            return Unknown(getattr(outcome, "reason", "unexpected_status"))

    def check(self, *, now: datetime) -> Outcome:
        """Ask for the rights by what nobody is, and for the fields that the map names.

        Additional fields are not asked for: their list is for administrators.
        """
        turn = Turn(Deadline(self._time_limit), now)
        try:
            known = self._sales.specimen(turn)
            self._sales.may_write(turn)
            if self.map.fields is None:
                return Refused("map_missing")
            if not {name for name in self.map.targets() if not name.startswith(OPTION)} <= known.keys():
                return Refused("field_unknown_there")
            return self._check_eraser(turn)
        except CallFailed as failed:
            return failed.outcome

    def _check_eraser(self, turn: Turn) -> Outcome:
        try:
            self._eraser.delete(turn, None)
        except CallFailed as failed:
            return self._not_erased(failed.outcome)
        return Done()

    def _upsert(self, turn: Turn, parcel: Parcel) -> Outcome:
        values = {name: value for name, value in parcel.fields.items() if value != ""} | self._consent(parcel)
        if row := self._find(turn, parcel):
            return self._update(turn, row, values)
        new = _texts({"name": parcel.reference, **PROSPECT, **self.map.fixed, **values, KEY: parcel.lead})
        try:
            self._sales.create(turn, _shaped(new, {}))
        except CallFailed as failed:
            refused = failed.outcome == Unknown("server_error", 500)
            if refused and (row := self._find(turn, parcel)):  # another worker made it just now
                return self._update(turn, row, values)
            raise
        made = self._find(turn, parcel)
        if made is None:
            return Retry("not_now")
        _kept(made, values)
        return Done(made.id)

    def _update_consent(self, turn: Turn, parcel: Parcel) -> Outcome:
        row = self._find(turn, parcel)
        return Refused("record_not_there") if row is None else self._update(turn, row, self._consent(parcel))

    def _correct(self, turn: Turn, parcel: Parcel) -> Outcome:
        row = self._find(turn, parcel)
        if row is None:
            return Refused("record_not_there")
        nameless = {"name": parcel.reference} if parcel.fields.get("name") == "" else {}  # it needs one
        return self._update(turn, row, {**parcel.fields, **nameless})

    def _erase(self, turn: Turn, parcel: Parcel) -> Outcome:
        """Delete the third party; its contacts and events, whose titles have its name, go with it.

        Dolibarr says 200 where a document hangs on it, and keeps it.
        """
        row = self._find(turn, parcel)
        if row is None:
            return Done()
        try:
            self._eraser.delete(turn, row.id)
        except CallFailed as failed:
            return self._not_erased(failed.outcome)
        return Done(row.id) if self._find(turn, parcel) is None else Refused("erase_refused", 200)

    def _not_erased(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, NotAllowedIn) and outcome.reason == "rights_missing" and not self._own_eraser:
            return Refused("erase_not_allowed", outcome.status)
        return outcome

    def _find(self, turn: Turn, parcel: Parcel) -> Row | None:
        """Return the third party that has our key.

        :raises CallFailed: it is another than the one that we made: merging gives our key to the one that stays.
        """
        row = self._sales.find(turn, parcel.lead)
        if row is None:
            return None
        if row.values.get(KEY) != parcel.lead:
            raise CallFailed(Unknown("answer_not_readable", 200))
        if parcel.remote_id and row.id != parcel.remote_id:
            raise CallFailed(Refused("merged_there"))
        return row

    def _update(self, turn: Turn, row: Row, values: Mapping[str, object]) -> Outcome:
        texts = _texts(values)
        if any(not _same(name, row.value(name), value) for name, value in texts.items()):
            _kept(self._sales.update(turn, row.id, _shaped(texts, row.options)), values)
        return Done(row.id)

    def _compare(self, parcel: Parcel, row: Row) -> ReadBack:
        wrong = {name for name, value in self._consent(parcel).items() if not _same(name, row.value(name), value)}
        purposes = {one for one, places in self.map.consent.items() if places.state in wrong}
        fields = [name for name, value in parcel.fields.items() if not _same(name, row.value(name), value)]
        return Held(row.id, (*fields, *(one.id for one in parcel.purposes if one.id in purposes)))

    def _consent(self, parcel: Parcel) -> dict[str, str]:
        return consent_values(parcel, self.map, utc_text)


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: _held_as(name, value) for name, value in values.items()}


def _shaped(values: Mapping[str, str], options: Mapping[str, object]) -> dict[str, object]:
    """Put additional fields where Dolibarr has them, beside all of theirs: what is left out it takes away."""
    ours = {name: value for name, value in values.items() if name.startswith(OPTION)}
    plain = {name: value for name, value in values.items() if name not in ours}
    return {**plain, OPTIONS: {**options, **ours}} if ours else dict(plain)


def _kept(row: Row, values: Mapping[str, object]) -> None:
    """Hold Dolibarr to its answer."""
    if any(not _same(name, row.value(name), value) for name, value in values.items()):
        raise CallFailed(Unknown("not_kept", 200))


def _same(name: str, held: object, value: object) -> bool:
    there, here = _held_as(name, "" if held is None else held), _held_as(name, value)
    return there.casefold() == here.casefold() if name in CASE_OF_THEIRS else there == here


def _held_as(name: str, value: object) -> str:
    """Write a value as Dolibarr keeps it."""
    text = BEYOND.sub("\ufffd", str(value)).strip()
    return re.sub(r"[\s.]", "", text) if name in NUMBERS else text

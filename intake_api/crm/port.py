"""The contract with a destination: what travels, what may be asked, and what can come of it.

A connector turns a `Parcel` into its own calls and the answer into one `Outcome`. It never raises for what the other
side did: an HTTP status is not an error class, so each connector has its own table. Several workers may call it at
once, and may ask the same thing twice: deliveries come at least once, so a `delivery` twice must be one record there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from intake_api.clock import rfc3339
from intake_api.rules.field_map import FieldMap

Operation = Literal["upsert", "update_consent", "correct", "erase"]
FieldValue = str | int


@dataclass(frozen=True)
class ParcelPurpose:
    """One purpose as the destination must know it: why it may hold the data, since when, and where that is proven."""

    id: str
    basis: str  # DPV term, such as A6-1-a
    state: str  # of DecisionState: acted | requested | given | refused | withdrawn | stopped | expired
    #   | needs_reconsent
    decided_at: datetime
    channel: str  # the door it was decided at: page | chat | popup | button
    evidence: str  # id of the evidence entry


@dataclass(frozen=True)
class Parcel:
    """All that leaves for a destination, and nothing else (X-02). Only `fields` holds what a person typed."""

    delivery: str  # the same on every attempt: the other side's idempotency key
    lead: str  # the same in every delivery of this lead
    reference: str  # VB-XXXX-XXXX: what the visitor was told, and quotes to sales
    subject: str
    form: str
    locale: str
    channel: str
    submitted_at: datetime
    notice: str  # hash of the text this person saw
    purposes: tuple[ParcelPurpose, ...]
    delete_after: datetime | None
    restricted: bool
    # By the destination's names. Of a correction only what changed, an empty text where nothing is left; of an erasure
    # nothing, of another consent nothing but what finds the person there where no id of ours does (an e-mail address).
    fields: Mapping[str, FieldValue] = field(repr=False)
    remote_id: str | None = None  # of the record there, as an earlier delivery of this lead told it


@dataclass(frozen=True)
class Done:
    """It is there. `remote_id` is the record's id over there, if it has one."""

    remote_id: str | None = None
    status: int | None = None


@dataclass(frozen=True)
class Duplicate:
    """It was there already: this very delivery, from an earlier attempt."""

    remote_id: str | None = None
    status: int | None = None


@dataclass(frozen=True)
class Retry:
    """Not now. `after` is the least wait the other side asked for."""

    reason: str
    after: timedelta | None = None
    status: int | None = None


@dataclass(frozen=True)
class Refused:
    """This parcel can never pass; the next one may."""

    reason: str
    status: int | None = None


@dataclass(frozen=True)
class NotAllowedIn:
    """We are not let in: no parcel can pass until a person acts. Stops the destination, loses nothing."""

    reason: str
    status: int | None = None


@dataclass(frozen=True)
class Gone:
    """The other side says this address is closed for good (410). Stops the destination, loses nothing."""

    reason: str
    status: int | None = None


@dataclass(frozen=True)
class Unknown:
    """An answer that fits no class: tried again a few times, then left to a person."""

    reason: str
    status: int | None = None


Outcome = Done | Duplicate | Retry | Refused | NotAllowedIn | Gone | Unknown


@dataclass(frozen=True)
class Held:
    """The destination holds the lead. `differs` names what is not there as the parcel says: fields, ids of purposes."""

    remote_id: str
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Absent:
    """The destination holds nothing of the lead."""


@dataclass(frozen=True)
class CannotTell:
    """This kind of destination only takes: nothing can be asked of it."""


ReadBack = Held | Absent | CannotTell | Retry | NotAllowedIn | Unknown


class Destination(Protocol):
    """One configured destination."""

    @property
    def name(self) -> str:
        """Return the name it is stored, paused and logged by."""

    @property
    def recipient(self) -> str:
        """Return the catalogue's id of the company that receives the data there."""

    @property
    def map(self) -> FieldMap:
        """Return under which names fields travel there; the parcel's fields are named so already."""

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Carry out one operation; answers within 10 s, whatever the other side does.

        `upsert` makes or updates the one record of this lead, and never empties a field it has no value for.
        `update_consent` writes what was decided and touches no field. `correct` writes the fields given and no other.
        `erase` leaves nothing of the lead there; what is not there (any more) is `Done`, too.
        """

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:
        """Compare what is held of the lead with the parcel; changes nothing, answers within 10 s."""

    def check(self, *, now: datetime) -> Outcome:
        """Say whether a parcel would be let in: address, credential and rights; sends nothing of anybody."""


def document(operation: Operation, parcel: Parcel) -> dict[str, object]:
    """Write a parcel as the JSON object our own formats carry (file and webhook); described in `docs/delivery.md`."""
    return {
        "delivery": parcel.delivery,
        "operation": operation,
        "lead": parcel.lead,
        "reference": parcel.reference,
        "subject": parcel.subject,
        "form": parcel.form,
        "locale": parcel.locale,
        "channel": parcel.channel,
        "submitted_at": rfc3339(parcel.submitted_at),
        "notice": parcel.notice,
        "purposes": [_purpose(purpose) for purpose in parcel.purposes],
        "delete_after": rfc3339(parcel.delete_after) if parcel.delete_after else None,
        "restricted": parcel.restricted,
        "fields": dict(parcel.fields),
    }


def _purpose(purpose: ParcelPurpose) -> dict[str, object]:
    return {
        "id": purpose.id,
        "basis": purpose.basis,
        "state": purpose.state,
        "decided_at": rfc3339(purpose.decided_at),
        "channel": purpose.channel,
        "evidence": purpose.evidence,
    }

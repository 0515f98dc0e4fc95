"""The dry run: what would travel to a destination if the lead were approved now, what would stay here, and why.

Nothing is sent and nothing is written. What travels is read off the very parcel that a delivery packs (X-02).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from intake_api.crm.consent_fields import opted_out
from intake_api.crm.port import FieldValue, Parcel
from intake_api.flows.judge_forwarding import Judgement
from intake_api.flows.pack_parcel import names_there, pack_parcel
from intake_api.rules.consent import DecisionState
from intake_api.rules.field_map import ConsentFields, FieldMap
from intake_api.rules.forwarding import Obstacle
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState, list_deliveries
from intake_api.store.leads import Lead

GATE_CLOSED = "gate_closed"  # nothing of this lead may go
NOT_NAMED = "recipient_not_named"  # nothing that it was asked for names the recipient
NO_PURPOSE = "no_living_purpose"  # what it was asked for, and names the recipient, does not hold
UNMAPPED = "unmapped"  # the destination's map has no name for it
NO_DELIVERY = ""  # the id is given at the approval


@dataclass(frozen=True)
class Going:
    """One field that would travel: its name here and there, and its value as it is sent."""

    here: str
    there: str
    value: FieldValue


@dataclass(frozen=True)
class Staying:
    """One field that would stay here and why; `states` are what was decided on the purposes that could let it go."""

    here: str
    why: str
    states: Mapping[str, DecisionState | None]


@dataclass(frozen=True)
class Preview:
    """What would come of approving a lead now.

    `parcel` is what would be sent, None where nothing may. `consent` says in which fields over there each purpose is
    written, `fixed` what every lead there gets, `opt_out` whether the destination is told that nobody may advertise to
    this person (None: it is told nothing). `remote_id` is the record there, as an earlier delivery was told it.
    """

    destination: str
    recipient: str
    obstacles: tuple[Obstacle, ...]
    parcel: Parcel | None
    going: tuple[Going, ...]
    staying: tuple[Staying, ...]
    consent: Mapping[str, ConsentFields]
    fixed: Mapping[str, str]
    opt_out: bool | None
    remote_id: str | None


def preview_parcel(
    tx: Connection,
    store: Store,
    lead: Lead,
    judgement: Judgement,
    named: FieldMap,
    *,
    destination: str,
    recipient: str,
    given: Mapping[str, object],
) -> Preview:
    """Say what would come of approving a lead now, by what was judged of it.

    :param given: what the person typed, by field: opening it is the caller's to record (A-01).
    """
    parcel = pack_parcel(tx, store, lead, judgement, named, delivery=NO_DELIVERY) if judgement.open else None
    names = names_there(lead, judgement, named) if parcel else {}
    sent = parcel.fields if parcel else {}
    going = tuple(Going(here, there, sent[there]) for here, there in names.items() if there in sent)
    staying = [here for here in given if here not in names]
    return Preview(
        destination=destination,
        recipient=recipient,
        obstacles=judgement.obstacles,
        parcel=parcel,
        going=going,
        staying=tuple(_staying(here, judgement, recipient) for here in staying),
        consent={one.id: named.consent[one.id] for one in parcel.purposes if one.id in named.consent} if parcel else {},
        fixed=named.fixed if parcel else {},
        opt_out=opted_out(parcel, named) if parcel else None,
        remote_id=record_there(tx, lead, destination, recipient),
    )


def record_there(tx: Connection, lead: Lead, destination: str, recipient: str) -> str | None:
    """Return the id of a lead's record over there, as an earlier delivery was told it."""
    to, there = (destination, recipient), None
    for one in list_deliveries(tx, lead.id):
        if (one.destination, one.recipient) == to:
            is_gone = one.kind == "erase" and one.state is DeliveryState.DELIVERED
            there = None if is_gone else one.remote_id or there
    return there


def _staying(here: str, judgement: Judgement, recipient: str) -> Staying:
    if not judgement.open:
        return Staying(here, GATE_CLOSED, {})
    if here in judgement.fields:
        return Staying(here, UNMAPPED, {})
    serves = judgement.serves.get(here, ())
    states = {one.id: one.state for one in judgement.promised if one.id in serves and recipient in one.recipients}
    return Staying(here, NO_PURPOSE if states else NOT_NAMED, states)

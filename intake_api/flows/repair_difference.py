"""Put a difference right: tell the destination again what it should hold, by the deliveries that there are for it."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.crm.port import Operation
from intake_api.flows.deliver import ERASE
from intake_api.flows.judge_forwarding import ForwardingBlocked, judge_forwarding
from intake_api.flows.pack_parcel import names_there
from intake_api.flows.tell_destinations import CORRECT, UPDATE_CONSENT
from intake_api.rules.field_map import FieldMap
from intake_api.rules.lead_state import Act, MoveRefused, next_state
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.comparisons import Difference, Differs, list_differences, note_repair
from intake_api.store.deliveries import DeliveryState, add_delivery
from intake_api.store.leads import Lead, LeadChanged, get_lead_by_id, move_lead

__all__ = ["ForwardingBlocked", "NotToRepair", "repair_difference"]


class NotToRepair(Exception):
    """This difference is put right already, or somebody else just began to."""

    code = "not_to_repair"


def repair_difference(store: Store, difference_id: str, named: FieldMap, *, staff_id: str, now: datetime) -> None:
    """Write the deliveries that put a difference right, due at once.

    What is still there is erased; other fields are corrected, another consent is told; what is missing is sent again,
    if the gate is open.

    :param named: under which names fields travel there.
    :raises NotToRepair: somebody was quicker.
    :raises ForwardingBlocked: what is missing may not be sent any more; says why.
    :raises StoreUnavailable: nothing was written.
    """
    with store.writing() as tx:
        found = next(iter(list_differences(tx, limit=1, only=difference_id)), None)
        if found is None or found.repair in (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING):
            raise NotToRepair("Somebody else has just put this right. Look at the list again.")
        lead = get_lead_by_id(tx, found.lead_id, hold=True)
        repairs = [
            _add(tx, lead, found, kind, fields, now=now) for kind, fields in _repairs(tx, lead, found, named, now=now)
        ]
        if not note_repair(tx, found.id, repairs[-1], seen=found.repair_id):
            raise NotToRepair("Somebody else has just put this right. Look at the list again.")
        evidence.add_entry(
            tx,
            "delivery.repaired",
            actor=f"staff:{staff_id}",
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={"destination": found.destination, "recipient": found.recipient, "deliveries": repairs},
        )


def _repairs(
    tx: Connection, lead: Lead, found: Difference, named: FieldMap, *, now: datetime
) -> list[tuple[Operation, list[str] | None]]:
    if found.kind is Differs.STILL_THERE:
        return [(ERASE, None)]
    judgement = judge_forwarding(tx, lead, found.recipient, now=now)
    if found.kind is Differs.MISSING:
        if not judgement.open:
            raise ForwardingBlocked(judgement.obstacles)
        try:
            move_lead(tx, lead, next_state(lead.state, Act.SEND_AGAIN), now=now)
        except (MoveRefused, LeadChanged):
            raise NotToRepair("This lead stands otherwise by now. Look at it first.") from None
        return [("upsert", None)]
    fields = [here for here, there in names_there(lead, judgement, named).items() if there in found.names]
    others = len(fields) < len(found.names)
    return [*([(CORRECT, sorted(fields))] if fields else []), *([(UPDATE_CONSENT, None)] if others else [])]


def _add(
    tx: Connection, lead: Lead, found: Difference, kind: Operation, fields: list[str] | None, *, now: datetime
) -> str:
    where = {"destination": found.destination, "recipient": found.recipient}
    new = {"kind": kind, "state": DeliveryState.RETRYING, "fields": fields, "now": now}
    return add_delivery(tx, lead_id=lead.id, **where, **new).id  # type: ignore[arg-type]

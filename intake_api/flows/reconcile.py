"""Compare what we believe with what the destination holds, batch by batch over the night (G-05).

Nothing is changed there. A batch is made while nothing is due, so that it takes no room of deliveries; how far it came
is kept, so that a worker that dies in between costs a batch. Values are compared over there: what comes back are names.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.crm.port import Absent, CannotTell, Destination, Held, Parcel, ReadBack, Unknown
from intake_api.flows.deliver import ERASE
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.pack_parcel import pack_parcel, pack_question
from intake_api.flows.preview_parcel import record_there
from intake_api.log import event
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.comparisons import (
    Comparison,
    Differs,
    begin_comparison,
    find_comparison,
    forget_difference,
    go_on,
    hold_batch,
    list_believed,
    note_difference,
)
from intake_api.store.deliveries import UNSETTLED, Delivery, DeliveryState, list_deliveries
from intake_api.store.delivery_health import list_health
from intake_api.store.leads import get_lead_by_id

AT_ONCE = 20
NIGHT = range(1, 5)  # hours of UTC in which a comparing begins and goes on
CANNOT_TELL = "cannot_tell"


def reconcile_at_night(store: Store, destination: Destination, *, clock: Clock) -> bool:
    """Make the next batch, if it is night and nothing is due; say whether there was one.

    :raises StoreUnavailable: the batch is made again later.
    """
    now = clock()
    if now.hour not in NIGHT:
        return False
    with store.reading() as tx:
        last = find_comparison(tx, destination.name)
        (health,) = (one for one in list_health(tx, [destination.name], now=now) if one.name == destination.name)
    if health.due or health.in_flight or health.pause or health.held_until:
        return False
    if last is None or last.began_at.date() < now.date():
        with store.writing() as tx:
            begin_comparison(tx, destination.name, now=now)
    elif last.ended_at is not None:
        return False
    return reconcile_batch(store, destination, clock=clock)


def reconcile_now(store: Store, destination: Destination, *, clock: Clock) -> Comparison:
    """Compare everything from the beginning on, whatever the hour; return how far it came.

    :raises StoreUnavailable: what was compared until then is kept.
    """
    with store.writing() as tx:
        begin_comparison(tx, destination.name, now=clock())
    while reconcile_batch(store, destination, clock=clock):
        pass
    with store.reading() as tx:
        last = find_comparison(tx, destination.name)
    assert last is not None  # noqa: S101 - it was begun above
    return last


def reconcile_batch(store: Store, destination: Destination, *, clock: Clock, limit: int = AT_ONCE) -> bool:
    """Compare a batch; say whether there was one to make."""
    with store.writing() as tx:
        if not hold_batch(tx, destination.name, now=clock()):
            return False
        last = find_comparison(tx, destination.name)
    assert last is not None  # noqa: S101 - it is held
    with store.reading() as tx:
        batch = list_believed(tx, destination.name, after=last.place, limit=limit)
    place, compared, why = last.place, 0, None
    for delivery in batch:
        why = _compare(store, destination, delivery, clock=clock)
        if why is not None:
            break
        place, compared = delivery.id, compared + 1
    over = why is not None or len(batch) < limit
    with store.writing() as tx:
        go_on(tx, destination.name, place=place, compared=compared, over=over, why=why, now=clock())
    if over:
        event("destination.compared", destination=destination.name, reason=why)
    return True


def _compare(store: Store, destination: Destination, believed: Delivery, *, clock: Clock) -> str | None:
    """Compare one lead and write down what differs; return why comparing ends here, if it does."""
    with store.reading() as tx:
        packed = _pack(tx, store, destination, believed, now=clock())
    if packed is None:
        with store.writing() as tx:
            forget_difference(tx, believed.id)
        return None
    parcel, is_gone = packed
    answer = destination.read_back(parcel, now=clock())
    with store.writing() as tx:
        return _note(tx, believed, answer, is_gone=is_gone, now=clock())


def _pack(
    tx: Connection, store: Store, destination: Destination, believed: Delivery, *, now: datetime
) -> tuple[Parcel, bool] | None:
    """Return what should be there, and whether that is nothing; None for what cannot be said now, or not by this one.

    While something of a lead is on its way, the two sides differ as they should.
    """
    if believed.place != (destination.name, destination.recipient):
        return None
    mine = [one for one in list_deliveries(tx, believed.lead_id) if one.place == believed.place]
    newest = [one for one in mine if not one.is_no and one.state is DeliveryState.DELIVERED][-1]
    if newest.id != believed.id or any(one.state in UNSETTLED for one in mine):
        return None
    lead = get_lead_by_id(tx, believed.lead_id)
    there = record_there(tx, lead, *believed.place)
    erased = [one for one in mine if one.kind == ERASE and one.state is DeliveryState.DELIVERED]
    if lead.state is LeadState.ERASED or any((one.last_at or now) >= (believed.last_at or now) for one in erased):
        return pack_question(lead, remote_id=there), True
    if lead.state is LeadState.MERGED:
        return None
    judgement = judge_forwarding(tx, lead, believed.recipient, now=now)
    parcel = pack_parcel(tx, store, lead, judgement, destination.map, delivery=believed.id)
    return replace(parcel, remote_id=there, restricted=lead.is_restricted), False


def _note(tx: Connection, believed: Delivery, answer: ReadBack, *, is_gone: bool, now: datetime) -> str | None:
    match answer:
        case Held() if is_gone:
            note_difference(tx, believed, Differs.STILL_THERE, [], now=now)
        case Absent() if not is_gone:
            note_difference(tx, believed, Differs.MISSING, [], now=now)
        case Held(differs=differs) if differs:
            note_difference(tx, believed, Differs.OTHERWISE, sorted(differs), now=now)
        case Held() | Absent():
            forget_difference(tx, believed.id)
        case CannotTell():
            return CANNOT_TELL
        case Unknown():
            return None  # of this lead nothing can be said: what is known of it stays
        case _:
            return answer.reason
    return None

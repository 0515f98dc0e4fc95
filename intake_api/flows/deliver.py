"""One attempt of a delivery: claim it and let go, call the other side, record what came of it (G-01, G-02).

A lead on its way, or what a destination is told of one that it has (`tell_destinations`).

No transaction is open while the other side is called. The state of lead and person is read again in the claim, right
before sending: what was withdrawn or erased since the approval does not leave.
"""

import random
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.crm.port import (
    Destination,
    Done,
    Duplicate,
    Gone,
    NotAllowedIn,
    Operation,
    Outcome,
    Parcel,
    Refused,
    Retry,
    Unknown,
)
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.note_told import note_told
from intake_api.flows.pack_no import pack_consent, pack_correction, pack_erasure
from intake_api.flows.pack_parcel import pack_parcel
from intake_api.log import event
from intake_api.rules.field_map import FieldMap
from intake_api.rules.forwarding import Obstacle
from intake_api.rules.lead_state import MOVES, Act, LeadState
from intake_api.rules.retry import LONGEST_WAIT, next_attempt
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.deliveries import (
    ARRIVED_STATES,
    DELIVERIES,
    FAILED,
    UNSETTLED,
    Attempt,
    Delivery,
    DeliveryState,
    list_deliveries,
    record_attempt,
)
from intake_api.store.destinations import destination_standing, hold_destination, pause_destination
from intake_api.store.inbound import is_deleted_there
from intake_api.store.lead_moves import forget_moves
from intake_api.store.leads import Lead, get_lead_by_id, move_lead
from intake_api.store.turns import claim_turn, find_claimed, find_running

UPSERT: Operation = "upsert"
ERASE: Operation = "erase"
ANSWERED = (*ARRIVED_STATES, DeliveryState.REFUSED)
NOT_THERE = ("not_there", "record_not_there")  # what connectors answer to a correction or a no
LOOK_AGAIN = timedelta(seconds=5)  # while another delivery of the lead is in hands
LINGERS = timedelta(minutes=10)  # a call that nobody answered may wait over there for so long, and be carried out
# Limits that a destination has for all that we send: what one delivery ran into, the next one would, too.
OF_THE_ACCOUNT = ("asked_to_wait", "daily_limit")
REMOTE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=-]{0,199}")


@dataclass(frozen=True)
class _Claimed:
    claim: str
    operation: Operation
    parcel: Parcel


def deliver(store: Store, destination: Destination, delivery_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn; an attempt whose turn is over, or that is settled, does nothing.

    May be run again at any time: the other side knows the parcel by the delivery's id, which never changes.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    claimed = _claim(store, destination, delivery_id, turn, now=clock())
    if claimed is None:
        return
    outcome = destination.send(claimed.operation, claimed.parcel, now=clock())
    now = clock()
    with store.writing() as tx:
        delivery = find_claimed(tx, DELIVERIES, delivery_id, claimed.claim)
        if delivery is None:
            event("delivery.outrun", delivery=delivery_id)  # another worker has it in hands; its report counts
            return
        settle(tx, delivery, outcome, claimed.parcel, now=now, jitter=random.random())  # noqa: S311 no secret


def settle(
    tx: Connection, delivery: Delivery, outcome: Outcome, parcel: Parcel | None, *, now: datetime, jitter: float
) -> None:
    """Write down what came of an attempt: delivery, lead, destination and evidence.

    `parcel` is what was sent, None when nothing was. `jitter` is a chance from 0 to 1.
    """
    if isinstance(outcome, (NotAllowedIn, Gone)) and pause_destination(
        tx, delivery.destination, reason=outcome.reason, delivery_id=delivery.id, now=now
    ):
        event("destination.paused", destination=delivery.destination, reason=outcome.reason)
    if isinstance(outcome, Retry) and outcome.reason in OF_THE_ACCOUNT and outcome.after:
        hold_destination(tx, delivery.destination, until=now + min(outcome.after, LONGEST_WAIT))
    attempt = _judged(delivery, outcome, now=now, jitter=jitter)
    if delivery.is_no and attempt.reason in NOT_THERE and not _was_there(tx, delivery):
        attempt = replace(attempt, state=DeliveryState.CANCELLED)  # it never came there, or comes with what is so now
    if delivery.kind == ERASE and attempt.state is DeliveryState.DELIVERED and now < (over := _lingers(tx, delivery)):
        # What such a call makes again is erased, too, once it can come no more.
        attempt = replace(attempt, state=DeliveryState.RETRYING, reason="may_still_arrive", next_attempt_at=over)
    # Held: whoever erases the lead at this moment waits, or has done so; what left is on the record either way.
    _record(tx, get_lead_by_id(tx, delivery.lead_id, hold=True), delivery, attempt, parcel, now=now)


def hold_back(tx: Connection, delivery: Delivery, obstacles: tuple[Obstacle, ...], *, now: datetime) -> None:
    """Settle a waiting delivery that may not leave any more, the way its next attempt would. The caller holds both."""
    _record(tx, get_lead_by_id(tx, delivery.lead_id), delivery, _blocked(*obstacles), None, now=now)


def cancel(tx: Connection, delivery: Delivery, reason: str, *, now: datetime) -> None:
    """Settle a waiting delivery that is not wanted any more. The caller holds it and its lead."""
    lead = get_lead_by_id(tx, delivery.lead_id)
    _record(tx, lead, delivery, Attempt(DeliveryState.CANCELLED, "cancelled", reason), None, now=now)


def _claim(store: Store, destination: Destination, delivery_id: str, turn: int, *, now: datetime) -> _Claimed | None:
    with store.writing() as tx:
        delivery = find_running(tx, DELIVERIES, delivery_id, turn)
        if delivery is None:
            return None
        lead = get_lead_by_id(tx, delivery.lead_id, hold=True)
        standing = destination_standing(tx, delivery.destination, now=now)
        if standing.is_paused:
            waiting = Attempt(DeliveryState.RETRYING, "waiting", "destination_paused", next_attempt_at=now)
            record_attempt(tx, delivery.id, waiting, now=now)
            return None
        if until := standing.held_until:
            waiting = Attempt(DeliveryState.RETRYING, "waiting", "asked_to_wait", next_attempt_at=until)
            record_attempt(tx, delivery.id, waiting, now=now)
            return None
        if (delivery.destination, delivery.recipient) != (destination.name, destination.recipient):
            _record(tx, lead, delivery, _blocked("destination_not_configured"), None, now=now)
            return None
        if due := _other_goes_first(tx, delivery, now=now):
            waiting = Attempt(DeliveryState.RETRYING, "waiting", "another_goes_first", next_attempt_at=due)
            record_attempt(tx, delivery.id, waiting, now=now)
            return None
        if delivery.is_no:
            return _claim_no(tx, store, lead, delivery, destination.map, now=now)
        if lead.state is not LeadState.QUALIFIED:
            reason = "erased" if lead.state is LeadState.ERASED else "not_approved"
            _record(tx, lead, delivery, Attempt(DeliveryState.CANCELLED, "cancelled", reason), None, now=now)
            return None
        judgement = judge_forwarding(tx, lead, delivery.recipient, now=now)
        if not judgement.open:
            _record(tx, lead, delivery, _blocked(*judgement.obstacles), None, now=now)
            return None
        forget_moves(tx, lead.id)  # from here on it may be over there: undoing would promise too much
        parcel = pack_parcel(tx, store, lead, judgement, destination.map, delivery=delivery.id)
        return _Claimed(claim_turn(tx, DELIVERIES, delivery.id, now=now), UPSERT, parcel)


def _claim_no(
    tx: Connection, store: Store, lead: Lead, delivery: Delivery, named: FieldMap, *, now: datetime
) -> _Claimed | None:
    """Claim what a destination is told of a lead that it has. No gate stands in its way: it says what is so now."""
    operation, parcel = cast(Operation, delivery.kind), None
    if operation == ERASE:
        parcel = pack_erasure(tx, lead, delivery)
    elif lead.state is not LeadState.ERASED:
        judgement = judge_forwarding(tx, lead, delivery.recipient, now=now)
        pack = pack_correction if operation == "correct" else pack_consent
        parcel = pack(tx, store, lead, judgement, named, delivery)
    if parcel is None:
        reason = "erased" if lead.state is LeadState.ERASED else "nothing_to_tell"
        _record(tx, lead, delivery, Attempt(DeliveryState.CANCELLED, "cancelled", reason), None, now=now)
        return None
    return _Claimed(claim_turn(tx, DELIVERIES, delivery.id, now=now), operation, parcel)


def _other_goes_first(tx: Connection, delivery: Delivery, *, now: datetime) -> datetime | None:
    """Say when to look again, if another delivery of the lead to the same place has to be settled before (G-02).

    No two are in hands at once, so that none overtakes another on its way; and no lead goes where a no waits to be
    told. The caller holds the lead, as all do who claim or settle one.
    """
    others = [one for one in list_deliveries(tx, delivery.lead_id) if one.id != delivery.id and one.state in UNSETTLED]
    before = [
        one
        for one in others
        if one.place == delivery.place and (one.state is DeliveryState.SENDING or (one.is_no and not delivery.is_no))
    ]
    if not before:
        return None
    theirs = [one.next_attempt_at for one in before if one.next_attempt_at and one.state is DeliveryState.RETRYING]
    return max([now + LOOK_AGAIN, *theirs])


def _was_there(tx: Connection, delivery: Delivery) -> bool:
    if is_deleted_there(tx, delivery.lead_id, delivery.recipient):
        return False
    return any(
        one.state is DeliveryState.DELIVERED and not one.is_no and one.place == delivery.place
        for one in list_deliveries(tx, delivery.lead_id)
    )


def _lingers(tx: Connection, erasure: Delivery) -> datetime:
    """Return until when a call that would write the lead there may still be carried out, as it had no good answer."""
    left = [
        one.left_at
        for one in list_deliveries(tx, erasure.lead_id)
        if one.place == erasure.place and one.kind != ERASE and one.state not in ANSWERED and one.left_at
    ]
    return max(left, default=erasure.created_at - LINGERS) + LINGERS


def _judged(delivery: Delivery, outcome: Outcome, *, now: datetime, jitter: float) -> Attempt:
    match outcome:
        case Done(remote_id, status):
            return Attempt(DeliveryState.DELIVERED, "done", None, status, _plain(remote_id))
        case Duplicate(remote_id, status):
            return Attempt(DeliveryState.DELIVERED, "duplicate", None, status, _plain(remote_id))
        case Refused(reason, status):
            return Attempt(DeliveryState.REFUSED, "refused", reason, status)
        case NotAllowedIn(reason, status):
            return Attempt(DeliveryState.RETRYING, "not_allowed_in", reason, status, next_attempt_at=now)
        case Gone(reason, status):
            return Attempt(DeliveryState.RETRYING, "gone", reason, status, next_attempt_at=now)
        case Retry(reason, after, status):
            due = next_attempt(delivery.attempts, now=now, jitter=jitter, asked=after)
            return _again("retry", reason, status, due)
        case Unknown(reason, status):
            due = next_attempt(delivery.attempts, now=now, jitter=jitter, readable=False)
            return _again("unknown", reason, status, due)


def _again(outcome: str, reason: str, status: int | None, due: datetime | None) -> Attempt:
    state = DeliveryState.GIVEN_UP if due is None else DeliveryState.RETRYING
    return Attempt(state, outcome, reason, status, next_attempt_at=due)


def _blocked(*obstacles: Obstacle | str) -> Attempt:
    codes = [one if isinstance(one, str) else one.code for one in obstacles]
    return Attempt(DeliveryState.BLOCKED, "blocked", codes[0])


def _plain(remote_id: str | None) -> str | None:
    """Keep the other side's id only if it is one: it is shown to people and written to the evidence (SEC-53)."""
    return remote_id if remote_id is not None and REMOTE_ID.fullmatch(remote_id) else None


def _record(
    tx: Connection, lead: Lead, delivery: Delivery, attempt: Attempt, parcel: Parcel | None, *, now: datetime
) -> None:
    record_attempt(tx, delivery.id, attempt, now=now)
    if not delivery.is_no:
        _move_lead(tx, lead, attempt.state, now=now)
    evidence.add_entry(
        tx,
        f"delivery.{_became(delivery, attempt)}",
        actor="system",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts=_transfer(delivery, attempt, parcel),
    )
    if delivery.is_no and attempt.state not in (*UNSETTLED, *FAILED):
        note_told(tx, delivery.id, now=now)
    event(
        f"delivery.{attempt.state.value}",
        delivery=delivery.id,
        destination=delivery.destination,
        attempt=delivery.attempts,
        outcome=attempt.outcome,
        reason=attempt.reason,
        status=attempt.status,
    )


def _became(delivery: Delivery, attempt: Attempt) -> str:
    if attempt.state is DeliveryState.DELIVERED and delivery.is_no:
        return "told"
    return "tried" if attempt.state is DeliveryState.RETRYING else attempt.state.value


def _move_lead(tx: Connection, lead: Lead, state: DeliveryState, *, now: datetime) -> None:
    act = Act.RECORD_DELIVERED if state is DeliveryState.DELIVERED else Act.RECORD_FAILED
    if state in (DeliveryState.DELIVERED, *FAILED) and (to := MOVES.get((lead.state, act))):
        move_lead(tx, lead, to, now=now)


def _transfer(delivery: Delivery, attempt: Attempt, parcel: Parcel | None) -> dict[str, object]:
    """Say what left for whom, why and with which outcome: names of fields, never values (X-04)."""
    return {
        "delivery": delivery.id,
        "destination": delivery.destination,
        "recipient": delivery.recipient,
        "operation": delivery.kind,
        "attempt": delivery.attempts,
        "outcome": attempt.outcome,
        "reason": attempt.reason,
        "status": attempt.status,
        "remote_id": attempt.remote_id,
        "fields": sorted(parcel.fields) if parcel else [],
        "purposes": [{"id": one.id, "basis": one.basis, "state": one.state} for one in parcel.purposes]
        if parcel
        else [],
    }

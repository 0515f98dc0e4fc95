"""Settle a delivery that failed for good: try it again, say that it was done by hand, or give up with a reason."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.deliver import REMOTE_ID
from intake_api.flows.judge_forwarding import ForwardingBlocked, judge_forwarding
from intake_api.flows.note_told import note_told
from intake_api.flows.try_delivery_again import try_delivery_again
from intake_api.queue import Queue
from intake_api.rules.by_hand import ClosedFor, read_words
from intake_api.rules.exports import WordsInvalid
from intake_api.rules.lead_state import Act, MoveRefused, next_state
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.deliveries import Delivery, DeliveryState
from intake_api.store.delivery_health import UPSERT
from intake_api.store.leads import Lead, LeadChanged, move_lead
from intake_api.store.parked import NotParked, begin_again, hold_parked, settle_by_hand

__all__ = ["ForwardingBlocked", "NotParked", "WordsInvalid", "close_parked", "do_by_hand", "try_parked_again"]


def try_parked_again(
    store: Store,
    queue: Queue,
    delivery_id: str,
    *,
    seen_turn: int,
    destination: str,
    recipient: str,
    staff_id: str,
    now: datetime,
) -> None:
    """Let a parked delivery go again, from the beginning of its schedule: to what is set up now.

    :raises NotParked: somebody else settled it.
    :raises ForwardingBlocked: the gate is closed (X-01, X-03); says why.
    :raises StoreUnavailable: nothing was written.
    """
    actor, seen = f"staff:{staff_id}", (delivery_id, seen_turn)
    with store.writing() as tx:
        delivery, lead = hold_parked(tx, delivery_id, seen_turn=seen_turn)
        if delivery.kind != UPSERT:
            begin_again(tx, delivery, now=now)
            _write_down(tx, "delivery.restarted", delivery, lead, actor, {}, now=now)
            return
    where = {"destination": destination, "recipient": recipient}
    try:
        try_delivery_again(store, queue, lead.reference, **where, actor=actor, seen=seen, now=now)
    except (MoveRefused, LeadChanged):
        raise NotParked("Somebody else has just settled this delivery. Look at the list again.") from None


def do_by_hand(
    store: Store,
    delivery_id: str,
    *,
    seen_turn: int,
    remote_id: str,
    words: str,
    staff_id: str,
    only_nos: bool = False,
    now: datetime,
) -> None:
    """Write down that somebody did over there by hand what was to be delivered: a person says so, no machine.

    What must not be passed on must not be passed on by hand either.

    :param remote_id: of the record over there, if there is one; `words` say what was done, and where.
    :param only_nos: a lead on its way counts as not parked: its decision is another's.
    :raises NotParked: somebody else settled it.
    :raises ForwardingBlocked: the gate is closed; says why.
    :raises WordsInvalid: there are no words, they name somebody, or the id is none.
    :raises StoreUnavailable: nothing was written.
    """
    kept = read_words(words, needed=True)
    if remote_id and not REMOTE_ID.fullmatch(remote_id):
        raise WordsInvalid("The number over there is one word of letters, digits and . _ : / = -")
    with store.writing() as tx:
        delivery, lead = hold_parked(tx, delivery_id, seen_turn=seen_turn, only_nos=only_nos)
        facts: dict[str, object] = {"remote_id": remote_id or None}
        if delivery.kind == UPSERT:
            judgement = judge_forwarding(tx, lead, delivery.recipient, now=now)
            if not judgement.open:
                raise ForwardingBlocked(judgement.obstacles)
            facts |= {"fields": sorted(judgement.fields), "purposes": list(judgement.purposes)}
            move_lead(tx, lead, next_state(lead.state, Act.DO_BY_HAND), now=now)
        said = {"reason": None, "remote_id": remote_id or None, "words": kept, "staff_id": staff_id}
        settle_by_hand(tx, delivery, DeliveryState.BY_HAND, **said, now=now)  # type: ignore[arg-type]
        _write_down(tx, "delivery.by_hand", delivery, lead, f"staff:{staff_id}", facts, now=now)


def close_parked(
    store: Store,
    delivery_id: str,
    *,
    seen_turn: int,
    reason: ClosedFor,
    words: str,
    staff_id: str,
    only_nos: bool = False,
    now: datetime,
) -> None:
    """Give a parked delivery up for a reason; its lead stays as one that could not be delivered.

    :raises NotParked: somebody else settled it.
    :raises WordsInvalid: there are no words where they are the reason, or they name somebody.
    :raises StoreUnavailable: nothing was written.
    """
    kept = read_words(words, needed=reason is ClosedFor.OTHER)
    with store.writing() as tx:
        delivery, lead = hold_parked(tx, delivery_id, seen_turn=seen_turn, only_nos=only_nos)
        said = {"reason": reason.value, "remote_id": None, "words": kept, "staff_id": staff_id}
        settle_by_hand(tx, delivery, DeliveryState.CLOSED, **said, now=now)  # type: ignore[arg-type]
        facts = {"reason": reason.value, "was": delivery.last_reason}
        _write_down(tx, "delivery.closed", delivery, lead, f"staff:{staff_id}", facts, now=now)


def _write_down(
    tx: Connection,
    kind: str,
    delivery: Delivery,
    lead: Lead,
    actor: str,
    facts: Mapping[str, object],
    *,
    now: datetime,
) -> None:
    """Write the entry, and the end of what waited for it; the words that somebody chose stand in none."""
    about = {"delivery": delivery.id, "destination": delivery.destination, "recipient": delivery.recipient}
    evidence.add_entry(
        tx,
        kind,
        actor=actor,
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={**about, "operation": delivery.kind, **facts},
    )
    if delivery.is_no and kind in ("delivery.by_hand", "delivery.closed"):
        note_told(tx, delivery.id, now=now)

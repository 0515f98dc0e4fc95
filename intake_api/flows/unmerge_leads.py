"""Undo a merge: both leads stand as before, save for what their person did meanwhile (T-10).

Whatever they took back since was taken back in both, so no yes comes back by it. Once one of the two is erased there is
nothing to undo any more.
"""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.flows.merge_leads import MERGED, tell_of_both
from intake_api.flows.take_back import leave_if_nothing_lives
from intake_api.queue import DELIVER_LEAD, Queue
from intake_api.rules.lead_state import LeadState, MoveRefused
from intake_api.rules.merging import restored_end
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState, list_deliveries, queue_again
from intake_api.store.lead_merges import LeadMerge, find_stranded, list_merged, remove_merge
from intake_api.store.leads import Lead, LeadChanged, LeadRestricted, LeadUnknown, change_lead, get_lead, get_lead_by_id
from intake_api.store.turns import turn_key

__all__ = [
    "LeadChanged",
    "LeadRestricted",
    "LeadUnknown",
    "MoveRefused",
    "find_undoable_merge",
    "return_stranded",
    "unmerge_leads",
]


def unmerge_leads(
    store: Store, queue: Queue, stays: str, merged: str, *, seen_version: int, staff_id: str, now: datetime
) -> None:
    """Undo the last merge into a lead as it was seen.

    :param stays: the reference of the lead that stays.
    :param merged: that of the one that was merged into it.
    :raises LeadUnknown: no such lead.
    :raises LeadChanged: somebody changed the lead that stays since version `seen_version`.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises MoveRefused: this is not the last merge into it, or one of the two was erased.
    :raises StoreUnavailable: nothing was undone.
    """
    queue.load()
    with store.writing() as tx:
        other = get_lead(tx, merged)
        for lead_id in sorted({get_lead(tx, stays).id, other.id}):
            hold_lead(tx, lead_id)
        main = lead_as_seen(tx, stays, seen_version)
        merge = find_undoable_merge(tx, main)
        if merge is None or merge.lead_id != other.id:
            raise MoveRefused("This merge cannot be undone.")
        end = restored_end(merge.into_delete_after, merge.end_set, main.delete_after)
        change_lead(tx, main, {"delete_after": end})
        _give_back(tx, queue, merge, actor=f"staff:{staff_id}", why="undone", now=now)


def find_undoable_merge(tx: Connection, stays: Lead) -> LeadMerge | None:
    """Return which merge into a lead would be undone now: the last of those of which nothing was erased."""
    if stays.state is LeadState.ERASED or stays.is_restricted:
        return None
    merges = list_merged(tx, stays.id)
    return next((one for one in merges if get_lead_by_id(tx, one.lead_id).state is LeadState.MERGED), None)


def return_stranded(store: Store, queue: Queue, *, now: datetime) -> int:
    """Let those come back that were merged into a lead which was erased, and they were not; return how many.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    with store.reading() as tx:
        stranded = find_stranded(tx)
    if not stranded:
        return 0
    queue.load()
    returned = 0
    for merge in stranded:
        with store.writing() as tx:
            lead = hold_lead(tx, merge.lead_id)
            if lead.state is LeadState.MERGED and merge in find_stranded(tx):
                _give_back(tx, queue, merge, actor="system", why="erased", now=now)
                returned += 1
    return returned


def _give_back(tx: Connection, queue: Queue, merge: LeadMerge, *, actor: str, why: str, now: datetime) -> None:
    """Let a merged lead, which the caller holds, stand as it stood; what waited to be sent waits again."""
    lead = get_lead_by_id(tx, merge.lead_id)
    end = restored_end(merge.delete_after, merge.end_set, lead.delete_after)
    change_lead(tx, lead, {"state": merge.state, "delete_after": end})
    remove_merge(tx, merge)
    stays = get_lead_by_id(tx, merge.into_id)
    facts = {
        "into": merge.into_id,
        "merged": lead.id,
        "why": why,
        "to": merge.state.value,
        "queued": _queue_again(tx, queue, lead),
        "told": tell_of_both(tx, stays, lead, now=now),
    }
    for one in (stays, lead):
        evidence.add_entry(
            tx, "lead.unmerged", actor=actor, now=now, lead_id=one.id, subject_id=one.subject_id, facts=facts
        )
    leave_if_nothing_lives(tx, lead.id, now=now)


def _queue_again(tx: Connection, queue: Queue, lead: Lead) -> list[str]:
    cancelled = [
        one
        for one in list_deliveries(tx, lead.id)
        if one.state is DeliveryState.CANCELLED and one.last_reason == MERGED
    ]
    for delivery in cancelled:
        queue.enqueue(tx, DELIVER_LEAD, turn_key(delivery.id, queue_again(tx, delivery).turn))
    return [one.id for one in cancelled]

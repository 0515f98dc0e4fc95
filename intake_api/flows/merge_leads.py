"""Merge a lead into another one of its person: what counts is the strictest of both, and nothing of either is lost.

Only leads of one address that its owner confirmed are merged (T-10), by a person of staff, never by itself. No value is
moved and no decision written: both stay as they are, and are read together from the same commit on.
"""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.clock import rfc3339
from intake_api.flows.decided_together import decided_together
from intake_api.flows.deliver import cancel
from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.flows.take_back import WAITING_DELIVERIES
from intake_api.flows.tell_destinations import UPDATE_CONSENT, in_short, tell_destinations
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import MERGEABLE
from intake_api.rules.merging import Hindrance, MergeRefused, compare
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.deliveries import DeliveryState, list_deliveries
from intake_api.store.lead_candidates import find_confirmed
from intake_api.store.lead_index import email_token
from intake_api.store.lead_merges import add_merge, list_merged, merged_with
from intake_api.store.leads import Lead, LeadChanged, LeadRestricted, LeadUnknown, get_lead, get_lead_by_id

__all__ = [
    "LeadChanged",
    "LeadRestricted",
    "LeadUnknown",
    "MergeRefused",
    "find_hindrance",
    "merge_leads",
    "states_of_lead",
]

MERGED = "merged"  # why a delivery that waited was cancelled


def merge_leads(
    store: Store, stays: str, merged: str, *, seen_version: int, merged_version: int, staff_id: str, now: datetime
) -> None:
    """Merge one lead into another, both as they were seen.

    A delivery of the merged one that waits is cancelled. Whoever has one of the two is told what counts in it now; both
    records stay there.

    :param stays: the reference of the lead that stays.
    :param merged: that of the lead that becomes part of it.
    :raises LeadUnknown: no such lead.
    :raises LeadChanged: somebody changed one of them since it was seen.
    :raises LeadRestricted: the person asked that one of them be kept and not used (S-10).
    :raises MergeRefused: these two cannot be merged; says why.
    :raises StoreUnavailable: nothing was written.
    """
    with store.writing() as tx:
        for lead_id in sorted({get_lead(tx, stays).id, get_lead(tx, merged).id}):
            hold_lead(tx, lead_id)
        main, other = lead_as_seen(tx, stays, seen_version), lead_as_seen(tx, merged, merged_version)
        if hindrance := find_hindrance(tx, main, other):
            raise MergeRefused(hindrance)
        end = min(main.delete_after, other.delete_after)
        facts: dict[str, object] = {
            "into": main.id,
            "merged": other.id,
            "contact": "email",
            "from": other.state.value,
            "delete_after": rfc3339(end),
            "decisions": _what_counts(tx, main, other, now=now),
            "cancelled": _cancel_waiting(tx, other, now=now),
        }
        add_merge(tx, main, other, end=end, staff_id=staff_id, now=now)
        facts["told"] = tell_of_both(tx, main, other, now=now)
        for lead in (main, other):
            actor = f"staff:{staff_id}"
            evidence.add_entry(
                tx, "lead.merged", actor=actor, now=now, lead_id=lead.id, subject_id=lead.subject_id, facts=facts
            )


def find_hindrance(tx: Connection, stays: Lead, merged: Lead) -> Hindrance | None:
    """Return what stands in the way of merging one lead into another; None if nothing does."""
    if stays.id == merged.id:
        return Hindrance.SAME_LEAD
    if not {stays.state, merged.state} <= MERGEABLE or stays.held_for or merged.held_for:
        return Hindrance.STATE
    if not _is_confirmed(tx, stays, merged):
        return Hindrance.NOT_CONFIRMED
    if list_merged(tx, merged.id):
        return Hindrance.HAS_MERGED
    if any(one.state is DeliveryState.SENDING and not one.is_no for one in list_deliveries(tx, merged.id)):
        return Hindrance.UNDER_WAY
    return None


def states_of_lead(tx: Connection, lead: Lead, *, now: datetime) -> dict[str, DecisionState]:
    """Return where each purpose of a lead stands now, together with what is merged into it by now.

    :raises NoticeAltered: a notice that was decided on was changed in the database.
    """
    own = current_decisions(tx, lead.id)
    merged = [get_lead_by_id(tx, one.lead_id) for one in list_merged(tx, lead.id)]
    return {purpose: one.state for purpose, one in decided_together(tx, lead, own, merged, now=now).items()}


def tell_of_both(tx: Connection, stays: Lead, merged: Lead, *, now: datetime) -> list[dict[str, str]]:
    """Tell whoever has one of two leads what counts in it now; return the deliveries. The caller holds both."""
    return [told for lead in (stays, merged) for told in in_short(tell_destinations(tx, lead, UPDATE_CONSENT, now=now))]


def _is_confirmed(tx: Connection, stays: Lead, merged: Lead) -> bool:
    """Say whether both have one address, which its owner confirmed in one of them, or in what is merged into it."""
    address = email_token(tx, stays.id)
    if address is None or address != email_token(tx, merged.id):
        return False
    return bool(find_confirmed(tx, [stays.id, merged.id, *merged_with(tx, stays.id)]))


def _what_counts(tx: Connection, stays: Lead, merged: Lead, *, now: datetime) -> list[dict[str, str | None]]:
    lines = compare(states_of_lead(tx, stays, now=now), states_of_lead(tx, merged, now=now))
    return [
        {"purpose": one.purpose, "stays": one.stays, "merged": one.merged, "counts": one.counts, "by": one.by}
        for one in lines
    ]


def _cancel_waiting(tx: Connection, lead: Lead, *, now: datetime) -> list[str]:
    waiting = [one for one in list_deliveries(tx, lead.id) if one.state in WAITING_DELIVERIES and not one.is_no]
    for delivery in waiting:
        cancel(tx, delivery, MERGED, now=now)
    return [one.id for one in waiting]

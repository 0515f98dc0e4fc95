"""Set the day by which somebody gets in touch with the person of a lead, or take it away."""

from datetime import datetime

from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.rules.follow_up import DayInvalid, end_of_day
from intake_api.rules.lead_state import TO_DECIDE, MoveRefused
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.leads import LeadChanged, LeadRestricted, LeadUnknown, change_lead

__all__ = ["DayInvalid", "LeadChanged", "LeadRestricted", "LeadUnknown", "MoveRefused", "set_follow_up"]


def set_follow_up(store: Store, reference: str, day: str, *, seen_version: int, staff_id: str, now: datetime) -> None:
    """Set the day of a lead as it was seen; it is in time until that day ends, in UTC.

    :param day: as in `2026-11-25`; an empty text takes away what was set.
    :raises DayInvalid: this is no day, or none between today and the lead's last.
    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises LeadChanged: somebody changed it since version `seen_version`.
    :raises MoveRefused: it was decided already.
    """
    with store.writing() as tx:
        lead = lead_as_seen(tx, reference, seen_version)
        if lead.state not in TO_DECIDE:
            raise MoveRefused("Only a lead that is still to decide is followed up.")
        by = end_of_day(day, now=now, until=lead.delete_after) if day else None
        if by == lead.follow_up_by:
            return
        change_lead(tx, lead, {"follow_up_by": by})
        evidence.add_entry(
            tx,
            "lead.follow_up_set",
            actor=f"staff:{staff_id}",
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={"day": day or None},
        )

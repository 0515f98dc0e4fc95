"""Say which of us has a lead in hand, or that nobody has. Who is given one by somebody else is told by mail."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.queue import SEND_ASSIGNMENT, Queue
from intake_api.rules.lead_state import TO_DECIDE, MoveRefused
from intake_api.rules.staff_roles import ALLOWED, StaffAct, may
from intake_api.store import evidence
from intake_api.store.assignments import add_assignment_mail
from intake_api.store.base import Store
from intake_api.store.leads import LeadChanged, LeadRestricted, LeadUnknown, change_lead
from intake_api.store.staff import Person, Reviewer, find_person, list_who_may
from intake_api.store.teams import leave_free, take_back_free
from intake_api.store.turns import turn_key

__all__ = [
    "AssigneeUnknown",
    "LeadChanged",
    "LeadRestricted",
    "LeadUnknown",
    "MoveRefused",
    "assign_lead",
    "assign_seen",
    "assignable",
]


class AssigneeUnknown(Exception):
    """There is no such person, their account is switched off, or they do not decide about leads."""

    code = "assignee_unknown"


def assign_lead(
    store: Store, queue: Queue, reference: str, to: str | None, *, seen_version: int, staff_id: str, now: datetime
) -> None:
    """Assign a lead as it was seen.

    :param to: the id of one of `assignable`; None for nobody.
    :raises AssigneeUnknown: nobody who can be given leads has this id.
    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises LeadChanged: somebody changed it since version `seen_version`.
    :raises MoveRefused: it was decided already.
    """
    queue.load()
    with store.writing() as tx:
        assign_seen(tx, queue, reference, to, seen_version=seen_version, staff_id=staff_id, now=now)


def assign_seen(
    tx: Connection,
    queue: Queue,
    reference: str,
    to: str | None,
    *,
    seen_version: int,
    staff_id: str,
    job: str | None = None,
    now: datetime,
) -> None:
    """Do so in the caller's transaction. `job`: the act on many leads that this is part of."""
    lead = lead_as_seen(tx, reference, seen_version)
    if lead.state not in TO_DECIDE:
        raise MoveRefused("Only a lead that is still to decide is given to somebody.")
    person = find_person(tx, to) if to else None
    if to and not (person and decides(person)):
        raise AssigneeUnknown("Choose one of those who decide about leads.")
    if to == lead.assigned_to:
        return
    change_lead(tx, lead, {"assigned_to": to})
    (take_back_free if to else leave_free)(tx, lead.id)  # what somebody puts back, no rule gives to anybody
    evidence.add_entry(
        tx,
        "lead.assigned",
        actor=f"staff:{staff_id}",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"staff": to, **({"job": job} if job else {})},
    )
    if to and to != staff_id and (mail := add_assignment_mail(tx, to, now=now)):
        queue.enqueue(tx, SEND_ASSIGNMENT, turn_key(mail.id, mail.turn))


def assignable(tx: Connection) -> list[Reviewer]:
    """Return who can be given leads, by their e-mail."""
    return list_who_may(tx, ALLOWED[StaffAct.DECIDE])


def decides(person: Person) -> bool:
    """Say whether a person decides about leads at present."""
    return person.disabled_at is None and may(person.reviewer.roles, StaffAct.DECIDE)

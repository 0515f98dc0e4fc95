"""One attempt at an act on many leads: some of them, each in a transaction of its own, then the next turn.

Each lead goes the way that a single press takes it, with the entry that leaves; what came of it is written down in the
same commit. So an attempt that is killed anywhere goes on with the next lead, and none is moved twice.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.flows.approve_lead import ForwardingBlocked, approve_seen
from intake_api.flows.assign_lead import AssigneeUnknown, assign_seen, decides
from intake_api.flows.contact_lead import contact_seen
from intake_api.flows.decline_lead import decline_seen
from intake_api.flows.end_bulk import end_bulk
from intake_api.flows.judge_bulk import Choice, why_left_out
from intake_api.flows.make_export import end_file, exports, put_in_file
from intake_api.flows.mark_spam import mark_seen
from intake_api.log import event
from intake_api.queue import ACT_ON_MANY, Queue
from intake_api.rules.bulk import BulkAct, LeftOut, Stopped
from intake_api.rules.lead_state import MoveRefused
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import BULK_JOBS, MOVED, BulkJob, BulkLead, next_lead, next_turn, record_outcome
from intake_api.store.leads import Lead, LeadChanged, LeadRestricted, get_lead_by_id
from intake_api.store.staff import find_person
from intake_api.store.turns import claim_turn, find_claimed, find_running, turn_key
from intake_api.store.vault import Vault

AT_A_TIME = 25  # so many leads, and others get their turn


@dataclass(frozen=True)
class BulkDesk:
    """What it takes to do what a single press does. `recipient` is the company behind `destination`.

    `fields_in_files` are the names of fields that a file of leads may have.
    """

    queue: Queue
    destination: str
    recipient: str
    fields_in_files: frozenset[str] = frozenset()


def act_on_many(store: Store, desk: BulkDesk, job_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn; one whose turn is over, or that is settled, does nothing.

    May be run again at any time. It ends at once when the job is stopped, or when its owner may no longer decide.

    :raises StoreUnavailable: the lead in hand is as it was; the attempt is made again later.
    """
    desk.queue.load()
    with store.writing() as tx:
        if find_running(tx, BULK_JOBS, job_id, turn) is None:
            return
        claim = claim_turn(tx, BULK_JOBS, job_id, now=clock())
    for _ in range(AT_A_TIME):
        if not _do_next(store, desk, job_id, claim, now=clock()):
            return
    with store.writing() as tx:
        job = find_claimed(tx, BULK_JOBS, job_id, claim)
        if job is not None:
            next_turn(tx, job)
            desk.queue.enqueue(tx, ACT_ON_MANY, turn_key(job_id, job.turn + 1))


def _do_next(store: Store, desk: BulkDesk, job_id: str, claim: str, *, now: datetime) -> bool:
    """Do the next lead; False when there is nothing more to do in these hands."""
    try:
        with store.writing() as tx:
            held = _held(tx, job_id, claim, now=now)
            if held is None:
                return False
            record_outcome(tx, job_id, held[1].place, _done(tx, store.vault, desk, *held, now=now))
            return True
    except AssigneeUnknown:
        return _stop(store, job_id, claim, now=now)
    except (LeadChanged, LeadRestricted, MoveRefused, ForwardingBlocked):  # between our look and our write
        return _leave_out(store, job_id, claim, now=now)


def _held(tx: Connection, job_id: str, claim: str, *, now: datetime) -> tuple[BulkJob, BulkLead] | None:
    """Hold the job and return it with its next lead; None when it is over, which is written down if it is new."""
    job = find_claimed(tx, BULK_JOBS, job_id, claim)
    if job is None:
        event("bulk.outrun", job=job_id)  # it was stopped, or another worker has it in hands
        return None
    owner = find_person(tx, job.staff_id, hold=False)  # two who give each other leads must not wait for each other
    if owner is None or not (exports if job.act is BulkAct.EXPORT else decides)(owner):
        end_bulk(tx, job, stopped=Stopped.ACCOUNT, now=now)
        return None
    lead = next_lead(tx, job_id)
    if lead is None:
        if job.act is BulkAct.EXPORT:
            end_file(tx, job, now=now)
        end_bulk(tx, job, stopped=None, now=now)
        return None
    return job, lead


def _done(tx: Connection, vault: Vault, desk: BulkDesk, job: BulkJob, one: BulkLead, *, now: datetime) -> str:
    """Do what is to be done with a lead, if nothing speaks against it; return the outcome."""
    is_export = job.act is BulkAct.EXPORT  # moves nothing, so what was changed meanwhile is judged anew
    lead = get_lead_by_id(tx, one.lead_id, hold=is_export)
    if lead.version != one.seen_version and not is_export:
        return LeftOut.CHANGED
    choice = Choice(job.act, job.reason, job.given_to)
    if why := why_left_out(tx, lead, choice, desk.recipient, now=now):
        return why
    if is_export:
        put_in_file(tx, vault, (job.id, one.place), lead, desk.fields_in_files, now=now)
        return MOVED
    _do(tx, desk, job, lead, now=now)
    return MOVED


def _do(tx: Connection, desk: BulkDesk, job: BulkJob, lead: Lead, *, now: datetime) -> None:
    at, me, version, queue = lead.reference, job.staff_id, lead.version, desk.queue
    match job.act:
        case BulkAct.APPROVE:
            to = {"destination": desk.destination, "recipient": desk.recipient}
            approve_seen(tx, queue, at, **to, seen_version=version, staff_id=me, job=job.id, now=now)
        case BulkAct.CONTACT:
            contact_seen(tx, at, seen_version=version, staff_id=me, job=job.id, now=now)
        case BulkAct.SPAM:
            mark_seen(tx, at, seen_version=version, staff_id=me, job=job.id, now=now)
        case BulkAct.DECLINE:
            decline_seen(tx, at, reason=job.reason or "", seen_version=version, staff_id=me, job=job.id, now=now)
        case BulkAct.ASSIGN:
            assign_seen(tx, queue, at, job.given_to, seen_version=version, staff_id=me, job=job.id, now=now)


def _leave_out(store: Store, job_id: str, claim: str, *, now: datetime) -> bool:
    """Write down that the lead in hand was changed by somebody at this very moment."""
    with store.writing() as tx:
        held = _held(tx, job_id, claim, now=now)
        if held is None:
            return False
        record_outcome(tx, job_id, held[1].place, LeftOut.CHANGED)
        return True


def _stop(store: Store, job_id: str, claim: str, *, now: datetime) -> bool:
    with store.writing() as tx:
        job = find_claimed(tx, BULK_JOBS, job_id, claim)
        if job is not None:
            end_bulk(tx, job, stopped=Stopped.ASSIGNEE, now=now)
    return False

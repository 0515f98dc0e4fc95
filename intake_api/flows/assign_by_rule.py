"""Give new leads to people as the rules of the catalogue say, and take leads out of the hand of whoever left.

The worker does it in a round, so that it costs no submission anything. Each lead is a transaction of its own, in which
the team is held: of two workers one gives it, and the turns of its people stay fair.
"""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.assign_lead import decides
from intake_api.queue import SEND_ASSIGNMENT, Queue
from intake_api.rules.assignment import Assignment, AssignmentRule, Member, in_turn, next_turn
from intake_api.rules.lead_state import TO_DECIDE, LeadState
from intake_api.store import evidence
from intake_api.store.assignments import add_assignment_mail
from intake_api.store.base import Store
from intake_api.store.leads import Lead, change_lead, get_lead_by_id
from intake_api.store.staff import find_person, list_people
from intake_api.store.teams import (
    add_departure,
    find_to_assign,
    is_left_free,
    leads_in_hand,
    list_departures,
    members_of,
    note_turn,
    remove_departure,
)
from intake_api.store.turns import turn_key

A_ROUND = 100  # leads at most, so that a backlog holds nobody up
TRIES = 5  # to find whose turn it is, while others give leads to the same team
LEFT = "left"  # why a lead was taken out of a hand


def assign_by_rule(
    store: Store, queue: Queue, assignment: Assignment, kinds: list[tuple[str, str]], *, now: datetime
) -> int:
    """Give new leads that nobody has to whose turn it is; return how many. A lead that somebody has stays there.

    :param kinds: the forms and languages that leads come in.
    :raises StoreUnavailable: what was given stays given; the next round goes on.
    """
    with store.reading() as tx:
        able = [rule for rule in assignment.rules if _has_somebody(tx, rule, now=now)]
        ruled = [kind for kind in kinds if assignment.rule_for(*kind) in able]
        leads = find_to_assign(tx, ruled, limit=A_ROUND) if ruled else []
    if not leads:
        return 0
    queue.load()
    given = 0
    for lead in leads:
        rule = assignment.rule_for(lead.form, lead.locale)
        if rule is not None:
            given += _given(store, queue, rule, lead, now=now)
    return given


def free_left_leads(store: Store, *, now: datetime) -> int:
    """Take the leads to decide of whoever no longer decides out of their hand; return how many.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    with store.reading() as tx:
        gone = list_departures(tx)
    freed = 0
    for staff_id in gone:
        with store.reading() as tx:
            lead_ids = leads_in_hand(tx, staff_id, limit=A_ROUND)
        for lead_id in lead_ids:
            with store.writing() as tx:
                freed += _free(tx, staff_id, lead_id, now=now)
        if not lead_ids:
            with store.writing() as tx:
                find_person(tx, staff_id)  # held: whoever is given a lead at this moment was asked before
                if not leads_in_hand(tx, staff_id, limit=1):
                    remove_departure(tx, staff_id)
    return freed


def note_left_leads(store: Store, *, now: datetime) -> int:
    """Find whose leads are still to be taken out of their hand: one that was undone came back into it.

    :return: of how many people.
    :raises StoreUnavailable: the rest is left for the next round.
    """
    with store.reading() as tx:
        gone = [one.reviewer.id for one in list_people(tx, now=now) if not decides(one)]
        gone = [staff_id for staff_id in gone if leads_in_hand(tx, staff_id, limit=1)]
    for staff_id in gone:
        with store.writing() as tx:
            if (person := find_person(tx, staff_id)) and not decides(person):
                add_departure(tx, staff_id)
    return len(gone)


def _has_somebody(tx: Connection, rule: AssignmentRule, *, now: datetime) -> bool:
    return bool(in_turn(members_of(tx, rule.team, now=now), only_present=rule.only_present))


def _given(store: Store, queue: Queue, rule: AssignmentRule, lead: Lead, *, now: datetime) -> bool:
    """Give a lead to whose turn it is; look again when another worker was quicker with the turn."""
    for _ in range(TRIES):
        with store.reading() as tx:
            staff_id = _first(tx, members_of(tx, rule.team, now=now), rule)
        if staff_id is None:
            return False
        with store.writing() as tx:
            given = _give(tx, queue, rule, lead, staff_id, now=now)
        if given is not None:
            return given
    return False


def _first(tx: Connection, members: list[Member], rule: AssignmentRule) -> str | None:
    """Return the first of those whose turn it is who decides about leads at present."""
    for one in in_turn(members, only_present=rule.only_present):
        person = find_person(tx, one.staff_id, hold=False)
        if person is not None and decides(person):
            return one.staff_id
    return None


def _give(tx: Connection, queue: Queue, rule: AssignmentRule, seen: Lead, to: str, *, now: datetime) -> bool | None:
    """Give a lead to somebody, if it is still their turn; None if it is another's by now.

    Held in this order, as by whoever changes people: the person, the team, the lead.
    """
    find_person(tx, to)
    members = members_of(tx, rule.team, now=now, hold=True)
    if _first(tx, members, rule) != to:
        return None
    lead = get_lead_by_id(tx, seen.id, hold=True)
    if lead.version != seen.version or lead.state is not LeadState.NEW or is_left_free(tx, lead.id):
        return False  # somebody was quicker; if it still waits, the next round sees it
    change_lead(tx, lead, {"assigned_to": to})
    note_turn(tx, rule.team, to, next_turn(members))
    evidence.add_entry(
        tx,
        "lead.assigned",
        actor=f"rule:{rule.id}",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"staff": to, "team": rule.team},
    )
    if mail := add_assignment_mail(tx, to, now=now):
        queue.enqueue(tx, SEND_ASSIGNMENT, turn_key(mail.id, mail.turn))
    return True


def _free(tx: Connection, staff_id: str, lead_id: str, *, now: datetime) -> bool:
    person = find_person(tx, staff_id)
    if person is not None and decides(person):
        return False  # they are back, and keep what they had
    lead = get_lead_by_id(tx, lead_id, hold=True)
    if lead.assigned_to != staff_id or lead.state not in TO_DECIDE:
        return False
    change_lead(tx, lead, {"assigned_to": None})
    evidence.add_entry(
        tx,
        "lead.assigned",
        actor="system",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"staff": None, "from": staff_id, "why": LEFT},
    )
    return True

"""Lift a restriction on our own account: not before its persons were told that and why (Art. 18(3), S-10)."""

import json
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.record_told import Telling
from intake_api.flows.tell_destinations import UPDATE_CONSENT, tell_destinations
from intake_api.flows.write_letter import write_about_lead
from intake_api.log import event
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.letter_text import ReasonRefused, checked_reason
from intake_api.rules.rights import RightsKind
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.leads import Lead, restrict
from intake_api.store.letters import Letter, LetterKind, list_letters
from intake_api.store.mails import MailState
from intake_api.store.rights_cases import CaseUnknown, RightsCase, get_case

__all__ = [
    "CaseUnknown",
    "NotTold",
    "NothingRestricted",
    "ReasonRefused",
    "lift_restriction",
    "restricted_by",
]

UNSENT = (MailState.REFUSED, MailState.GIVEN_UP, MailState.DROPPED)


class NothingRestricted(Exception):
    """No lead is restricted by this case, or not any more."""

    code = "nothing_restricted"


class NotTold(Exception):
    """The person does not know yet that the restriction shall end, so it stands."""

    code = "not_told"


def lift_restriction(
    store: Store, queue: Queue, case_id: str, reason: str, *, told: Telling | None = None, now: datetime
) -> list[str]:
    """Lift what a case restricted, once its person was told; return the references. Otherwise tell them and refuse.

    :param told: how they were told otherwise than by our mail.
    :raises ReasonRefused: no reason, or none that fits into a mail.
    :raises CaseUnknown: no such case of a restriction.
    :raises NothingRestricted: there is nothing to lift.
    :raises NotTold: a mail is on its way, or could not be handed over: nothing was lifted.
    :raises StoreUnavailable: nothing was written.
    """
    checked = checked_reason(reason)
    queue.load()
    with store.writing() as tx:
        case = get_case(tx, case_id, hold=True)
        if case.kind is not RightsKind.RESTRICTION:
            raise CaseUnknown("There is no such case of a restriction.")
        leads = _restricted(tx, case)
        if not leads:
            raise NothingRestricted("No lead is restricted by this case any more.")
        letter = _last_letter(tx, case)
        if told or (letter and letter.state is MailState.SENT):
            _lift(tx, case, leads, told or Telling.MAIL, now=now)
            return [lead.reference for lead in leads]
        is_new = letter is None or letter.state in UNSENT
        if is_new:
            write_about_lead(
                tx, store, queue, leads[0], LetterKind.LIFTING, {"reason": checked}, case_id=case.id, now=now
            )
    raise NotTold(
        "Nothing was lifted: the person must know first. A mail that tells them was queued; repeat this once it was "
        "sent, or say with --told how else you told them."
        if is_new
        else "Nothing was lifted: the mail that tells the person was not sent yet."
    )


def _restricted(tx: Connection, case: RightsCase) -> list[Lead]:
    """Return the leads that a case restricted and that still are, held."""
    done = [json.loads(entry.body) for entry in evidence.entries_of_kind(tx, "rights.done")]
    ids = sorted({lead_id for said in done if said["case"] == case.id for lead_id in said["leads"]})
    leads = [hold_lead(tx, lead_id) for lead_id in ids]
    standing = [lead for lead in leads if lead.is_restricted and lead.state is not LeadState.ERASED]
    return [lead for lead in standing if restricted_by(tx, lead) == case.id]  # the person may have asked anew


def restricted_by(tx: Connection, lead: Lead) -> str | None:
    """Return the case by which a lead was restricted last."""
    said = [json.loads(entry.body) for entry in evidence.list_entries(tx, lead.id) if entry.kind == "lead.restricted"]
    return str(said[-1]["case"]) if said else None


def _last_letter(tx: Connection, case: RightsCase) -> Letter | None:
    return next(reversed(list_letters(tx, LetterKind.LIFTING, case_id=case.id)), None)


def _lift(tx: Connection, case: RightsCase, leads: list[Lead], told: Telling, *, now: datetime) -> None:
    for lead in leads:
        restrict(tx, lead.id, None)
        evidence.add_entry(
            tx,
            "lead.restriction_lifted",
            actor="operator",
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={"case": case.id, "told": told.value},
        )
        tell_destinations(tx, lead, UPDATE_CONSENT, case_id=case.id, now=now)
        event("lead.restriction_lifted", lead=lead.id, case=case.id)

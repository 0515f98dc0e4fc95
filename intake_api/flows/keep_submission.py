"""Write an accepted submission: lead, decisions and evidence in one transaction, or nothing at all (E-06)."""

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import Connection

from intake_api.catalogue.model import Catalogue
from intake_api.clock import rfc3339
from intake_api.flows.accept_submission import Accepted
from intake_api.flows.ask_for_second_yes import ask_for_second_yes
from intake_api.flows.receipt_token import read_receipt_token, receipt_token
from intake_api.flows.write_letter import write_about_lead
from intake_api.queue import Queue
from intake_api.rules.confirmation import UNCONFIRMED
from intake_api.rules.consent import DecisionState, permits
from intake_api.rules.first_response import respond_by
from intake_api.rules.follow_up import due_at
from intake_api.rules.lead_state import LeadState
from intake_api.rules.qualification import Score, score
from intake_api.rules.retention import delete_after
from intake_api.rules.suspicion import HELD, Reason
from intake_api.rules.telling import tell_by
from intake_api.store import evidence
from intake_api.store.adding import in_one_go
from intake_api.store.base import Store
from intake_api.store.code_uses import count_use
from intake_api.store.decisions import Decision, add_decisions
from intake_api.store.leads import Lead, NewLead, add_lead, find_sent, new_reference
from intake_api.store.letters import LetterKind
from intake_api.store.presentations import Outcome, add_answered, find_answered
from intake_api.store.subjects import add_subject

WORKFLOW = "2"  # in each entry; raise it when what is checked, decided or kept of a submission changes (E-09)
STAFF_WROTE = "staff"  # who exactly stands in an entry of its own, so that no receipt shows it


class PresentationUsed(Exception):
    """Something else was already decided on this presentation."""

    code = "presentation_used"


class IdempotencyKeyReused(Exception):
    """The same idempotency key came with different content of the same presentation."""

    code = "idempotency_key_reused"


@dataclass(frozen=True)
class Receipt:
    """The answer to a submission. `token` opens the visitor's receipt; only its digest is kept (SEC-45).

    `state` is what the visitor is told: a held lead is new to them, or a machine would learn what to do better.
    `left_out` are the codes of what was left out of free texts before anything was written: told, and not kept itself.
    """

    reference: str
    state: LeadState
    token: str
    is_new: bool
    left_out: tuple[str, ...] = ()


def keep_submission(
    store: Store,
    queue: Queue,
    catalogue: Catalogue,
    accepted: Accepted,
    *,
    reasons: tuple[Reason, ...] = (),
    now: datetime,
) -> Receipt:
    """Write all of it, or nothing.

    :param reasons: why it looks as if a machine had sent it; it is held then.
    :raises AnotherWasFirst: the presentation or the reference is taken.
    :raises StoreUnavailable: nothing was kept.
    """
    lead_id, entry_id = uuid.uuid4().hex, evidence.new_entry_id()
    token = receipt_token(accepted.token_key, lead_id)
    decisions = _decisions(catalogue, accepted, entry_id, now)
    code = catalogue.code(accepted.submission.attribution.get("code", ""), today=now.date())
    lead = _lead(catalogue, accepted, lead_id, entry_id, code, reasons, now)
    ends_at = _yes_ends_at(catalogue, accepted.states, now)
    digest = read_receipt_token(token)[1]
    with store.writing() as tx:
        with in_one_go(tx):
            add_answered(tx, accepted.shown, Outcome.SUBMITTED, lead_id=lead_id, now=now)
            key = add_subject(tx, store.vault, lead.subject_id, now=now)
            macs = accepted.macs
            add_lead(
                tx, store.vault, key, NewLead(lead, accepted.values, digest, macs.content, macs.idempotency, ends_at)
            )
            add_decisions(tx, lead_id, decisions)
            evidence.add_entry(
                tx,
                "submission.received",
                entry_id=entry_id,
                actor=STAFF_WROTE if accepted.recorded else "subject",
                now=now,
                lead_id=lead_id,
                subject_id=lead.subject_id,
                facts=_facts(accepted, decisions, reasons),
                commitment=evidence.commit_to(store.vault, key, entry_id, {"fields": dict(accepted.values)}),
            )
            _name_who_wrote(tx, lead, accepted, now)
        if not reasons:  # else whoever releases it asks: no machine makes us write to somebody
            ask_for_second_yes(tx, queue, accepted.token_key, lead_id, accepted.first_yeses, now=now)
        if lead.tell_by and not accepted.first_yeses and accepted.values.get("email"):
            said = _said(accepted)
            about = {"way": str(said["way"]), "day": str(said["said_on"])}
            write_about_lead(tx, store, queue, lead, LetterKind.NOTICE, about, now=now)
        if code:
            count_use(tx, code, accepted.shown.form)
    return Receipt(lead.reference, _told(lead.state), token, is_new=True, left_out=accepted.left_out)


def first_answer(store: Store, accepted: Accepted) -> Receipt | None:
    """Return the first answer to the same submission; None if nothing was sent on its presentation.

    :raises PresentationUsed: something else was answered on it.
    :raises IdempotencyKeyReused: the key belongs to another content of the same presentation.
    """
    macs = accepted.macs
    with store.reading() as tx:
        answered = find_answered(tx, accepted.shown.id)
        sent = find_sent(tx, answered.lead_id) if answered and answered.lead_id else None
    if answered is None:
        return None
    if sent is None:
        raise PresentationUsed("You already answered this notice.")
    if not hmac.compare_digest(sent.content_mac, macs.content):
        if macs.idempotency and hmac.compare_digest(sent.idempotency_mac or b"", macs.idempotency):
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for other content. Use a new key for new content."
            )
        raise PresentationUsed("This form was already sent with other content.")
    token = receipt_token(accepted.token_key, sent.lead_id)
    return Receipt(sent.reference, _told(sent.state), token, is_new=False, left_out=accepted.left_out)


def score_lines(scored: Score) -> list[dict[str, object]]:
    """Return what a score was made of, as it is kept beside the lead."""
    return [
        {"id": line.id, "says": line.says, "points": line.points, "of": line.of, "version": scored.version}
        for line in scored.lines
    ]


def _lead(
    catalogue: Catalogue,
    accepted: Accepted,
    lead_id: str,
    entry_id: str,
    code: str | None,
    reasons: tuple[Reason, ...],
    now: datetime,
) -> Lead:
    shown, view, values, recorded = accepted.shown, accepted.view, accepted.values, accepted.recorded
    scored, said_at = score(view.form, values), _said_at(accepted)
    return Lead(
        id=lead_id,
        reference=new_reference(),
        subject_id=uuid.uuid4().hex,
        presentation_id=shown.id,
        notice_hash=shown.notice_hash,
        form=shown.form,
        channel=shown.channel,
        locale=shown.locale,
        state=LeadState.HELD if reasons else LeadState.NEW,
        version=1,
        score=scored.points,
        score_lines=score_lines(scored),
        attribution=_attribution(accepted.submission.attribution, code),
        received_at=now,
        delete_after=_delete_after(catalogue, accepted, reasons, now),
        decided_at=None,
        decided_by=None,
        decline_reason=None,
        held_for=list(reasons) or None,
        evidence_entry=entry_id,
        follow_up_by=due_at(view.form.follow_up, view.form.rules, values, now=now),
        respond_by=respond_by(
            view.form.first_response, catalogue.organisation.opening_hours, view.form.rules, values, now=now
        ),
        tell_by=tell_by(said_at) if said_at and recorded and not recorded.told else None,
    )


def _name_who_wrote(tx: Connection, lead: Lead, accepted: Accepted, now: datetime) -> None:
    """Write down which of the staff wrote down what somebody said, and whether they were given the notice (C-19)."""
    recorded = accepted.recorded
    if recorded is None:
        return
    evidence.add_entry(
        tx,
        "lead.recorded",
        actor=f"staff:{recorded.staff_id}",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={**_said(accepted), "notice": lead.notice_hash, "told": recorded.told},
    )


def _said(accepted: Accepted) -> dict[str, object]:
    recorded = accepted.recorded
    return {"way": recorded.way.value, "said_on": recorded.said_on.isoformat()} if recorded else {}


def _told(state: LeadState) -> LeadState:
    return LeadState.NEW if state in (LeadState.HELD, LeadState.SPAM, LeadState.MERGED) else state


def _attribution(given: Mapping[str, str], code: str | None) -> dict[str, str]:
    """Return what is kept of what brought the visitor: a code only while it is one of ours."""
    others = {name: value for name, value in given.items() if name != "code"}
    return {**others, "code": code} if code else others


def _decisions(catalogue: Catalogue, accepted: Accepted, entry_id: str, now: datetime) -> list[Decision]:
    """Write down each decision with the control it was made by and the hash of the words it stood under (C-07)."""
    decided = []
    for purpose_id, state in accepted.states.items():
        purpose = catalogue.purpose(purpose_id)
        label = hashlib.sha256(accepted.view.asked_by(purpose_id, accepted.shown.channel).encode()).hexdigest()
        control = accepted.recorded.way.value if accepted.recorded else purpose.control
        decided.append(Decision(purpose_id, state, purpose.basis_id, control, label, now, entry_id))
    return decided


def _facts(accepted: Accepted, decisions: list[Decision], reasons: tuple[Reason, ...]) -> dict[str, object]:
    """Return what the entry says in clear: ids, hashes and names of fields, never their values (R-05).

    Of the age: which threshold was asked for, and that the person has reached it (K-04).
    """
    shown, age = accepted.shown, accepted.age
    return {
        "presentation": shown.id,
        "shown_at": rfc3339(shown.shown_at),
        "notice": shown.notice_hash,
        "form": shown.form,
        "locale": shown.locale,
        "channel": shown.channel,
        "workflow": WORKFLOW,
        "fields": sorted(accepted.values),
        "decisions": [
            {"purpose": one.purpose, "state": one.state.value, "basis": one.basis, "control": one.control,
             "label": one.label_hash}
            for one in decisions
        ],
        **({"age": {"threshold": age.threshold, "answer": age.answer.value}} if age else {}),
        **({"gpc": True} if accepted.submission.gpc else {}),
        **({"held": list(reasons)} if reasons else {}),
        **_said(accepted),
    }  # fmt: skip


def _delete_after(catalogue: Catalogue, accepted: Accepted, reasons: tuple[Reason, ...], now: datetime) -> datetime:
    """Return when it must be gone. What staff write down began when it was said; its second yes is asked for now."""
    acted_at, states = _said_at(accepted) or now, accepted.states
    kept = [catalogue.purpose(purpose_id).kept for purpose_id, state in states.items() if permits(state)]
    ends = [delete_after(kept, submitted_at=acted_at, last_activity_at=acted_at)] if kept else []
    ends += [UNCONFIRMED.duration.after(now) for state in states.values() if state is DecisionState.REQUESTED]
    return min(max(ends), HELD.duration.after(now)) if reasons else max(ends)


def _said_at(accepted: Accepted) -> datetime | None:
    recorded = accepted.recorded
    return datetime.combine(recorded.said_on, time(), UTC) if recorded else None


def _yes_ends_at(catalogue: Catalogue, states: Mapping[str, DecisionState], now: datetime) -> datetime | None:
    yeses = [catalogue.purpose(purpose_id) for purpose_id, state in states.items() if state is DecisionState.GIVEN]
    return min((purpose.validity.after(now) for purpose in yeses if purpose.validity), default=None)

"""Keep what a visitor sent: lead, decisions and evidence in one transaction, or nothing at all (E-06)."""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from intake_api.catalogue.model import DOUBLE_OPT_IN, OPT_IN, Catalogue, FormView, LocaleNotOffered
from intake_api.clock import rfc3339
from intake_api.flows.judge_arrival import Arrival, TooManySubmissions, count_arrival, judge_arrival
from intake_api.flows.notice_as_shown import notice_as_shown
from intake_api.queue import SEND_CONFIRMATION, Queue
from intake_api.rules.confirmation import UNCONFIRMED
from intake_api.rules.consent import AskedPurpose, DecisionInvalid, DecisionState, NothingAgreed, decide, permits
from intake_api.rules.fields import Checked, Value, check_fields
from intake_api.rules.follow_up import due_at
from intake_api.rules.lead_state import LeadState
from intake_api.rules.qualification import Score, score
from intake_api.rules.retention import delete_after
from intake_api.rules.suspicion import HELD, Reason
from intake_api.store import evidence
from intake_api.store.adding import in_one_go
from intake_api.store.base import AnotherWasFirst, Store, StoreUnavailable
from intake_api.store.code_uses import count_use
from intake_api.store.confirmations import add_confirmation
from intake_api.store.decisions import Decision, add_decisions
from intake_api.store.leads import Lead, LeadUnknown, NewLead, add_lead, find_sent, new_reference
from intake_api.store.presentations import (
    Outcome,
    Presentation,
    PresentationUnknown,
    add_answered,
    find_answered,
    read_presentation,
)
from intake_api.store.subjects import add_subject
from intake_api.store.turns import turn_key

__all__ = [
    "DecisionInvalid",
    "FieldsInvalid",
    "IdempotencyKeyReused",
    "LocaleNotOffered",
    "NothingAgreed",
    "PresentationExpired",
    "PresentationMismatch",
    "PresentationUnknown",
    "PresentationUsed",
    "Receipt",
    "StoreUnavailable",
    "Submission",
    "TooManySubmissions",
    "score_lines",
    "submit_lead",
]

WORKFLOW = "1"  # in each entry; raise it when what is checked, decided or kept of a submission changes (E-09)
RECEIPT_TOKEN = re.compile("[0-9a-f]{32}-[A-Za-z0-9_-]{32}")


class FieldsInvalid(Exception):
    """At least one field cannot be taken; `problems` are codes by field."""

    code = "fields_invalid"

    def __init__(self, checked: Checked) -> None:
        super().__init__("Some answers need another look.")
        self.problems = checked.problems


class PresentationExpired(Exception):
    """The notice was shown too long ago to decide on it now."""

    code = "presentation_expired"


class PresentationUsed(Exception):
    """Something else was already decided on this presentation."""

    code = "presentation_used"


class PresentationMismatch(Exception):
    """The presentation was of another language, or its notice is not the current one."""

    code = "presentation_mismatch"


class IdempotencyKeyReused(Exception):
    """The same idempotency key came with different content of the same presentation."""

    code = "idempotency_key_reused"


@dataclass(frozen=True)
class Submission:
    """What a visitor sent, once. Shapes are checked at the door; everything else here.

    :param arrival: how it came; None where somebody vouches for it, so that it is not judged.
    """

    form: str
    presentation: str
    locale: str
    fields: Mapping[str, object]
    decisions: Mapping[str, object]
    attribution: Mapping[str, str]
    idempotency_key: str | None = None
    arrival: Arrival | None = None


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


@dataclass(frozen=True)
class _Macs:
    """What recognises the same submission again, without telling it to somebody who reads the database."""

    content: bytes
    idempotency: bytes | None


@dataclass(frozen=True)
class _Accepted:
    """A submission whose fields and decisions are fine; whether it may be kept depends on its presentation."""

    submission: Submission
    shown: Presentation
    view: FormView
    values: Mapping[str, Value]
    left_out: tuple[str, ...]
    states: Mapping[str, DecisionState]
    macs: _Macs
    token_key: bytes = field(repr=False)

    @property
    def first_yeses(self) -> list[str]:
        """The purposes whose second yes is still to be asked for."""
        return [purpose for purpose, state in self.states.items() if state is DecisionState.REQUESTED]


def submit_lead(
    store: Store, queue: Queue, catalogue: Catalogue, token_key: bytes, submission: Submission, *, now: datetime
) -> Receipt:
    """Check, decide and keep one submission. The same one again gets the first answer and writes nothing.

    :raises LocaleNotOffered: no complete notice in this language (N-17).
    :raises FieldsInvalid: per-field codes; nothing was kept.
    :raises DecisionInvalid: per-purpose codes; nothing was kept (C-02).
    :raises NothingAgreed: the form lives on consent and none was given.
    :raises PresentationUnknown, PresentationExpired, PresentationUsed, PresentationMismatch: show the notice (C-06).
    :raises IdempotencyKeyReused: the key belongs to another content of the same presentation.
    :raises TooManySubmissions: a flood from one network; nothing was kept.
    :raises StoreUnavailable: nothing was kept; say so, and thank for nothing (SEC-42).
    """
    view = catalogue.view(submission.form, submission.locale)
    states = decide(_asked(catalogue, view), submission.decisions)
    granted = [purpose for purpose, state in states.items() if state in (DecisionState.GIVEN, DecisionState.REQUESTED)]
    checked = check_fields(view.form, submission.locale, submission.fields, view.free_texts.reader, granted=granted)
    if not checked.ok:
        raise FieldsInvalid(checked)
    shown = read_presentation(token_key, submission.presentation, form=view.form.key)
    view = notice_as_shown(store, view, shown, now=now)
    macs = _macs(token_key, shown, submission)
    left_out = tuple(dict.fromkeys(code for codes in checked.left_out.values() for code in codes))
    accepted = _Accepted(submission, shown, view, checked.values, left_out, states, macs, token_key)
    if accepted.first_yeses:
        queue.load()
    closed: Exception | None = _why_closed(shown, submission, view, now=now)
    if closed is None:
        try:
            return _keep(store, queue, catalogue, accepted, now=now)
        except AnotherWasFirst:  # the same again, something else on this presentation, or a reference drawn twice
            pass
        except TooManySubmissions as flood:
            closed = flood
    if first := _first_answer(store, accepted):
        return first
    if closed:
        raise closed
    return _keep(store, queue, catalogue, accepted, now=now)


def score_lines(scored: Score) -> list[dict[str, object]]:
    """Return what a score was made of, as it is kept beside the lead."""
    return [
        {"id": line.id, "says": line.says, "points": line.points, "of": line.of, "version": scored.version}
        for line in scored.lines
    ]


def read_receipt_token(token: str) -> tuple[str, bytes]:
    """Return the id of the lead that a receipt's token names, and the digest it must be kept with there.

    :raises LeadUnknown: not of a token's shape; the database is asked for nothing that it may not be able to take.
    """
    if not RECEIPT_TOKEN.fullmatch(token):
        raise LeadUnknown("No lead has this receipt.")
    lead_id, _, _secret = token.partition("-")
    return lead_id, hashlib.sha256(token.encode()).digest()


def _asked(catalogue: Catalogue, view: FormView) -> list[AskedPurpose]:
    purposes = [catalogue.purpose(purpose_id) for purpose_id in view.form.purposes]
    return [AskedPurpose(p.id, p.control == OPT_IN, p.confirmation == DOUBLE_OPT_IN) for p in purposes]


def _why_closed(shown: Presentation, submission: Submission, view: FormView, *, now: datetime) -> Exception | None:
    if now >= shown.expires_at:
        return PresentationExpired("This form was open for too long. Please look at the notice again.")
    if shown.locale != submission.locale or shown.notice_hash != view.notice.hash:
        return PresentationMismatch("The notice has changed since it was shown. Please look at it again.")
    return None


def _first_answer(store: Store, accepted: _Accepted) -> Receipt | None:
    """Return the first answer to the same submission; raise when something else was answered on its presentation."""
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
    token = _receipt_token(accepted.token_key, sent.lead_id)
    return Receipt(sent.reference, _told(sent.state), token, is_new=False, left_out=accepted.left_out)


def _keep(store: Store, queue: Queue, catalogue: Catalogue, accepted: _Accepted, *, now: datetime) -> Receipt:
    """Write all of it, or nothing.

    :raises AnotherWasFirst: the presentation or the reference is taken.
    :raises TooManySubmissions: a flood.
    """
    arrival, reasons = accepted.submission.arrival, _suspicions(accepted, now)
    shown, view, values, states, macs = accepted.shown, accepted.view, accepted.values, accepted.states, accepted.macs
    lead_id, subject_id, entry_id = uuid.uuid4().hex, uuid.uuid4().hex, evidence.new_entry_id()
    token = _receipt_token(accepted.token_key, lead_id)
    decisions = _decisions(catalogue, view, shown.channel, states, entry_id, now)
    scored = score(view.form, values)
    code = catalogue.code(accepted.submission.attribution.get("code", ""), today=now.date())
    lead = Lead(
        id=lead_id,
        reference=new_reference(),
        subject_id=subject_id,
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
        delete_after=_delete_after(catalogue, states, reasons, now),
        decided_at=None,
        decided_by=None,
        decline_reason=None,
        held_for=list(reasons) or None,
        evidence_entry=entry_id,
        follow_up_by=due_at(view.form.follow_up, view.form.rules, values, now=now),
    )
    with store.writing() as tx:
        with in_one_go(tx):
            add_answered(tx, shown, Outcome.SUBMITTED, lead_id=lead_id, now=now)
            key = add_subject(tx, store.vault, subject_id, now=now)
            digest = read_receipt_token(token)[1]
            ends_at = _yes_ends_at(catalogue, states, now)
            add_lead(tx, store.vault, key, NewLead(lead, values, digest, macs.content, macs.idempotency, ends_at))
            add_decisions(tx, lead_id, decisions)
            evidence.add_entry(
                tx,
                "submission.received",
                entry_id=entry_id,
                actor="subject",
                now=now,
                lead_id=lead_id,
                subject_id=subject_id,
                facts=_facts(shown, decisions, values, reasons),
                commitment=evidence.commit_to(store.vault, key, entry_id, {"fields": dict(values)}),
            )
        if not reasons:  # else whoever releases it asks: no machine makes us write to somebody
            _ask_for_second_yes(tx, queue, lead_id, accepted, now)
        if code:
            count_use(tx, code, shown.form)
    if arrival:
        count_arrival(arrival, shown.form, values, reasons, now=now)
    return Receipt(lead.reference, _told(lead.state), token, is_new=True, left_out=accepted.left_out)


def _suspicions(accepted: _Accepted, now: datetime) -> tuple[Reason, ...]:
    arrival = accepted.submission.arrival
    if arrival is None:
        return ()
    return judge_arrival(accepted.token_key, arrival, accepted.shown, accepted.values, now=now)


def _told(state: LeadState) -> LeadState:
    return LeadState.NEW if state is LeadState.HELD else state


def _attribution(given: Mapping[str, str], code: str | None) -> dict[str, str]:
    """Return what is kept of what brought the visitor: a code only while it is one of ours."""
    others = {name: value for name, value in given.items() if name != "code"}
    return {**others, "code": code} if code else others


def _ask_for_second_yes(tx: Connection, queue: Queue, lead_id: str, accepted: _Accepted, now: datetime) -> None:
    """Queue the mail that asks, in the same commit. Whether it may go out is looked at when it does (C-15)."""
    for purpose in accepted.first_yeses:
        asked = add_confirmation(tx, accepted.token_key, lead_id=lead_id, purpose=purpose, now=now)
        queue.enqueue(tx, SEND_CONFIRMATION, turn_key(asked.id, asked.turn))


def _decisions(
    catalogue: Catalogue,
    view: FormView,
    channel: str,
    states: Mapping[str, DecisionState],
    entry_id: str,
    now: datetime,
) -> list[Decision]:
    """Write down each decision with the control it was made by and the hash of the words it stood under (C-07)."""
    decided = []
    for purpose_id, state in states.items():
        purpose = catalogue.purpose(purpose_id)
        label = hashlib.sha256(view.asked_by(purpose_id, channel).encode()).hexdigest()
        decided.append(Decision(purpose_id, state, purpose.basis_id, purpose.control, label, now, entry_id))
    return decided


def _facts(
    shown: Presentation, decisions: list[Decision], values: Mapping[str, Value], reasons: tuple[Reason, ...]
) -> dict[str, object]:
    """Return what the entry says in clear: ids, hashes and names of fields, never their values (R-05)."""
    return {
        "presentation": shown.id,
        "shown_at": rfc3339(shown.shown_at),
        "notice": shown.notice_hash,
        "form": shown.form,
        "locale": shown.locale,
        "channel": shown.channel,
        "workflow": WORKFLOW,
        "fields": sorted(values),
        "decisions": [
            {"purpose": one.purpose, "state": one.state.value, "basis": one.basis, "control": one.control,
             "label": one.label_hash}
            for one in decisions
        ],
        **({"held": list(reasons)} if reasons else {}),
    }  # fmt: skip


def _delete_after(
    catalogue: Catalogue, states: Mapping[str, DecisionState], reasons: tuple[Reason, ...], now: datetime
) -> datetime:
    kept = [catalogue.purpose(purpose_id).kept for purpose_id, state in states.items() if permits(state)]
    kept += [UNCONFIRMED for state in states.values() if state is DecisionState.REQUESTED]
    promised = delete_after(kept, submitted_at=now, last_activity_at=now)
    return min(promised, delete_after([HELD], submitted_at=now, last_activity_at=now)) if reasons else promised


def _yes_ends_at(catalogue: Catalogue, states: Mapping[str, DecisionState], now: datetime) -> datetime | None:
    yeses = [catalogue.purpose(purpose_id) for purpose_id, state in states.items() if state is DecisionState.GIVEN]
    return min((purpose.validity.after(now) for purpose in yeses if purpose.validity), default=None)


def _macs(token_key: bytes, shown: Presentation, submission: Submission) -> _Macs:
    """Make both, over what was sent: also of what is left out of the texts, or another card would seem the same.

    A key counts on its presentation only, so that it says nothing about anybody else's lead (SEC-39)."""
    content = {
        "form": submission.form,
        "locale": submission.locale,
        "fields": dict(submission.fields),
        "decisions": dict(submission.decisions),
        "attribution": dict(submission.attribution),
    }
    written = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    mac = hmac.digest(token_key, b"content|" + written, "sha256")
    if submission.idempotency_key is None:
        return _Macs(mac, None)
    key = f"key|{shown.id}|{submission.idempotency_key}".encode()
    return _Macs(mac, hmac.digest(token_key, key, "sha256"))


def _receipt_token(token_key: bytes, lead_id: str) -> str:
    """Derive the receipt's token, so that the same submission again gets the same link though none is kept.

    It names the lead, so that no index is needed to find it, and 192 bits that nobody can guess.
    """
    digest = hmac.digest(token_key, b"receipt|" + lead_id.encode(), "sha256")
    return f"{lead_id}-{base64.urlsafe_b64encode(digest[:24]).decode()}"

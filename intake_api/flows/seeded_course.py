"""What became of invented leads, as their house would have written it down: shown, opened, decided and passed on.

The operator stands as who did it, since that is who seeds: no account of ours is made to have acted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection

from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.shown import FormView
from intake_api.rules.consent import PERMITS
from intake_api.rules.lead_state import LeadState
from intake_api.store import evidence
from intake_api.store.code_uses import count_use
from intake_api.store.decisions import Decision
from intake_api.store.deliveries import DeliveryState, add_settled
from intake_api.store.leads import Lead
from intake_api.store.presentations import Outcome, Presentation, add_answered, new_presentation
from intake_api.store.report_counts import Mark, add_marks, refusal
from intake_api.store.showings import add_showings

DECIDED = {
    LeadState.CONTACTED: "lead.contacted",
    LeadState.DECLINED: "lead.declined",
    LeadState.SPAM: "lead.marked_spam",
    LeadState.DELIVERED: "lead.approved",
    LeadState.DELIVERY_FAILED: "lead.approved",
}
PASSED_ON = {LeadState.DELIVERED: DeliveryState.DELIVERED, LeadState.DELIVERY_FAILED: DeliveryState.GIVEN_UP}
OPENED_UNDECIDED = 0.1  # so many are opened and left as they are
SHOWN = 13  # times at most for one that is sent
REFUSALS = 0.2  # for one that is sent
WITH_CODE = 0.03
FILLS_IN = timedelta(minutes=9)


@dataclass(frozen=True)
class Course:
    """A lead as it stands now, and what is needed to tell how it came there. `fields` are names, in order."""

    lead: Lead
    view: FormView
    fields: Sequence[str]
    decisions: Sequence[Decision]
    destination: str
    recipient: str


def keep_course(tx: Connection, rng: Random, course: Course, *, now: datetime) -> None:
    """Write what was done with one lead until now."""
    lead = course.lead
    shown = _shown(course.view, lead.channel, lead.received_at - FILLS_IN * rng.random())
    add_answered(tx, shown, Outcome.SUBMITTED, lead_id=lead.id, now=lead.received_at)
    decided_at = lead.decided_at
    if decided_at is None:
        if lead.state is LeadState.NEW and rng.random() < OPENED_UNDECIDED:
            _read(tx, course, at=lead.received_at + (now - lead.received_at) * rng.random())
        return
    _read(tx, course, at=decided_at - (decided_at - lead.received_at) * 0.05)
    facts: dict[str, Any] = {"from": LeadState.NEW.value, "to": lead.state.value}
    if lead.decline_reason:
        facts["reason"] = lead.decline_reason
    if lead.state in PASSED_ON:
        facts |= _pass_on(tx, rng, course, began=decided_at, now=now)
    _note(tx, DECIDED[lead.state], lead, facts, at=decided_at)


def keep_crowd(tx: Connection, rng: Random, catalogue: Catalogue, courses: Sequence[Course], *, now: datetime) -> None:
    """Write what those did who sent nothing, around those who did: showings, refusals; and the uses of codes."""
    showings: Counter[tuple[Any, str, str, str, str]] = Counter()
    uses: Counter[tuple[str, str]] = Counter()
    refusals: Counter[Mark] = Counter()
    codes = sorted(one.code for one in catalogue.codes.values())
    for course in courses:
        lead, notice = course.lead, course.view.notice
        day = lead.received_at.astimezone(UTC).date()
        showings[day, notice.hash, lead.channel, notice.form, notice.locale] += rng.randint(1, SHOWN)
        if rng.random() < REFUSALS:
            refused = _shown(course.view, lead.channel, lead.received_at)
            showings[day, notice.hash, lead.channel, notice.form, notice.locale] += 1
            refusals[refusal(refused)] += 1
            _refuse(tx, refused, at=min(now, lead.received_at + FILLS_IN * rng.random()))
        if codes and rng.random() < WITH_CODE:
            uses[rng.choice(codes), lead.form] += 1
    add_showings(tx, showings)
    add_marks(tx, refusals)
    for (code, form), times in sorted(uses.items()):
        count_use(tx, code, form, times=times)


def passed_purposes(view: FormView, decisions: Sequence[Decision], recipient: str) -> list[Decision]:
    """Return the decisions that permit a recipient to have the lead."""
    notice: Mapping[str, Any] = view.notice.document
    named = {one["id"] for one in notice["purposes"] if recipient in one["recipients"]}
    return [one for one in decisions if one.purpose in named and one.state in PERMITS]


def _shown(view: FormView, channel: str, at: datetime) -> Presentation:
    return new_presentation(view.form.key, view.locale, channel, view.notice.hash, now=at)


def _refuse(tx: Connection, shown: Presentation, *, at: datetime) -> None:
    add_answered(tx, shown, Outcome.REFUSED, now=at)
    place = {"notice": shown.notice_hash, "form": shown.form, "locale": shown.locale, "channel": shown.channel}
    facts = {"seeded": True, "presentation": shown.id, **place}
    evidence.add_entry(tx, "presentation.refused", actor=evidence.OPERATOR, now=at, facts=facts)


def _read(tx: Connection, course: Course, *, at: datetime) -> None:
    _note(tx, "lead.read", course.lead, {"fields": list(course.fields), "why": "review"}, at=at)


def _pass_on(tx: Connection, rng: Random, course: Course, *, began: datetime, now: datetime) -> dict[str, Any]:
    """Write the delivery and what left by it; return what the approval says of it."""
    lead, purposes = course.lead, passed_purposes(course.view, course.decisions, course.recipient)
    names = {one.purpose for one in purposes}
    notice: Mapping[str, Any] = course.view.notice.document
    allowed = {one["name"] for one in notice["fields"] if names & set(one["purposes"])}
    took = timedelta(seconds=rng.lognormvariate(1.0, 1.0))
    done_at = min(now, began + (took if lead.state is LeadState.DELIVERED else timedelta(days=1)))
    to = {"destination": course.destination, "recipient": course.recipient}
    delivery = add_settled(tx, lead_id=lead.id, state=PASSED_ON[lead.state], began=began, now=done_at, **to)
    left = {
        "delivery": delivery.id,
        **to,
        "operation": delivery.kind,
        "attempt": delivery.attempts,
        "outcome": delivery.last_outcome,
        "reason": None,
        "status": None,
        "remote_id": None,
        "fields": sorted(allowed & set(course.fields)),
        "purposes": [{"id": one.purpose, "basis": one.basis, "state": one.state.value} for one in purposes],
    }
    _note(tx, f"delivery.{delivery.state.value}", lead, left, at=done_at, actor="system")
    return {"delivery": delivery.id, **to, "purposes": sorted(names)}


def _note(
    tx: Connection,
    kind: str,
    lead: Lead,
    facts: Mapping[str, Any],
    *,
    at: datetime,
    actor: str = evidence.OPERATOR,
) -> None:
    evidence.add_entry(
        tx, kind, actor=actor, now=at, lead_id=lead.id, subject_id=lead.subject_id, facts={"seeded": True, **facts}
    )

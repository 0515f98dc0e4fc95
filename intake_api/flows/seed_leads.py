"""Fill the house with invented leads, so that the queue can be looked at and measured full. Never in production.

A seeded lead is kept as a submission is: sealed, findable, with its decisions and the entry that proves them, and with
what became of it (`seeded_course`). What it lacks is said in docs/review.md.
"""

import hashlib
import math
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection

from intake_api.catalogue.definitions import OPT_IN
from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.shown import FormView
from intake_api.flows.fold_counts import fold_counts
from intake_api.flows.invented_people import invent_person, invent_values
from intake_api.flows.keep_submission import score_lines
from intake_api.flows.seeded_course import PASSED_ON, Course, keep_course, keep_crowd, passed_purposes
from intake_api.rules.consent import PERMITS, DecisionState
from intake_api.rules.first_response import respond_by
from intake_api.rules.follow_up import due_at
from intake_api.rules.lead_state import DECLINE_REASONS, LeadState
from intake_api.rules.qualification import score
from intake_api.rules.retention import delete_after
from intake_api.rules.suspicion import HELD, Reason
from intake_api.store import evidence
from intake_api.store.adding import gathered
from intake_api.store.base import AnotherWasFirst, Store
from intake_api.store.decisions import Decision, add_decisions
from intake_api.store.leads import Lead, NewLead, add_lead, new_reference
from intake_api.store.subjects import add_subject

BATCH = 1000
SPREAD = timedelta(days=60)
GROWTH = 1.2  # more came lately than at first
QUIET = 0.6  # so many that would have come on a day of the weekend come on another
WAITS = (math.log(3 * 3600), 1.5)  # until somebody decides: half within three hours, one in ten a day and more
CHANNELS = ("page", "page", "page", "chat", "popup", "button")
CAMPAIGNS = ("", "", "", "spring-sample", "autumn-sample", "fair-sample")
SOURCES = ("", "search", "newsletter", "partner", "event")
# Nothing under way is among them: a worker would send it.
STATES = {
    LeadState.NEW: 20,
    LeadState.HELD: 2,
    LeadState.CONTACTED: 6,
    LeadState.DECLINED: 30,
    LeadState.SPAM: 3,
    LeadState.DELIVERED: 36,
    LeadState.DELIVERY_FAILED: 3,
}


class SeedingRefused(Exception):
    """Invented leads are for development and tests."""

    code = "seeding_refused"


@dataclass(frozen=True)
class _Invented:
    """One lead that is to be written, and what belongs to it."""

    new: NewLead
    decisions: list[Decision]
    view: FormView


def seed_leads(
    store: Store,
    catalogue: Catalogue,
    *,
    count: int,
    mode: str,
    destination: str,
    recipient: str,
    now: datetime,
    rng: Random | None = None,
) -> Iterator[int]:
    """Keep `count` invented leads of the last two months, and say after each batch how many are kept.

    Each batch is kept whole: who stops in between has what was said last.

    :raises SeedingRefused: the house is in production.
    :raises StoreUnavailable: the batch at hand was not kept.
    """
    if mode == "production":
        raise SeedingRefused("Invented leads have no place in production. Seed with VESTIBULE_MODE=development.")
    rng = rng or Random()  # noqa: S311 - nothing secret is drawn from it
    views, to = list(catalogue.views.values()), (destination, recipient)
    kept = 0
    while kept < count:
        size = min(BATCH, count - kept)
        batch = [
            _invent(catalogue, rng, rng.choice(views), number, recipient, now) for number in range(kept, kept + size)
        ]
        courses = [Course(one.new.lead, one.view, sorted(one.new.values), one.decisions, *to) for one in batch]
        try:
            _keep_batch(store, catalogue, rng, batch, courses, now=now)
        except AnotherWasFirst:  # of a million references two are the same in one house of three
            _keep_batch(store, catalogue, rng, [_named_anew(one) for one in batch], courses, now=now)
        fold_counts(store)
        kept += size
        yield kept


def _keep_batch(
    store: Store, catalogue: Catalogue, rng: Random, batch: list[_Invented], courses: list[Course], *, now: datetime
) -> None:
    with store.writing() as tx:
        with gathered(tx):
            for one, course in zip(batch, courses, strict=True):
                _keep(tx, store, one)
                keep_course(tx, rng, course, now=now)
        keep_crowd(tx, rng, catalogue, courses, now=now)


def _named_anew(one: _Invented) -> _Invented:
    return replace(one, new=replace(one.new, lead=replace(one.new.lead, reference=new_reference())))


def _invent(catalogue: Catalogue, rng: Random, view: FormView, number: int, recipient: str, now: datetime) -> _Invented:
    received_at = _moment(rng, now)
    channel, entry_id = rng.choice(CHANNELS), evidence.new_entry_id()
    states = _states(catalogue, rng, view)
    decisions = [
        _decision(catalogue, view, one, state, channel, entry_id, received_at) for one, state in states.items()
    ]
    needed = frozenset(
        name for one, state in states.items() if state in PERMITS for name in catalogue.purpose(one).needs
    )
    values = invent_values(rng, view.form.rules, invent_person(rng, number), needed)
    scored = score(view.form, values)
    lead = Lead(
        id=uuid.uuid4().hex,
        reference=new_reference(),
        subject_id=uuid.uuid4().hex,
        presentation_id=uuid.uuid4().hex,
        notice_hash=view.notice.hash,
        form=view.form.key,
        channel=channel,
        locale=view.locale,
        state=LeadState.NEW,
        version=1,
        score=scored.points,
        score_lines=score_lines(scored),
        attribution=_attribution(rng),
        received_at=received_at,
        delete_after=_delete_after(catalogue, states, received_at, now),
        decided_at=None,
        decided_by=None,
        decline_reason=None,
        held_for=None,
        evidence_entry=entry_id,
        follow_up_by=due_at(view.form.follow_up, view.form.rules, values, now=received_at),
        respond_by=respond_by(
            view.form.first_response, catalogue.organisation.opening_hours, view.form.rules, values, now=received_at
        ),
    )
    yeses = [catalogue.purpose(one).validity for one, state in states.items() if state is DecisionState.GIVEN]
    ends_at = min((validity.after(received_at) for validity in yeses if validity), default=None)
    passes = bool(passed_purposes(view, decisions, recipient))
    new = NewLead(_moved(rng, lead, passes, now), values, os.urandom(32), os.urandom(32), None, ends_at)
    return _Invented(new, decisions, view)


def _moment(rng: Random, now: datetime) -> datetime:
    """Return when somebody wrote: more of them lately, and fewer at the end of a week."""
    at = now - SPREAD * math.pow(rng.random(), GROWTH)
    if at.weekday() >= 5 and rng.random() < QUIET:
        at = now - SPREAD * math.pow(rng.random(), GROWTH)
    return at


def _states(catalogue: Catalogue, rng: Random, view: FormView) -> dict[str, DecisionState]:
    """Decide for an invented person; a form that lives on a yes gets one."""
    opt_ins = [one for one in view.form.purposes if catalogue.purpose(one).control == OPT_IN]
    must = len(opt_ins) == len(view.form.purposes)
    given = {one for one in opt_ins if must or rng.random() < 0.3}
    states = {}
    for one in view.form.purposes:
        no = DecisionState.REFUSED if one not in given else DecisionState.GIVEN
        states[one] = no if one in opt_ins else DecisionState.ACTED
    return states


def _decision(
    catalogue: Catalogue,
    view: FormView,
    purpose_id: str,
    state: DecisionState,
    channel: str,
    entry_id: str,
    at: datetime,
) -> Decision:
    purpose = catalogue.purpose(purpose_id)
    label = hashlib.sha256(view.asked_by(purpose_id, channel).encode()).hexdigest()
    return Decision(purpose_id, state, purpose.basis_id, purpose.control, label, at, entry_id)


def _delete_after(
    catalogue: Catalogue, states: dict[str, DecisionState], received_at: datetime, now: datetime
) -> datetime:
    """Return the end of what is permitted, a day ahead at least: a seeded lead is there to be looked at."""
    kept = [catalogue.purpose(one).kept for one, state in states.items() if state in PERMITS]
    ends_at = delete_after(kept, submitted_at=received_at, last_activity_at=received_at)
    return max(ends_at, now + timedelta(days=1))


def _attribution(rng: Random) -> dict[str, str]:
    campaign, source = rng.choice(CAMPAIGNS), rng.choice(SOURCES)
    by_campaign = {"utm_source": "sample", "utm_campaign": campaign} if campaign else {}
    return {**by_campaign, **({"source": source} if source else {})}


def _moved(rng: Random, lead: Lead, passes: bool, now: datetime) -> Lead:
    """Let the lead have come some way since; what nobody may pass on was not."""
    (state,) = rng.choices(list(STATES), weights=list(STATES.values()))
    if state is LeadState.HELD:
        return replace(lead, state=state, held_for=[Reason.TOO_QUICK], delete_after=_held_until(lead, now))
    decided_at = lead.received_at + timedelta(seconds=rng.lognormvariate(*WAITS))
    if state is LeadState.NEW or decided_at >= now:
        return lead
    if state in PASSED_ON and not passes:
        state = LeadState.CONTACTED
    moved = replace(lead, state=state, version=2, decided_at=decided_at)
    if state is LeadState.CONTACTED:
        return replace(moved, follow_up_by=None)
    if state is LeadState.SPAM:
        return replace(moved, held_for=[Reason.MARKED], delete_after=_held_until(lead, now))
    reason = rng.choice(list(DECLINE_REASONS)) if state is LeadState.DECLINED else None
    return replace(moved, decline_reason=reason)


def _held_until(lead: Lead, now: datetime) -> datetime:
    """Return the end of what is held, a day ahead at least, too."""
    return min(lead.delete_after, max(HELD.duration.after(lead.received_at), now + timedelta(days=1)))


def _keep(tx: Connection, store: Store, one: _Invented) -> None:
    lead = one.new.lead
    key = add_subject(tx, store.vault, lead.subject_id, now=lead.received_at)
    add_lead(tx, store.vault, key, one.new)
    add_decisions(tx, lead.id, one.decisions)
    evidence.add_entry(
        tx,
        "submission.received",
        entry_id=lead.evidence_entry,
        actor="operator",
        now=lead.received_at,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts=_facts(lead, one),
        commitment=evidence.commit_to(store.vault, key, lead.evidence_entry, {"fields": dict(one.new.values)}),
    )


def _facts(lead: Lead, one: _Invented) -> dict[str, Any]:
    return {
        "seeded": True,
        "notice": lead.notice_hash,
        "form": lead.form,
        "locale": lead.locale,
        "channel": lead.channel,
        "fields": sorted(one.new.values),
        "decisions": [
            {"purpose": each.purpose, "state": each.state.value, "basis": each.basis, "control": each.control,
             "label": each.label_hash}
            for each in one.decisions
        ],
    }  # fmt: skip

"""One lead: what was asked and answered, on which notice, what may be done with it; approve it or decline it.

Opening the page is a recorded reading: if it cannot be recorded, nothing is shown (A-01, A-03).
"""

from dataclasses import dataclass

from flask import Blueprint, Flask, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from intake_api.flows.approve_lead import ForwardingBlocked, approve_lead
from intake_api.flows.decline_lead import ReasonUnknown, decline_lead
from intake_api.flows.judge_forwarding import Judgement, judge_forwarding
from intake_api.flows.read_lead import WholeLead, read_lead
from intake_api.flows.release_lead import may_release, release_lead
from intake_api.flows.state_now import changed_yeses
from intake_api.flows.withdraw_for_person import PurposeUnknown, withdraw_for_person
from intake_api.queue import Queue
from intake_api.rules.lead_state import DECLINE_REASONS, MOVES, Act, LeadState, MoveRefused
from intake_api.rules.suspicion import SAYS, Reason
from intake_api.store.destinations import list_pauses
from intake_api.store.lead_index import bounced_since
from intake_api.store.lead_lists import list_leads
from intake_api.store.leads import Lead, LeadChanged, LeadUnknown, get_lead
from intake_api.store.staff import find_reviewer
from intake_api.store.subjects import SubjectErased
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.decided import find_decided
from intake_api.web.review.facts import (
    answers,
    decisions,
    living,
    log_entries,
    notice_sections,
    purpose_title,
    says_yes,
    written_down,
)
from intake_api.web.review.queue import ALL, chosen_state, filter_label, form_name, states_in
from intake_api.web.review.recording import TELLINGS
from intake_api.web.review.session import reviewer

lead = Blueprint("lead", __name__, template_folder="templates")
QUEUE = "vestibule.queue"
# What is next in each filter that leads on by itself.
UNDECIDED = {ALL: LeadState.NEW, LeadState.NEW.value: LeadState.NEW, LeadState.HELD.value: LeadState.HELD}
TAKE_BACK, ALL_OF_IT = "They take it back", "All they said yes to"
BLOCKED = "This lead may not be passed on. The reason stands below."


@dataclass(frozen=True)
class Around:
    """What surrounds a lead: its neighbours in the filter, the gate, who decided, what is paused."""

    newer: Lead | None
    older: Lead | None
    judgement: Judgement
    decided_by: str | None
    may_approve: bool
    may_decline: bool
    may_release: bool


def give_queue(app: Flask, queue: Queue) -> None:
    """Give the app the engine that approved leads are handed to."""
    app.extensions[QUEUE] = queue


@lead.errorhandler(LeadUnknown)
def tell_it_is_not_there(_error: LeadUnknown) -> ResponseReturnValue:
    """Answer 404: the reference is mistyped, or its lead was erased."""
    return current_app.handle_user_exception(RequestProblem("not_found"))


@lead.errorhandler(LeadChanged)
@lead.errorhandler(MoveRefused)
def tell_who_was_quicker(_error: Exception) -> ResponseReturnValue:
    """Say what changed since the page was opened. No value of the person is on it, so nothing is read on the record."""
    reference, wanted = request.path.split("/")[-2:]
    with door().store.reading() as tx:
        lead = get_lead(tx, reference)
        decided_by = find_reviewer(tx, lead.decided_by) if lead.decided_by else None
        page = render_template(
            "review/conflict.html",
            lead=lead,
            wanted=wanted,
            decided_by=decided_by.email if decided_by else None,
            is_mine=lead.decided_by == reviewer().id,
            reason=DECLINE_REASONS.get(lead.decline_reason or "", ""),
            state=chosen_state(),
            now=door().now(),
        )
    return make_response(page, 409)


@lead.get("/leads/<reference>")
@open_to("staff")
def show(reference: str) -> ResponseReturnValue:
    """Show a lead, and record that it was read."""
    return _lead_page(reference)


@lead.post("/leads/<reference>/release")
@open_to("staff")
def release(reference: str) -> ResponseReturnValue:
    """Release a held lead as it was seen, and show it again: now it is to decide."""
    here = door()
    release_lead(
        here.store,
        _queue(),
        here.settings.secrets.token_key,
        reference,
        seen_version=_seen_version(),
        staff_id=reviewer().id,
        now=here.now(),
    )
    return redirect(url_for("lead.show", reference=reference, state=LeadState.NEW.value), 303)


@lead.post("/leads/<reference>/approve")
@open_to("staff")
def approve(reference: str) -> ResponseReturnValue:
    """Approve a lead as it was seen, and go on to the next one."""
    here, queue = door(), _queue()
    try:
        approve_lead(
            here.store,
            queue,
            reference,
            destination=here.settings.destination,
            recipient=here.settings.destination_recipient,
            seen_version=_seen_version(),
            staff_id=reviewer().id,
            now=here.now(),
        )
    except ForwardingBlocked:
        return _lead_page(reference, problem=BLOCKED, status=409)
    return _go_on(reference)


@lead.post("/leads/<reference>/decline")
@open_to("staff")
def decline(reference: str) -> ResponseReturnValue:
    """Decline a lead as it was seen, with a reason from the list, and go on to the next one."""
    here = door()
    try:
        decline_lead(
            here.store,
            reference,
            seen_version=_seen_version(),
            reason=request.form.get("reason", ""),
            staff_id=reviewer().id,
            now=here.now(),
        )
    except ReasonUnknown as error:
        return _lead_page(reference, problem=str(error), status=422)
    return _go_on(reference)


@lead.post("/leads/<reference>/withdraw")
@open_to("staff")
def withdraw(reference: str) -> ResponseReturnValue:
    """Take back for the person what they say they no longer want (W-09), and show the lead again."""
    here, purpose = door(), request.form.get("purpose", "")
    words = f"{TAKE_BACK}: {purpose or ALL_OF_IT}"
    try:
        withdraw_for_person(here.store, reference, purpose or None, words=words, staff_id=reviewer().id, now=here.now())
    except PurposeUnknown:
        raise RequestProblem("decision_invalid") from None
    return redirect(url_for("lead.show", reference=reference, state=chosen_state()), 303)


def _lead_page(reference: str, *, problem: str = "", status: int = 200) -> ResponseReturnValue:
    here, state = door(), chosen_state()
    try:
        whole = read_lead(here.store, reference, actor=f"staff:{reviewer().id}", why="review", now=here.now())
    except SubjectErased:
        raise RequestProblem("lead_erased") from None
    with here.store.reading() as tx:
        around = _around(tx, whole.lead, states_in(state))
        page = render_template(
            "review/lead.html",
            **_facts(tx, whole),
            around=around,
            permitted=[purpose_title(whole.notice, purpose) for purpose in around.judgement.purposes],
            state=state,
            filter_label=filter_label(state),
            problem=problem,
            decided=find_decided(tx),
            pauses=list_pauses(tx),
            reasons=DECLINE_REASONS,
            recipients=here.catalogue.recipients,
            recipient=here.catalogue.recipient(here.settings.destination_recipient),
            notice_page=f"{here.settings.public_url}/notices/{whole.lead.notice_hash}",
            now=here.now(),
        )
    return make_response(page, status)


def _facts(tx: Connection, whole: WholeLead) -> dict[str, object]:
    catalogue = door().catalogue
    return {
        "lead": whole.lead,
        "form": form_name(whole.lead.form),
        "language": catalogue.language_names.get(whole.lead.locale, whole.lead.locale),
        "held_for": [SAYS[Reason(reason)] for reason in whole.lead.held_for or ()],
        "answers": answers(whole),
        "living": living(whole),
        "says_yes": says_yes(whole),
        "decisions": decisions(whole, changed_yeses(tx, whole.lead, whole.decisions)),
        "deliveries": whole.deliveries,
        "notice": whole.notice,
        "sections": notice_sections(whole.notice),
        "entries": log_entries(tx, whole.entries),
        "written_down": written_down(tx, whole.entries),
        "tellings": TELLINGS,
        "bounced_since": bounced_since(tx, whole.lead.id),
    }


def _around(tx: Connection, lead: Lead, states: tuple[LeadState, ...]) -> Around:
    here = door()
    decided_by = find_reviewer(tx, lead.decided_by) if lead.decided_by else None
    return Around(
        newer=next(iter(list_leads(tx, states=states, limit=1, newer_than=lead)), None),
        older=next(iter(list_leads(tx, states=states, limit=1, older_than=lead)), None),
        judgement=judge_forwarding(tx, lead, here.settings.destination_recipient, now=here.now()),
        decided_by=decided_by.email if decided_by else None,
        may_approve=(lead.state, Act.APPROVE) in MOVES and not lead.held_for,
        may_decline=(lead.state, Act.DECLINE) in MOVES,
        may_release=may_release(lead),
    )


def _go_on(reference: str) -> ResponseReturnValue:
    """Go to the next undecided lead of the same filter, older first; to the queue when there is none."""
    state = chosen_state()
    with door().store.reading() as tx:
        decided = get_lead(tx, reference)
        following = _next_undecided(tx, decided, UNDECIDED[state]) if state in UNDECIDED else None
    if following is None:
        return redirect(url_for("queue.show", state=state, decided=decided.reference), 303)
    return redirect(url_for("lead.show", reference=following.reference, state=state, decided=decided.reference), 303)


def _next_undecided(tx: Connection, decided: Lead, undecided: LeadState) -> Lead | None:
    older = list_leads(tx, states=[undecided], limit=1, older_than=decided)
    return next(iter(older or list_leads(tx, states=[undecided], limit=1)), None)


def _seen_version() -> int:
    text = request.form.get("seen_version", "")
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise RequestProblem("request_malformed")
    return int(text)


def _queue() -> Queue:
    queue: Queue = current_app.extensions[QUEUE]
    return queue

"""One lead: what was asked and answered, on which notice, what may be done with it; approve it or decline it.

Opening the page is a recorded reading: if it cannot be recorded, nothing is shown (A-01, A-03).
"""

import secrets
from dataclasses import dataclass

from flask import Blueprint, Flask, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from intake_api.flows.approve_lead import ForwardingBlocked, approve_lead
from intake_api.flows.contact_lead import contact_lead
from intake_api.flows.decline_lead import ReasonUnknown, decline_lead
from intake_api.flows.judge_forwarding import Judgement, judge_forwarding
from intake_api.flows.mark_spam import mark_spam
from intake_api.flows.note_look import note_look
from intake_api.flows.read_lead import WholeLead, read_lead
from intake_api.flows.release_lead import may_release, release_lead
from intake_api.flows.reverse_lead import reverse_lead
from intake_api.flows.state_now import changed_yeses
from intake_api.flows.undo_move import find_undoable, undo_move
from intake_api.flows.withdraw_for_person import PurposeUnknown, withdraw_for_person
from intake_api.flows.write_note import NOTE_LENGTH
from intake_api.queue import Queue
from intake_api.rules.lead_state import MOVES, TO_DECIDE, Act, LeadState, MoveRefused
from intake_api.rules.staff_roles import StaffAct
from intake_api.rules.suspicion import SAYS, Reason
from intake_api.store.destinations import list_pauses
from intake_api.store.lead_index import bounced_since
from intake_api.store.lead_lists import Wanted, list_leads
from intake_api.store.lead_moves import LeadMove
from intake_api.store.leads import Lead, LeadChanged, LeadUnknown, get_lead
from intake_api.store.rule_approvals import approved_by
from intake_api.store.staff import find_reviewer
from intake_api.store.subjects import SubjectErased
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.decided import find_decided
from intake_api.web.review.dry_run import dry_run
from intake_api.web.review.duplicates import duplicates_of
from intake_api.web.review.facts import (
    answers,
    decisions,
    living,
    log_entries,
    notes,
    notice_sections,
    says_yes,
    written_down,
)
from intake_api.web.review.filters import ALL, Filter, chosen_filter, filter_label
from intake_api.web.review.merged import merged_into, stays_for
from intake_api.web.review.names import form_name, language_name, purpose_name, score_says
from intake_api.web.review.permits import i_may, needs
from intake_api.web.review.queue import assignees
from intake_api.web.review.recording import TELLINGS
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import _l, from_below
from intake_api.web.review.words import REASONS, SOMEBODY_WHO_LEFT, WANTED

lead = Blueprint("lead", __name__, template_folder="templates")
QUEUE = "vestibule.queue"
# What is next in each filter that leads on by itself.
NEW = LeadState.NEW.value
UNDECIDED = {name: name for name in (NEW, LeadState.CONTACTED.value, LeadState.HELD.value)} | {ALL: NEW}
APPROVED = (LeadState.QUALIFIED, LeadState.DELIVERED, LeadState.DELIVERY_FAILED)
TAKE_BACK, ALL_OF_IT = "They take it back", "All they said yes to"  # stands in the evidence
BLOCKED = _l("This lead may not be passed on. The reason stands below.")


@dataclass(frozen=True)
class Around:
    """What surrounds a lead: its neighbours in the filter, the gate, who decided, what is paused."""

    before: Lead | None
    after: Lead | None
    judgement: Judgement
    decided_by: str | None
    may_approve: bool
    may_decline: bool
    may_release: bool
    may_contact: bool
    may_mark_spam: bool
    may_reverse: bool
    undoable: LeadMove | None


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
    return conflict_page(reference, wanted)


def conflict_page(reference: str, wanted: str) -> ResponseReturnValue:
    """Return the page that says how a lead stands that somebody else changed. `wanted`: the act, by its path."""
    with door().store.reading() as tx:
        lead = get_lead(tx, reference)
        decided_by = find_reviewer(tx, lead.decided_by) if lead.decided_by else None
        page = render_template(
            "review/conflict.html",
            lead=lead,
            wanted=WANTED[wanted],
            decided_by=decided_by.email if decided_by else None,
            is_mine=lead.decided_by == reviewer().id,
            reason=REASONS.get(lead.decline_reason or "", ""),
            filter=chosen_filter(),
            now=door().now(),
        )
    return make_response(page, 409)


@lead.get("/leads/<reference>")
@open_to("staff")
@needs(StaffAct.READ_LEAD)
def show(reference: str) -> ResponseReturnValue:
    """Show a lead, and record that it was read."""
    return lead_page(reference)


@lead.post("/leads/<reference>/release")
@open_to("staff")
@needs(StaffAct.DECIDE)
def release(reference: str) -> ResponseReturnValue:
    """Release a held lead as it was seen, and show it again: now it is to decide."""
    here = door()
    release_lead(
        here.store,
        get_queue(),
        here.settings.secrets.token_key,
        reference,
        seen_version=seen_version(),
        staff_id=reviewer().id,
        now=here.now(),
    )
    released = chosen_filter().with_state(LeadState.NEW.value)
    return redirect(url_for("lead.show", reference=reference, **released.args), 303)


@lead.post("/leads/<reference>/approve")
@open_to("staff")
@needs(StaffAct.DECIDE)
def approve(reference: str) -> ResponseReturnValue:
    """Approve a lead as it was seen, and go on to the next one."""
    here, queue = door(), get_queue()
    try:
        approve_lead(
            here.store,
            queue,
            reference,
            destination=here.settings.destination,
            recipient=here.settings.destination_recipient,
            seen_version=seen_version(),
            staff_id=reviewer().id,
            now=here.now(),
        )
    except ForwardingBlocked:
        return lead_page(reference, problem=BLOCKED, status=409)
    return _go_on(reference)


@lead.post("/leads/<reference>/decline")
@open_to("staff")
@needs(StaffAct.DECIDE)
def decline(reference: str) -> ResponseReturnValue:
    """Decline a lead as it was seen, with a reason from the list, and go on to the next one."""
    here = door()
    try:
        decline_lead(
            here.store,
            reference,
            seen_version=seen_version(),
            reason=request.form.get("reason", ""),
            staff_id=reviewer().id,
            now=here.now(),
        )
    except ReasonUnknown as error:
        return lead_page(reference, problem=from_below(str(error)), status=422)
    return _go_on(reference)


@lead.post("/leads/<reference>/contact")
@open_to("staff")
@needs(StaffAct.DECIDE)
def contact(reference: str) -> ResponseReturnValue:
    """Mark a lead as contacted as it was seen, and go on to the next one."""
    here = door()
    contact_lead(here.store, reference, seen_version=seen_version(), staff_id=reviewer().id, now=here.now())
    return _go_on(reference)


@lead.post("/leads/<reference>/spam")
@open_to("staff")
@needs(StaffAct.DECIDE)
def spam(reference: str) -> ResponseReturnValue:
    """Mark a lead as spam as it was seen, and go on to the next one."""
    here = door()
    mark_spam(here.store, reference, seen_version=seen_version(), staff_id=reviewer().id, now=here.now())
    return _go_on(reference)


@lead.post("/leads/<reference>/undo")
@open_to("staff")
@needs(StaffAct.DECIDE)
def undo(reference: str) -> ResponseReturnValue:
    """Undo what was done last to a lead as it was seen, and show it."""
    here = door()
    undo_move(here.store, get_queue(), reference, seen_version=seen_version(), staff_id=reviewer().id, now=here.now())
    return redirect(url_for("lead.show", reference=reference, **chosen_filter().args, undone=reference), 303)


@lead.post("/leads/<reference>/reverse")
@open_to("staff")
@needs(StaffAct.DECIDE)
def reverse(reference: str) -> ResponseReturnValue:
    """Take back the approval of a lead that has left the house, and show it: where it is to be taken back, too."""
    here, reason = door(), request.form.get("reason", "")
    seen, me = seen_version(), reviewer().id
    try:
        reverse_lead(here.store, reference, seen_version=seen, reason=reason, staff_id=me, now=here.now())
    except ReasonUnknown as error:
        return lead_page(reference, problem=from_below(str(error)), status=422)
    return redirect(url_for("lead.show", reference=reference, **chosen_filter().args, decided=reference), 303)


@lead.post("/leads/<reference>/withdraw")
@open_to("staff")
@needs(StaffAct.TAKE_BACK)
def withdraw(reference: str) -> ResponseReturnValue:
    """Take back for the person what they say they no longer want (W-09), and show the lead again."""
    here, purpose = door(), request.form.get("purpose", "")
    words = f"{TAKE_BACK}: {purpose or ALL_OF_IT}"
    try:
        withdraw_for_person(here.store, reference, purpose or None, words=words, staff_id=reviewer().id, now=here.now())
    except PurposeUnknown:
        raise RequestProblem("decision_invalid") from None
    return redirect(url_for("lead.show", reference=reference, **chosen_filter().args), 303)


def lead_page(reference: str, *, problem: str = "", status: int = 200, draft: str = "") -> ResponseReturnValue:
    """Return the page of a lead, and record that it was read.

    :param problem: what to say on top of it.
    :param draft: a note that could not be kept, to be put right.
    """
    here, chosen = door(), chosen_filter()
    try:
        whole = read_lead(here.store, reference, actor=f"staff:{reviewer().id}", why="review", now=here.now())
    except SubjectErased:
        raise RequestProblem("lead_erased") from None
    others = note_look(here.store, whole.lead.id, staff_id=reviewer().id, now=here.now())
    duplicates, merged = duplicates_of(whole), merged_into(whole.lead)
    with here.store.reading() as tx:
        around = _around(tx, whole.lead, chosen)
        page = render_template(
            "review/lead.html",
            **_facts(tx, whole),
            around=around,
            others=others,
            duplicates=duplicates,
            merged=merged,
            stays=stays_for(tx, whole.lead),
            dry_run=dry_run(tx, whole, around.judgement) if around.may_approve else None,
            permitted=[purpose_name(purpose) for purpose in around.judgement.purposes],
            filter=chosen,
            filter_label=filter_label(chosen.state),
            problem=problem,
            draft=draft,
            may_work=whole.lead.state in TO_DECIDE,
            people=assignees(tx),
            is_mine=whole.lead.assigned_to == reviewer().id,
            note_id=secrets.token_hex(16),
            note_length=NOTE_LENGTH,
            decided=find_decided(tx),
            rule_version=approved_by(tx, whole.lead.id) if whole.lead.state in APPROVED else None,
            pauses=list_pauses(tx),
            reasons=REASONS,
            recipients=here.catalogue.recipients,
            recipient=here.catalogue.recipient(here.settings.destination_recipient),
            notice_page=f"{here.settings.public_url}/notices/{whole.lead.notice_hash}",
            now=here.now(),
        )
    return make_response(page, status)


def _facts(tx: Connection, whole: WholeLead) -> dict[str, object]:
    return {
        "lead": whole.lead,
        "form": form_name(whole.lead.form),
        "language": language_name(whole.lead.locale),
        "held_for": [from_below(SAYS[Reason(reason)]) for reason in whole.lead.held_for or ()],
        "score_lines": [{**line, "says": score_says(whole.lead.form, line)} for line in whole.lead.score_lines],
        "answers": answers(whole),
        "notes": notes(tx, whole.notes),
        "living": living(whole),
        "says_yes": says_yes(whole),
        "decisions": decisions(whole, changed_yeses(tx, whole.lead, whole.decisions)),
        "deliveries": whole.deliveries,
        "settled_by": lambda one: _email_of(tx, one.settled_by),
        "notice": whole.notice,
        "sections": notice_sections(whole.notice),
        "entries": log_entries(tx, whole.entries, readings=i_may(StaffAct.SEE_READINGS)),
        "written_down": written_down(tx, whole.entries),
        "tellings": TELLINGS,
        "bounced_since": bounced_since(tx, whole.lead.id),
    }


def _email_of(tx: Connection, staff_id: str) -> str:
    person = find_reviewer(tx, staff_id)
    return person.email if person else SOMEBODY_WHO_LEFT


def _around(tx: Connection, lead: Lead, chosen: Filter) -> Around:
    here = door()
    wanted = chosen.wanted(here.now())
    decided_by = find_reviewer(tx, lead.decided_by) if lead.decided_by else None
    return Around(
        before=next(iter(list_leads(tx, wanted, limit=1, before=lead)), None),
        after=next(iter(list_leads(tx, wanted, limit=1, after=lead)), None),
        judgement=judge_forwarding(tx, lead, here.settings.destination_recipient, now=here.now()),
        decided_by=decided_by.email if decided_by else None,
        may_approve=(lead.state, Act.APPROVE) in MOVES and not lead.held_for,
        may_decline=(lead.state, Act.DECLINE) in MOVES,
        may_release=may_release(lead),
        may_contact=(lead.state, Act.CONTACT) in MOVES,
        may_mark_spam=(lead.state, Act.MARK_SPAM) in MOVES,
        may_reverse=(lead.state, Act.REVERSE) in MOVES,
        undoable=find_undoable(tx, lead),
    )


def _go_on(reference: str) -> ResponseReturnValue:
    """Go to the next undecided lead of the same filter, further down first; to the queue when there is none."""
    chosen = chosen_filter()
    undecided = chosen.with_state(UNDECIDED[chosen.state]) if chosen.state in UNDECIDED else None
    with door().store.reading() as tx:
        decided = get_lead(tx, reference)
        following = _next_undecided(tx, decided, undecided.wanted(door().now())) if undecided else None
    if following is None:
        return redirect(url_for("queue.show", **chosen.args, decided=decided.reference), 303)
    return redirect(url_for("lead.show", reference=following.reference, **chosen.args, decided=decided.reference), 303)


def _next_undecided(tx: Connection, decided: Lead, undecided: Wanted) -> Lead | None:
    further = list_leads(tx, undecided, limit=1, after=decided)
    return next(iter(further or list_leads(tx, undecided, limit=1)), None)


def seen_version(field: str = "seen_version") -> int:
    """Return which version of the lead the form was made from."""
    text = request.form.get(field, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise RequestProblem("request_malformed")
    return int(text)


def get_queue() -> Queue:
    """Return the engine that the app was given."""
    queue: Queue = current_app.extensions[QUEUE]
    return queue

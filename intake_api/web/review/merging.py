"""Merge two leads of one person: both beside each other with what comes of it, then the merge, then its undoing (T-10).

The lead of the address is the one that stays. Opening the page is a reading of both; of two that cannot be merged
nothing is read.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from intake_api.flows.merge_leads import MergeRefused, find_hindrance, merge_leads, states_of_lead
from intake_api.flows.read_lead import WholeLead, read_lead
from intake_api.flows.take_back import WAITING_DELIVERIES
from intake_api.flows.unmerge_leads import MoveRefused, unmerge_leads
from intake_api.rules.merging import Side, Standing, compare
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.leads import Lead, LeadChanged, LeadUnknown, get_lead
from intake_api.store.subjects import SubjectErased
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.facts import Answer, answers
from intake_api.web.review.filters import chosen_filter
from intake_api.web.review.lead import (
    conflict_page,
    get_queue,
    seen_version,
    tell_it_is_not_there,
    tell_who_was_quicker,
)
from intake_api.web.review.merge_words import HINDRANCES
from intake_api.web.review.names import capital, form_name, purpose_name
from intake_api.web.review.permits import needs
from intake_api.web.review.session import reviewer

merging = Blueprint("merging", __name__, template_folder="templates")
merging.register_error_handler(LeadUnknown, tell_it_is_not_there)
merging.register_error_handler(MoveRefused, tell_who_was_quicker)


@dataclass(frozen=True)
class FieldRow:
    """One field of both leads; `counts` is what is worked with, and whose it is."""

    name: str
    asked: str
    locale: str
    stays: str | None
    merged: str | None
    counts: str | None
    by: Side


@dataclass(frozen=True)
class PurposeRow:
    """One purpose of both leads, as it is called here."""

    line: Standing
    title: str


@dataclass(frozen=True)
class Outcome:
    """What merging does beside what counts: the end of both, what is not sent any more, and who has which of them."""

    end: datetime
    waits: bool
    told: list[tuple[str, bool]]  # the recipient's name, and whether it has both


@merging.errorhandler(LeadChanged)
def tell_which_changed(_error: LeadChanged) -> ResponseReturnValue:
    """Say which of the two leads changed since the page was opened. No value of the person is on it."""
    reference, wanted = request.path.split("/")[-2:]
    with door().store.reading() as tx:
        stays = get_lead(tx, reference)
    return conflict_page(reference if stays.version != seen_version() else request.form.get("with", ""), wanted)


@merging.get("/leads/<reference>/merge")
@open_to("staff")
@needs(StaffAct.DECIDE)
def preview(reference: str) -> ResponseReturnValue:
    """Show both leads with what merging makes of them, and record that both were read."""
    here, actor = door(), f"staff:{reviewer().id}"
    with here.store.reading() as tx:
        stays, merged = _both(tx, reference)
        if find_hindrance(tx, stays, merged):
            return _refused(tx, stays, merged)
        can_turn = find_hindrance(tx, merged, stays) is None
    try:
        mine, theirs = (
            read_lead(here.store, one.reference, actor=actor, why="merge", now=here.now()) for one in (stays, merged)
        )
    except SubjectErased:
        raise RequestProblem("lead_erased") from None
    with here.store.reading() as tx:
        return render_template(
            "review/merge.html",
            stays=mine.lead,
            merged=theirs.lead,
            forms={one.id: form_name(one.form) for one in (stays, merged)},
            fields=_fields(mine, theirs),
            purposes=_purposes(tx, mine, theirs),
            outcome=_outcome(mine, theirs),
            can_turn=can_turn,
            filter=chosen_filter(),
            now=here.now(),
        )


@merging.post("/leads/<reference>/merge")
@open_to("staff")
@needs(StaffAct.DECIDE)
def merge(reference: str) -> ResponseReturnValue:
    """Merge two leads as they were seen, and show the one that stays."""
    here, other = door(), request.form.get("with", "")
    try:
        merge_leads(
            here.store,
            reference,
            other,
            seen_version=seen_version(),
            merged_version=seen_version("with_version"),
            staff_id=reviewer().id,
            now=here.now(),
        )
    except MergeRefused:
        with here.store.reading() as tx:
            return _refused(tx, get_lead(tx, reference), get_lead(tx, other))
    args = {**chosen_filter().args, "merged": other}
    return redirect(url_for("lead.show", reference=reference, **args), 303)


@merging.post("/leads/<reference>/unmerge")
@open_to("staff")
@needs(StaffAct.DECIDE)
def unmerge(reference: str) -> ResponseReturnValue:
    """Undo the last merge into a lead as it was seen, and show it."""
    here, other, seen = door(), request.form.get("with", ""), seen_version()
    unmerge_leads(here.store, get_queue(), reference, other, seen_version=seen, staff_id=reviewer().id, now=here.now())
    args = {**chosen_filter().args, "unmerged": other}
    return redirect(url_for("lead.show", reference=reference, **args), 303)


def _both(tx: Connection, reference: str) -> tuple[Lead, Lead]:
    return get_lead(tx, reference), get_lead(tx, request.args.get("with", ""))


def _refused(tx: Connection, stays: Lead, merged: Lead) -> ResponseReturnValue:
    """Say why two leads are not merged and what can be done instead. No value of a person is on it."""
    hindrance = find_hindrance(tx, stays, merged)
    if hindrance is None:  # it is gone by now
        both: dict[str, Any] = {"reference": stays.reference, "with": merged.reference}
        return redirect(url_for("merging.preview", **both), 303)
    can_turn = find_hindrance(tx, merged, stays) is None
    page = render_template(
        "review/merge_refused.html",
        stays=stays,
        merged=merged,
        code=hindrance.value,
        says=HINDRANCES[hindrance],
        can_turn=can_turn,
        filter=chosen_filter(),
        now=door().now(),
    )
    return make_response(page, 409)


def _fields(stays: WholeLead, merged: WholeLead) -> list[FieldRow]:
    """Return the fields that one of them answered, in the order of the one that stays."""
    mine, theirs = ({one.name: one for one in answers(whole)} for whole in (stays, merged))
    names = [name for name in {**mine, **theirs} if _value(mine.get(name)) or _value(theirs.get(name))]
    return [_field(name, mine.get(name), theirs.get(name), stays.lead, merged.lead) for name in names]


def _field(name: str, mine: Answer | None, theirs: Answer | None, stays: Lead, merged: Lead) -> FieldRow:
    here, there = _value(mine), _value(theirs)
    by = Side.BOTH if here == there else Side.STAYS if here is not None else Side.MERGED
    asked, locale = (mine.asked, stays.locale) if mine else (theirs.asked if theirs else name, merged.locale)
    return FieldRow(name, asked, locale, here, there, here if here is not None else there, by)


def _value(answer: Answer | None) -> str | None:
    return answer.value if answer else None


def _purposes(tx: Connection, stays: WholeLead, merged: WholeLead) -> list[PurposeRow]:
    states = [states_of_lead(tx, whole.lead, now=door().now()) for whole in (stays, merged)]
    return [PurposeRow(line, capital(purpose_name(line.purpose))) for line in compare(*states)]


def _outcome(stays: WholeLead, merged: WholeLead) -> Outcome:
    recipients = door().catalogue.recipients
    of_both = ([one for one in whole.deliveries if one.has_left and not one.is_no] for whole in (stays, merged))
    mine, theirs = ({one.recipient for one in deliveries} for deliveries in of_both)
    return Outcome(
        end=min(stays.lead.delete_after, merged.lead.delete_after),
        waits=any(one.state in WAITING_DELIVERIES and not one.is_no for one in merged.deliveries),
        told=[
            (recipients[one].name if one in recipients else one, one in mine & theirs) for one in sorted(mine | theirs)
        ],
    )

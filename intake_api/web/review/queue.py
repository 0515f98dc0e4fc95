"""The queue: what came in, newest first, without a single value that a person typed (M-10)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from intake_api.catalogue.definitions import OPT_IN
from intake_api.catalogue.model import Catalogue
from intake_api.flows.assign_lead import assignable
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import TO_DECIDE, LeadState
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.deliveries import Delivery, deliveries_of
from intake_api.store.destinations import list_pauses
from intake_api.store.lead_candidates import find_hinted
from intake_api.store.lead_counts import Kind, count_by_state
from intake_api.store.lead_lists import Wanted, look_for
from intake_api.store.lead_merges import states_together
from intake_api.store.leads import Lead, LeadUnknown, get_lead
from intake_api.store.saved_views import list_views
from intake_api.store.teams import is_awaited
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.bulk_words import ACTS
from intake_api.web.review.decided import find_decided
from intake_api.web.review.filters import ALL, ME, NO_ONE, Filter, chosen_filter, filter_label, filter_of, states_in
from intake_api.web.review.names import capital, form_name, language_name, purpose_name, spoken
from intake_api.web.review.permits import needs
from intake_api.web.review.session import reviewer
from intake_api.web.review.words import (
    AGES,
    ASSIGNED_TO_ME,
    ASSIGNED_TO_NOBODY,
    CHANNELS,
    DUES,
    HELD_FOR,
    REASONS,
    SOMEBODY_WHO_LEFT,
    STATES,
)

queue = Blueprint("queue", __name__, template_folder="templates")
PAGE = 50
COUNTED = {"form", "channel", "language"}  # the numbers by state are those of these filters


@dataclass(frozen=True)
class Tab:
    """One state of the queue: its name in the URL, how it is said, how many leads it has."""

    name: str
    label: str
    count: int


@dataclass(frozen=True)
class Page:
    """Some leads of a list, and which of them the pages before and after begin next to.

    `stopped_at` is the lead at which looking ended (`upwards` or down) before the page was full.
    """

    leads: list[Lead]
    newer: str | None
    older: str | None
    stopped_at: str | None
    upwards: bool = False


@dataclass(frozen=True)
class Row:
    """One lead as the list shows it."""

    lead: Lead
    form: str
    delivery: Delivery | None
    is_untold: bool  # somebody who has it does not know yet what changed
    consents: dict[str, DecisionState]
    held_for: list[str]
    assignee: str | None  # as it is said here
    is_hinted: bool  # another lead has its number or its confirmed address


@queue.get("/")
@open_to("staff")
@needs(StaffAct.LIST_LEADS)
def show() -> ResponseReturnValue:
    """Show one page of the queue: the address says the filter; `older` and `newer` name the lead it begins next to."""
    return queue_page(chosen_filter())


def queue_page(chosen: Filter, *, problem: str = "") -> str:
    """Return the page of a filter."""
    with door().store.reading() as tx:
        of_kind = Kind(form=chosen.form or None, channel=chosen.channel or None, locale=chosen.language or None)
        counts = count_by_state(tx, of_kind)
        people = assignees(tx)
        page = _page(tx, chosen.wanted(door().now()))
        return render_template(
            "review/queue.html",
            filter=chosen,
            choices=_choices(door().catalogue, chosen, people),
            filters=_tabs(counts),
            many_acts=ACTS,
            reasons=REASONS,
            people=people,
            rows=_rows(tx, door().catalogue, page.leads, people),
            is_further="older" in request.args or "newer" in request.args,
            counts_all=bool(set(chosen.narrowed) - COUNTED),
            page=page,
            views=[(view, filter_of(view.args)) for view in list_views(tx, reviewer().id)],
            me=reviewer().id,
            problem=problem,
            pauses=list_pauses(tx),
            is_awaited=is_awaited(tx, reviewer().id, now=door().now()),
            decided=find_decided(tx),
            now=door().now(),
        )


def assignees(tx: Connection) -> dict[str, str]:
    """Return who can be given leads: their e-mails by their ids."""
    return {one.id: one.email for one in assignable(tx)}


def _assignee(lead: Lead, people: Mapping[str, str]) -> str | None:
    """Say in a word who has a lead in hand while it is to decide; None where nobody has."""
    if lead.assigned_to is None or lead.state not in TO_DECIDE:
        return None
    if lead.assigned_to == reviewer().id:
        return ASSIGNED_TO_ME
    return people[lead.assigned_to].partition("@")[0] if lead.assigned_to in people else SOMEBODY_WHO_LEFT


def _page(tx: Connection, wanted: Wanted) -> Page:
    after, before = _lead_named(tx, "older"), _lead_named(tx, "newer")
    if before is not None:
        found = look_for(tx, wanted, limit=PAGE + 1, before=before)
        leads, is_full = found.leads[-PAGE:], len(found.leads) > PAGE
        return Page(leads, leads[0].reference if is_full else None, _last(leads), found.stopped_at, upwards=True)
    found = look_for(tx, wanted, limit=PAGE + 1, after=after)
    leads, is_full = found.leads[:PAGE], len(found.leads) > PAGE
    newer = leads[0].reference if leads and after is not None else None
    return Page(leads, newer, _last(leads) if is_full else None, found.stopped_at)


def _last(leads: list[Lead]) -> str | None:
    return leads[-1].reference if leads else None


def _lead_named(tx: Connection, parameter: str) -> Lead | None:
    try:
        return get_lead(tx, request.args[parameter]) if parameter in request.args else None
    except LeadUnknown:
        return None


def _rows(tx: Connection, catalogue: Catalogue, leads: list[Lead], people: Mapping[str, str]) -> list[Row]:
    ids = [lead.id for lead in leads]
    deliveries, states, hinted = deliveries_of(tx, ids), states_together(tx, ids), find_hinted(tx, ids)
    opt_ins = {purpose.id for purpose in catalogue.purposes.values() if purpose.control == OPT_IN}
    return [
        Row(
            lead=lead,
            form=form_name(lead.form),
            delivery=next((one for one in reversed(deliveries.get(lead.id, [])) if not one.is_no), None),
            is_untold=any(one.is_no and one.is_open for one in deliveries.get(lead.id, [])),
            consents={purpose: state for purpose, state in states.get(lead.id, {}).items() if purpose in opt_ins},
            held_for=[HELD_FOR[reason] for reason in lead.held_for or () if lead.state is LeadState.HELD],
            assignee=_assignee(lead, people),
            is_hinted=lead.id in hinted,
        )
        for lead in leads
    ]


def _tabs(counts: dict[LeadState, int]) -> list[Tab]:
    by_state = [Tab(state.value, filter_label(state), counts.get(state, 0)) for state in STATES]
    all_of_them = sum(counts.get(state, 0) for state in states_in(ALL))
    return [by_state[0], Tab(ALL, filter_label(ALL), all_of_them), *by_state[1:]]


def _choices(catalogue: Catalogue, chosen: Filter, people: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what each filter can be set to, with its words; what is set stays, also if the catalogue dropped it."""
    choices: dict[str, dict[str, str]] = {
        "form": {form: form_name(form) for form in catalogue.forms},
        "channel": CHANNELS,
        "language": {locale: language_name(locale) for locale in catalogue.locales},
        "purpose": {purpose: capital(purpose_name(purpose)) for purpose in catalogue.purposes},
        "age": AGES,
        "due": DUES,
        "assignee": {ME: ASSIGNED_TO_ME, NO_ONE: ASSIGNED_TO_NOBODY, **people},
    }
    set_to = {name: getattr(chosen, name) for name in choices}
    return {
        name: said if not set_to[name] or set_to[name] in said else {**said, set_to[name]: spoken(set_to[name])}
        for name, said in choices.items()
    }

"""The queue: what came in, newest first, without a single value that a person typed (M-10)."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from intake_api.catalogue.definitions import OPT_IN
from intake_api.catalogue.model import Catalogue
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.store.decisions import states_of
from intake_api.store.deliveries import Delivery, deliveries_of
from intake_api.store.destinations import list_pauses
from intake_api.store.lead_lists import count_by_state, list_leads
from intake_api.store.leads import Lead, LeadUnknown, get_lead
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.decided import find_decided
from intake_api.web.review.words import HELD_FOR, STATES, spoken

queue = Blueprint("queue", __name__, template_folder="templates")
PAGE = 50
ALL = "all"


@dataclass(frozen=True)
class Filter:
    """One view of the queue: its name in the URL, how it is said, how many leads it has."""

    name: str
    label: str
    count: int


@dataclass(frozen=True)
class Row:
    """One lead as the list shows it."""

    lead: Lead
    form: str
    delivery: Delivery | None
    consents: dict[str, DecisionState]
    held_for: list[str]


@queue.get("/")
@open_to("staff")
def show() -> ResponseReturnValue:
    """Show one page of the queue: `state` filters, `older` and `newer` name the lead the page begins next to."""
    state = chosen_state()
    with door().store.reading() as tx:
        counts = count_by_state(tx)
        leads, has_newer, has_older = _page(tx, states_in(state))
        return render_template(
            "review/queue.html",
            state=state,
            filters=_filters(counts),
            rows=_rows(tx, door().catalogue, leads),
            newer=url_for("queue.show", state=state, newer=leads[0].reference) if has_newer else None,
            older=url_for("queue.show", state=state, older=leads[-1].reference) if has_older else None,
            pauses=list_pauses(tx),
            decided=find_decided(tx),
            now=door().now(),
        )


def chosen_state() -> str:
    """Return the filter of the request by its name; whatever is not one is `new`."""
    name = request.values.get("state", "")
    return name if name == ALL or name in {state.value for state in LeadState} else LeadState.NEW.value


def states_in(name: str) -> tuple[LeadState, ...]:
    """Return the states that a filter shows. "All" leaves out who was erased: there is nothing left to look at."""
    return tuple(state for state in STATES if state is not LeadState.ERASED) if name == ALL else (LeadState(name),)


def filter_label(name: str) -> str:
    """Return how a filter is said."""
    return "All" if name == ALL else STATES[LeadState(name)]


def form_name(form: str) -> str:
    """Return how a form is called here: by its key, since titles are for visitors and may be alike."""
    return spoken(form).capitalize()


def _page(tx: Connection, states: tuple[LeadState, ...]) -> tuple[list[Lead], bool, bool]:
    """Return a page of leads, and whether there are newer and older ones."""
    older, newer = _lead_named(tx, "older"), _lead_named(tx, "newer")
    if newer is not None:
        found = list_leads(tx, states=states, limit=PAGE + 1, newer_than=newer)
        leads, has_newer, has_older = found[-PAGE:], len(found) > PAGE, True
    else:
        found = list_leads(tx, states=states, limit=PAGE + 1, older_than=older)
        leads, has_newer, has_older = found[:PAGE], older is not None, len(found) > PAGE
    return leads, has_newer and bool(leads), has_older and bool(leads)


def _lead_named(tx: Connection, parameter: str) -> Lead | None:
    try:
        return get_lead(tx, request.args[parameter]) if parameter in request.args else None
    except LeadUnknown:
        return None


def _rows(tx: Connection, catalogue: Catalogue, leads: list[Lead]) -> list[Row]:
    ids = [lead.id for lead in leads]
    deliveries, states = deliveries_of(tx, ids), states_of(tx, ids)
    opt_ins = {purpose.id for purpose in catalogue.purposes.values() if purpose.control == OPT_IN}
    return [
        Row(
            lead=lead,
            form=form_name(lead.form),
            delivery=next(reversed(deliveries.get(lead.id, [])), None),
            consents={purpose: state for purpose, state in states.get(lead.id, {}).items() if purpose in opt_ins},
            held_for=[HELD_FOR[reason] for reason in lead.held_for or () if lead.state is LeadState.HELD],
        )
        for lead in leads
    ]


def _filters(counts: dict[LeadState, int]) -> list[Filter]:
    by_state = [Filter(state.value, filter_label(state), counts.get(state, 0)) for state in STATES]
    all_of_them = sum(counts.get(state, 0) for state in states_in(ALL))
    return [by_state[0], Filter(ALL, filter_label(ALL), all_of_them), *by_state[1:]]

"""Which leads stand in a state, follow one another in the queue, or have something due."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, text

from intake_api.rules.lead_state import LeadState
from intake_api.store.leads import ENDING, LEAD_COLUMNS, NOT_ERASED, UNTOLD, Lead, LeadRow, is_free, lead_of


def ids_not_erased(tx: Connection, *, after: str, limit: int) -> list[str]:
    """Return the ids of leads that are not erased, in their order, those after one of them."""
    query = select(LeadRow.id).where(LeadRow.id > after, text(NOT_ERASED)).order_by(LeadRow.id).limit(limit)
    return list(tx.scalars(query))


def find_of_form(tx: Connection, form: str, locale: str, *, after: str, limit: int) -> list[str]:
    """Return the ids of leads of a form in a language that are not erased, in their order, those after one of them."""
    of_form = (LeadRow.form == form, LeadRow.locale == locale, LeadRow.id > after, text(NOT_ERASED))
    return list(tx.scalars(select(LeadRow.id).where(*of_form).order_by(LeadRow.id).limit(limit)))


def find_by_yes_ending(tx: Connection, *, until: datetime, limit: int | None = 100) -> list[str]:
    """Return the ids of leads of which a yes may end until a moment, the next one first."""
    query = select(LeadRow.id).where(LeadRow.yes_ends_at <= until, text(ENDING)).order_by(LeadRow.yes_ends_at)
    return list(tx.scalars(query.limit(limit)))


def find_expired(tx: Connection, *, now: datetime, limit: int) -> list[str]:
    """Return the ids of leads whose time is over and that are not erased, those that are over longest first."""
    expired = select(LeadRow.id).where(LeadRow.delete_after <= now, text(NOT_ERASED), is_free(now))
    return list(tx.scalars(expired.order_by(LeadRow.delete_after).limit(limit)))


def list_untold(tx: Connection) -> list[Lead]:
    """Return the leads whose persons are still to be told of them (N-14), the most urgent first."""
    query = select(*LEAD_COLUMNS).where(text(UNTOLD), text(NOT_ERASED))
    return [lead_of(row) for row in tx.execute(query.order_by(LeadRow.tell_by))]


def list_leads(
    tx: Connection,
    *,
    states: Iterable[LeadState] = (),
    limit: int = 50,
    older_than: Lead | None = None,
    newer_than: Lead | None = None,
) -> list[Lead]:
    """Return leads, newest first, at most `limit`: the newest, or those next to a lead on its older or newer side.

    What its person had restricted is not among them (S-10).
    """
    query = select(*LEAD_COLUMNS).where(LeadRow.restricted_until.is_(None)).limit(limit)
    if wanted := list(states):
        query = query.where(LeadRow.state.in_(wanted))
    if newer_than is not None:
        query = query.where(_is_newer(newer_than)).order_by(LeadRow.received_at, LeadRow.id.desc())
        return [lead_of(row) for row in tx.execute(query)][::-1]
    if older_than is not None:
        query = query.where(_is_older(older_than))
    return [lead_of(row) for row in tx.execute(query.order_by(LeadRow.received_at.desc(), LeadRow.id))]


def count_by_state(tx: Connection) -> dict[LeadState, int]:
    """Return how many leads stand in each state, without those that their persons had restricted."""
    usable = LeadRow.restricted_until.is_(None)
    rows = tx.execute(select(LeadRow.state, func.count()).where(usable).group_by(LeadRow.state))
    return {LeadState(state): count for state, count in rows}


def list_restricted(tx: Connection) -> list[Lead]:
    """Return the leads that their persons had restricted, those that are looked at again first in front."""
    query = select(*LEAD_COLUMNS).where(LeadRow.restricted_until.is_not(None))
    return [lead_of(row) for row in tx.execute(query.order_by(LeadRow.restricted_until))]


def _is_older(lead: Lead) -> ColumnElement[bool]:
    """Stand after a lead in the order of lists; two of the same millisecond stand by id."""
    at_once = (LeadRow.received_at == lead.received_at) & (LeadRow.id > lead.id)
    return (LeadRow.received_at <= lead.received_at) & ((LeadRow.received_at < lead.received_at) | at_once)


def _is_newer(lead: Lead) -> ColumnElement[bool]:
    at_once = (LeadRow.received_at == lead.received_at) & (LeadRow.id < lead.id)
    return (LeadRow.received_at >= lead.received_at) & ((LeadRow.received_at > lead.received_at) | at_once)

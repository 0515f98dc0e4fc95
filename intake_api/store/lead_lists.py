"""Which leads stand in a state, follow one another in the queue, or have something due."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal, literal_column, select, text, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from intake_api.rules.lead_state import OUT_OF_LISTS, LeadState
from intake_api.store.decisions import permits_now
from intake_api.store.lead_counts import Kind, count_by_state
from intake_api.store.lead_merges import forbidden_by_merged
from intake_api.store.leads import (
    ENDING,
    FOLLOWED_UP,
    LEAD_COLUMNS,
    NOT_ERASED,
    UNANSWERED,
    UNTOLD,
    Lead,
    LeadRow,
    is_free,
    lead_of,
)

Key = InstrumentedAttribute[Any]


FEW = 5000  # so many are fetched and put in order at once
NOBODY = ""
LOOKED_AT = 5000  # so many are looked at one after the other before a list stops and says how far it came


class Order(StrEnum):
    """What stands on top of a list."""

    NEWEST = "newest"
    SCORE = "score"  # the most promising, and of these the newest
    RESPONSE = "response"  # what is to be answered first; only what is to decide, and has a goal


class Due(StrEnum):
    """What somebody here has to do by a day."""

    RESPONSE = "response"  # give a first response: its goal is over
    FOLLOW_UP = "follow_up"  # get in touch with somebody who was not content
    TELL = "tell"  # give the notice to somebody for whom staff wrote (N-14)


@dataclass(frozen=True)
class Wanted:
    """Which leads a list shows, in which order. What is None or empty asks for nothing.

    `purpose` is one the person permits at present; `due_by` goes with `due`; `assigned_to` is an id, or `NOBODY`.
    """

    states: tuple[LeadState, ...] = ()
    form: str | None = None
    channel: str | None = None
    locale: str | None = None
    source: str | None = None
    campaign: str | None = None
    purpose: str | None = None
    score_at_least: int | None = None
    received_since: datetime | None = None
    received_before: datetime | None = None
    assigned_to: str | None = None
    due: Due | None = None
    due_by: datetime | None = None
    order: Order = Order.NEWEST


@dataclass(frozen=True)
class Found:
    """Some leads of a list, in its order. `stopped_at` was looked at last; there may be more beyond it."""

    leads: list[Lead]
    stopped_at: str | None = None


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
    wanted: Wanted | None = None,
    *,
    limit: int = 50,
    after: Lead | None = None,
    before: Lead | None = None,
) -> list[Lead]:
    """Return the leads that `look_for` finds."""
    return look_for(tx, wanted or Wanted(), limit=limit, after=after, before=before).leads


def look_for(
    tx: Connection, wanted: Wanted, *, limit: int = 50, after: Lead | None = None, before: Lead | None = None
) -> Found:
    """Return leads in the order wanted, at most `limit`: the first, or those right after or right before a lead.

    Whatever is asked for, the work is bounded: the smallest part of the table that an index holds is taken if it is
    small; else the leads are looked at in their order, so many at most. What its person had restricted is not among
    them (S-10).
    """
    walked, is_few = _choose(tx, wanted)
    upwards = (before is not None) is (wanted.order is not Order.RESPONSE)
    keys = _keys(wanted.order)
    place = before or after
    beyond = [] if place is None else [_beyond(keys, place, upwards=upwards)]
    stop = None
    if not is_few and _asks_for_more(wanted):
        stop = _stop(tx, walked, keys, beyond, upwards=upwards)
    within = [] if stop is None else [~_beyond(keys, stop, upwards=upwards)]
    query = select(*LEAD_COLUMNS).where(*walked.where, *_conditions(wanted), *beyond, *within).limit(limit)
    rows = tx.execute(_walk(query, walked, keys, upwards=upwards))
    leads = [lead_of(row) for row in rows]
    stopped_at = None
    if stop is not None and len(leads) < limit:
        stopped_at = tx.scalar(select(LeadRow.reference).where(LeadRow.id == stop.id))
    return Found(leads if before is None else leads[::-1], stopped_at)


def list_restricted(tx: Connection) -> list[Lead]:
    """Return the leads that their persons had restricted, those that are looked at again first in front."""
    query = select(*LEAD_COLUMNS).where(LeadRow.restricted_until.is_not(None))
    return [lead_of(row) for row in tx.execute(query.order_by(LeadRow.restricted_until))]


@dataclass(frozen=True)
class _Part:
    """A part of the table that an index of ours holds, and what says so. `kind` says of which leads, if that counts."""

    index: str
    where: tuple[ColumnElement[bool], ...]
    kind: Kind | None = None


def _choose(tx: Connection, wanted: Wanted) -> tuple[_Part, bool]:
    """Choose the part of the table to look through, and say whether it is small enough to be fetched whole."""
    sized = [(_size(tx, part), part) for part in _parts(wanted)]
    size, smallest = min(sized, key=itemgetter(0), default=(FEW + 1, None))
    if smallest is not None and size <= FEW:
        return smallest, True
    newest = [one for one in sized if one[1].index.endswith("_received_at_id")]
    if wanted.order is Order.NEWEST and newest:
        return min(newest, key=itemgetter(0))[1], False
    return _in_order(wanted), False


def _size(tx: Connection, part: _Part) -> int:
    """Return how many leads a part has; of those that are not counted, not more than is needed to see they are many."""
    if part.kind is not None:
        return sum(count_by_state(tx, part.kind).values())
    some = select(literal(1)).select_from(LeadRow).where(*part.where).limit(FEW + 1)
    some = some.with_hint(LeadRow, f"INDEXED BY {part.index}", "sqlite")
    return tx.scalar(select(func.count()).select_from(some.subquery())) or 0


def _parts(wanted: Wanted) -> Iterator[_Part]:
    """Name the parts that a question could be answered from."""
    if wanted.due is not None:
        yield _due_part(wanted.due, wanted.due_by)
    if wanted.assigned_to:
        yield _Part("ix_leads_assigned_to_received_at_id", (LeadRow.assigned_to == wanted.assigned_to,))
    for name, value in (("campaign", wanted.campaign), ("source", wanted.source)):
        if value is not None:
            yield _Part(f"ix_leads_{name}_received_at_id", (getattr(LeadRow, name) == value,))
    for name, value in (("form", wanted.form), ("channel", wanted.channel), ("locale", wanted.locale)):
        if value is not None:
            asked: dict[str, Any] = {name: value}
            yield _Part(f"ix_leads_{name}_received_at_id", (getattr(LeadRow, name) == value,), Kind(**asked))
    if len(wanted.states) == 1:
        (state,) = wanted.states
        yield _Part("ix_leads_state_received_at_id", (LeadRow.state == state,), Kind(state=state))


def _due_part(due: Due, by: datetime | None) -> _Part:
    index, column, which = _DUES[due]
    return _Part(index, (literal_column(which), column <= by))


def _in_order(wanted: Wanted) -> _Part:
    """Name the index that has the leads in the order wanted, all of them or those of the one state."""
    if wanted.order is Order.RESPONSE:
        return _Part("ix_leads_respond_by_id", (literal_column(UNANSWERED),))
    by = "score_received_at_id" if wanted.order is Order.SCORE else "received_at_id"
    if len(wanted.states) == 1:
        return _Part(f"ix_leads_state_{by}", (LeadRow.state == wanted.states[0],))
    return _Part(f"ix_leads_{by}", ())


def _asks_for_more(wanted: Wanted) -> bool:
    """Say whether a lead that stands in order may still not be wanted."""
    return replace(wanted, states=(), order=Order.NEWEST) != Wanted() or len(wanted.states) > 1


def _stop(
    tx: Connection, walked: _Part, keys: tuple[Key, ...], beyond: list[ColumnElement[bool]], *, upwards: bool
) -> Row[Any] | None:
    """Return the place of the last lead to look at, or None where nothing stands beyond it: by the index alone."""
    query = select(*keys).where(*walked.where, *beyond).limit(2).offset(LOOKED_AT - 1)
    last_and_next = tx.execute(_walk(query, walked, keys, upwards=upwards)).all()
    return last_and_next[0] if len(last_and_next) == 2 else None


def _walk(query: Any, walked: _Part, keys: tuple[Key, ...], *, upwards: bool) -> Any:
    ordered = query.order_by(*(key if upwards else key.desc() for key in keys))
    return ordered.with_hint(LeadRow, f"INDEXED BY {walked.index}", "sqlite")


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """Say what is wanted as questions to the table."""
    yield LeadRow.restricted_until.is_(None)
    yield from _in_states(wanted.states)
    for name in ("form", "channel", "locale", "source", "campaign"):
        if (value := getattr(wanted, name)) is not None:
            yield getattr(LeadRow, name) == value
    if wanted.assigned_to is not None:
        yield LeadRow.assigned_to == wanted.assigned_to if wanted.assigned_to else LeadRow.assigned_to.is_(None)
    if wanted.score_at_least is not None:
        yield LeadRow.score >= wanted.score_at_least
    yield from _of_age(wanted)
    if wanted.purpose is not None:
        yield permits_now(LeadRow.id, wanted.purpose)
        yield ~forbidden_by_merged(LeadRow.id, wanted.purpose)
    if wanted.due is not None:
        yield from _due_part(wanted.due, wanted.due_by).where
    if wanted.order is Order.RESPONSE:
        yield literal_column(UNANSWERED)


def _in_states(states: tuple[LeadState, ...]) -> Iterator[ColumnElement[bool]]:
    if set(states) == set(LeadState) - OUT_OF_LISTS:
        yield LeadRow.state.not_in(sorted(OUT_OF_LISTS))
    elif states:
        yield LeadRow.state.in_(states)


def _of_age(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.received_since is not None:
        yield LeadRow.received_at >= wanted.received_since
    if wanted.received_before is not None:
        yield LeadRow.received_at <= wanted.received_before


def _keys(order: Order) -> tuple[Key, ...]:
    """Return what a list is ordered by: the id decides between leads of one millisecond."""
    newest = (LeadRow.received_at, LeadRow.id)
    return {Order.SCORE: (LeadRow.score, *newest), Order.RESPONSE: (LeadRow.respond_by, LeadRow.id)}.get(order, newest)


def _beyond(keys: tuple[Key, ...], place: Lead | Row[Any], *, upwards: bool) -> ColumnElement[bool]:
    here = tuple_(*(literal(getattr(place, key.key), key.type) for key in keys))
    return tuple_(*keys) > here if upwards else tuple_(*keys) < here


# The index of what is due, by when, and which leads it holds: in the words of the index, or SQLite does not see it.
_DUES: dict[Due, tuple[str, Key, str]] = {
    Due.RESPONSE: ("ix_leads_respond_by_id", LeadRow.respond_by, UNANSWERED),
    Due.FOLLOW_UP: ("ix_leads_follow_up_by_id", LeadRow.follow_up_by, FOLLOWED_UP),
    Due.TELL: ("ix_leads_tell_by", LeadRow.tell_by, UNTOLD),
}


@dataclass(frozen=True)
class KeptLead:
    """What the row of a lead says that the entry of its submission says, too, by the entry's names."""

    reference: str
    said: Mapping[str, str]


def leads_as_kept(tx: Connection) -> Iterator[tuple[str, KeptLead]]:
    """Stream the rows, each with its id, in the order of the ids."""
    said = {"notice": LeadRow.notice_hash, "form": LeadRow.form, "locale": LeadRow.locale}
    query = select(LeadRow.id, LeadRow.reference, *said.values()).order_by(LeadRow.id)
    for lead_id, reference, *values in tx.execution_options(yield_per=2000).execute(query):
        yield lead_id, KeptLead(reference, dict(zip(said, values, strict=True)))

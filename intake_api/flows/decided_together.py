"""Read the decisions of merged leads together: per purpose the strictest counts, and none is changed (T-10)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.decided_events import decided_events
from intake_api.flows.notice_in_force import Document
from intake_api.flows.state_now import state_now
from intake_api.rules.merging import strictness
from intake_api.rules.permission import Event
from intake_api.store.decisions import Decision, current_decisions
from intake_api.store.lead_merges import merges_among
from intake_api.store.leads import Lead, get_lead_by_id


def decided_together(
    tx: Connection,
    lead: Lead,
    own: Mapping[str, Decision],
    merged: Iterable[Lead],
    *,
    notice: Document | None = None,
    now: datetime,
) -> dict[str, Decision]:
    """Return, for each purpose that a lead was asked about, the decision that counts, in the state in which it stands.

    :param own: its present decisions.
    :param merged: the leads that are merged into it. What only they were asked about gives this one nothing.
    :param notice: the one in force for it, where the caller has it at hand.
    :raises NoticeAltered: a notice that was decided on was changed in the database.
    """
    counts = {
        purpose: replace(one, state=state_now(tx, lead, one, notice=notice, now=now)) for purpose, one in own.items()
    }
    for other in merged:
        for purpose, said in current_decisions(tx, other.id).items():
            theirs = replace(said, state=state_now(tx, other, said, now=now))
            if purpose in counts and strictness(theirs.state) < strictness(counts[purpose].state):
                counts[purpose] = theirs
    return counts


def events_together(tx: Connection, leads: Iterable[Lead], purpose: str, *, now: datetime) -> list[Event]:
    """Return what was decided about a purpose in some leads; those that are merged read like one lead.

    Its last event is the strictest that stands in any of them, also in one that was erased since.
    """
    known = {lead.id: lead for lead in leads}
    merges = merges_among(tx, known)
    stays = {one.lead_id: one.into_id for one in merges}
    events = [one for lead in known.values() for one in decided_events(tx, lead, purpose, now=now)]
    found = [replace(one, lead_id=stays.get(one.lead_id, one.lead_id)) for one in events]
    for into in sorted(set(stays.values())):
        ids = [into, *(one.lead_id for one in merges if one.into_id == into)]
        last = [_last(tx, known.get(one) or get_lead_by_id(tx, one), purpose, now=now) for one in ids]
        if said := [one for one in last if one is not None]:
            found.append(_strictest(said, into))
    return found


def _last(tx: Connection, lead: Lead, purpose: str, *, now: datetime) -> Event | None:
    return next(reversed(decided_events(tx, lead, purpose, now=now)), None)


def _strictest(said: list[Event], stays: str) -> Event:
    ends = [one.ends_at for one in said if one.ends_at is not None]
    return replace(
        min(said, key=lambda one: strictness(one.state)),
        lead_id=stays,
        decided_at=max(one.decided_at for one in said),
        ends_at=min(ends, default=None),
        is_restricted=any(one.is_restricted for one in said),
    )

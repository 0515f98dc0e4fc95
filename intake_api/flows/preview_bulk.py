"""Look at what an act on many leads would do, and to which it would not: nothing happens to any of them."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.assign_lead import AssigneeUnknown, decides
from intake_api.flows.decline_lead import ReasonUnknown
from intake_api.flows.judge_bulk import Choice, why_left_out
from intake_api.rules.bulk import MOST, BulkAct, JobState
from intake_api.rules.exports import MOST as MOST_IN_A_FILE
from intake_api.rules.lead_state import DECLINE_REASONS
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import BulkJob, Chosen, add_job
from intake_api.store.lead_exports import add_export
from intake_api.store.lead_lists import Wanted, look_for
from intake_api.store.leads import Lead, LeadUnknown, get_lead
from intake_api.store.staff import find_person

__all__ = ["AssigneeUnknown", "NothingChosen", "ReasonUnknown", "preview_bulk", "preview_filter"]

MORE, NOT_ALL = "more", "not_all"  # there are more than `MOST`; not the whole list was looked through


class NothingChosen(Exception):
    """No lead was chosen, or none of them is there."""

    code = "nothing_chosen"


def preview_bulk(
    store: Store, references: Iterable[str], choice: Choice, recipient: str, *, staff_id: str, now: datetime
) -> BulkJob:
    """Look at leads that were chosen one by one, as many as are allowed; what is not there is left out.

    :param recipient: who gets what is approved.
    :return: the job as it can be begun: with each lead as it stands, and why some are left out.
    :raises NothingChosen, ReasonUnknown, AssigneeUnknown: nothing was written.
    """
    with store.reading() as tx:
        leads = list(_found(tx, references))
        most, cut = _most(choice), _cut(leads, choice)
        return _written(store, tx, leads[:most], choice, recipient, cut, staff_id=staff_id, now=now)


def preview_filter(
    store: Store, wanted: Wanted, choice: Choice, recipient: str, *, staff_id: str, now: datetime
) -> BulkJob:
    """Look at the first leads of a list, as `preview_bulk` does; `cut` says when there are more.

    :raises NothingChosen, ReasonUnknown, AssigneeUnknown: nothing was written.
    """
    with store.reading() as tx:
        most = _most(choice)
        found = look_for(tx, wanted, limit=most + 1)
        cut = NOT_ALL if found.stopped_at else _cut(found.leads, choice)
        return _written(store, tx, found.leads[:most], choice, recipient, cut, staff_id=staff_id, now=now)


def _most(choice: Choice) -> int:
    return MOST_IN_A_FILE if choice.act is BulkAct.EXPORT else MOST


def _cut(leads: list[Lead], choice: Choice) -> str | None:
    return MORE if len(leads) > _most(choice) else None


def _found(tx: Connection, references: Iterable[str]) -> Iterator[Lead]:
    for reference in dict.fromkeys(references):
        try:
            yield get_lead(tx, reference)
        except LeadUnknown:
            continue


def _written(
    store: Store,
    reading: Connection,
    leads: list[Lead],
    choice: Choice,
    recipient: str,
    cut: str | None,
    *,
    staff_id: str,
    now: datetime,
) -> BulkJob:
    """Judge while only reading, since that takes a while; the versions say later whether it is still true."""
    if not leads:
        raise NothingChosen("Choose at least one lead.")
    if choice.act is BulkAct.DECLINE and choice.reason not in DECLINE_REASONS:
        raise ReasonUnknown("Choose a reason from the list, so that the next person understands.")
    chosen = [Chosen(lead.id, lead.version, why_left_out(reading, lead, choice, recipient, now=now)) for lead in leads]
    job = BulkJob(
        id=secrets.token_hex(16),
        staff_id=staff_id,
        act=choice.act,
        reason=choice.reason,
        given_to=choice.given_to,
        state=JobState.PREVIEWED,
        made_at=now,
        begun_at=None,
        ended_at=None,
        stopped_for=None,
        cut=cut,
        turn=0,
        attempts=0,
    )
    with store.writing() as tx:
        if choice.given_to and not ((person := find_person(tx, choice.given_to, hold=False)) and decides(person)):
            raise AssigneeUnknown("Choose one of those who decide about leads.")
        add_job(tx, job, chosen)
        if choice.act is BulkAct.EXPORT:
            add_export(tx, job.id, choice.asked_of or {})
    return job

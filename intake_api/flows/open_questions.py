"""Find what somebody may be asked again: yeses to what has changed, and yeses that end soon (C-16, C-17).

All leads of an address are read together, as for permissions: who has said yes or no elsewhere meanwhile is not asked.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.catalogue.definitions import OPT_IN
from intake_api.flows.decided_events import decided_events
from intake_api.flows.notice_in_force import notice_decided_on
from intake_api.flows.promised_end import valid_until
from intake_api.rules.consent import ASK_AGAIN_BEFORE, DecisionState
from intake_api.rules.permission import standing
from intake_api.store.decisions import Decision, current_decisions
from intake_api.store.lead_index import find_by_same_email
from intake_api.store.leads import Lead, get_lead_by_id
from intake_api.store.notices import get_notice_body
from intake_api.store.publications import current_publication
from intake_api.store.renewals import Renewal, Why

Document = Mapping[str, Any]


@dataclass(frozen=True)
class OpenQuestion:
    """One yes that is asked about again: the notice it was said to, and the one of today."""

    lead: Lead
    yes: Decision
    before: Document
    today: Document
    today_hash: str
    until: datetime | None  # when the yes ends by itself
    is_changed: bool  # it does not count any more; else it does until it ends

    @property
    def purpose(self) -> str:
        """The id of the purpose."""
        return self.yes.purpose

    @property
    def promise(self) -> Document:
        """The purpose as the notice of today has it."""
        found: Document = next(one for one in self.today["purposes"] if one["id"] == self.purpose)
        return found

    @property
    def age_of_consent(self) -> int | None:
        """The age a yes of today is asked for; None where nobody is asked, or they have said before to be that old."""
        asked, said = ((told.get("children") or {}).get("threshold") for told in (self.today, self.before))
        return asked if asked and asked > (said or 0) else None


def open_questions(tx: Connection, renewal: Renewal, *, now: datetime) -> list[OpenQuestion]:
    """Return what the page of a renewal asks now, in the order in which it was agreed to; nothing once it is over."""
    if not renewal.is_open(now):
        return []
    ending = renewal.purposes if renewal.why is Why.ENDING else ()
    return questions_to(tx, renewal.lead_id, ending=ending, now=now)


def questions_to(tx: Connection, lead_id: str, *, ending: Collection[str], now: datetime) -> list[OpenQuestion]:
    """Return what the person of a lead may be asked again.

    :param ending: the purposes whose yes is also asked about when it ends soon.
    """
    leads = {one: get_lead_by_id(tx, one) for one in find_by_same_email(tx, lead_id)}
    purposes = dict.fromkeys(purpose for one in leads for purpose in current_decisions(tx, one))
    found = (_question(tx, leads, purpose, is_ending=purpose in ending, now=now) for purpose in purposes)
    return sorted(filter(None, found), key=lambda one: one.yes.decided_at)


def _question(
    tx: Connection, leads: Mapping[str, Lead], purpose: str, *, is_ending: bool, now: datetime
) -> OpenQuestion | None:
    counts = standing(event for lead in leads.values() for event in decided_events(tx, lead, purpose, now=now))
    if counts is None or counts.is_restricted:
        return None
    lead = leads[counts.lead_id]
    yes = current_decisions(tx, lead.id)[purpose]
    before = notice_decided_on(tx, lead, yes)
    until = valid_until(before, yes)
    ends_soon = is_ending and counts.state is DecisionState.GIVEN and _is_soon(until, now)
    if counts.state is not DecisionState.NEEDS_RECONSENT and not ends_soon:
        return None
    today = current_publication(tx, lead.form, lead.locale)
    if today is None:
        return None
    document = json.loads(get_notice_body(tx, today.notice_hash))
    if not any(one["id"] == purpose and one["control"] == OPT_IN for one in document["purposes"]):
        return None  # nobody is asked for it any more
    return OpenQuestion(lead, yes, before, document, today.notice_hash, until, is_changed=not ends_soon)


def _is_soon(until: datetime | None, now: datetime) -> bool:
    return until is not None and now < until <= now + ASK_AGAIN_BEFORE

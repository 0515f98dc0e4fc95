"""Say where a decision stands now: a yes whose time is over, or to what has changed since, counts for nothing.

Whether or not anybody wrote that down: it is so from the moment on in which it became so (C-16, C-17).
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.notice_in_force import Document, notice_decided_on
from intake_api.flows.promised_end import valid_until
from intake_api.rules.consent import DecisionState
from intake_api.store.decisions import Decision
from intake_api.store.leads import Lead
from intake_api.store.publications import changed_since


def state_now(
    tx: Connection, lead: Lead, decision: Decision, *, notice: Document | None = None, now: datetime
) -> DecisionState:
    """Return the state that counts.

    :param notice: the one in force for the lead, where the decision is a present one and the caller has it at hand.
    :raises NoticeAltered: the notice it was decided on was changed in the database.
    """
    if decision.state is not DecisionState.GIVEN:
        return decision.state
    end = valid_until(notice or notice_decided_on(tx, lead, decision), decision)
    if end is not None and end <= now:
        return DecisionState.EXPIRED
    return DecisionState.NEEDS_RECONSENT if is_changed(tx, lead, decision) else DecisionState.GIVEN


def is_changed(tx: Connection, lead: Lead, decision: Decision) -> bool:
    """Say whether the purpose of a decision was changed materially since the notice it was made on."""
    notice_hash = decision.notice_hash or lead.notice_hash
    return decision.purpose in changed_since(tx, lead.form, lead.locale, notice_hash)


def changed_yeses(tx: Connection, lead: Lead, decisions: Iterable[Decision]) -> frozenset[str]:
    """Return the purposes whose yes does not count until it is said again.

    :param decisions: all of a lead, oldest first.
    """
    present = {one.purpose: one for one in decisions}.values()
    given = [one for one in present if one.state is DecisionState.GIVEN]
    return frozenset(one.purpose for one in given if is_changed(tx, lead, one))

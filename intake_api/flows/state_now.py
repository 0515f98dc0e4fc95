"""Say where a decision stands now: a yes whose time is over, or to what has changed since, counts for nothing.

Whether or not anybody wrote that down: it is so from the moment on in which it became so (C-16, C-17).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.flows.promised_end import valid_until
from intake_api.rules.consent import DecisionState
from intake_api.store.decisions import Decision
from intake_api.store.leads import Lead
from intake_api.store.publications import changed_since


def state_now(
    notice: Mapping[str, Any], decision: Decision, changed: Collection[str], *, now: datetime
) -> DecisionState:
    """Return the state that counts.

    :param notice: the one it was decided on.
    :param changed: the purposes that were changed materially since, as `changed_for` finds them.
    """
    if decision.state is not DecisionState.GIVEN:
        return decision.state
    end = valid_until(notice, decision)
    if end is not None and end <= now:
        return DecisionState.EXPIRED
    return DecisionState.NEEDS_RECONSENT if decision.purpose in changed else DecisionState.GIVEN


def changed_for(tx: Connection, lead: Lead) -> frozenset[str]:
    """Return the purposes that were changed materially since the notice of a lead."""
    return changed_since(tx, lead.form, lead.locale, lead.notice_hash)

"""Work out what a notice promised an end to: how long a lead may be kept, and how long a yes counts (T-02, C-16)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from intake_api.rules.confirmation import UNCONFIRMED
from intake_api.rules.consent import VALIDITY, DecisionState, permits
from intake_api.rules.retention import Kept, delete_after, parse_duration
from intake_api.store.decisions import Decision


def promised_end(
    notice: Mapping[str, Any], decisions: Iterable[Decision], *, submitted_at: datetime, last_activity_at: datetime
) -> datetime | None:
    """Return the latest end among the purposes that are alive; None when none is.

    :param decisions: the present one of each purpose.
    """
    states = {decision.purpose: decision.state for decision in decisions}
    promised = {purpose["id"]: purpose["retention"] for purpose in notice["purposes"]}
    alive = [_kept(promised[purpose]) for purpose, state in states.items() if permits(state)]
    alive += [UNCONFIRMED for state in states.values() if state is DecisionState.REQUESTED]
    if not alive:
        return None
    return delete_after(alive, submitted_at=submitted_at, last_activity_at=last_activity_at)


def valid_until(notice: Mapping[str, Any], decision: Decision) -> datetime | None:
    """Return until when a yes counts, by the notice it was said to; None for what is no living yes (C-16).

    A notice from before validity was written down gets the usual one.
    """
    if decision.state is not DecisionState.GIVEN:
        return None
    promised = {one["id"]: one.get("validity") for one in notice["purposes"]}
    return parse_duration(promised.get(decision.purpose) or VALIDITY).after(decision.decided_at)


def _kept(retention: Mapping[str, str]) -> Kept:
    return Kept(parse_duration(retention["duration"]), retention["from"])

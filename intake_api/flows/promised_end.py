"""Work out until when a notice allows keeping a lead, by the decisions that stand now (T-02)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from intake_api.rules.confirmation import UNCONFIRMED
from intake_api.rules.consent import DecisionState, permits
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


def _kept(retention: Mapping[str, str]) -> Kept:
    return Kept(parse_duration(retention["duration"]), retention["from"])

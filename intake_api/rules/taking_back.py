"""What a person may take back, what it becomes, and what is meant when they name nothing (W-01, W-03, R-07)."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

from intake_api.rules.consent import DecisionState

Key = TypeVar("Key", bound=Hashable)

# A yes is withdrawn. An act was no consent, so it is not withdrawn either: what it asked for is stopped.
BECOMES: Mapping[DecisionState, DecisionState] = {
    DecisionState.GIVEN: DecisionState.WITHDRAWN,
    DecisionState.REQUESTED: DecisionState.WITHDRAWN,
    DecisionState.ACTED: DecisionState.STOPPED,
}
TAKEN_BACK = frozenset(BECOMES.values())

LIVING_YESES = frozenset({DecisionState.GIVEN, DecisionState.REQUESTED})
_YESES = LIVING_YESES | {DecisionState.WITHDRAWN}
_ACTS = frozenset({DecisionState.ACTED, DecisionState.STOPPED})


def meant_by_all(states: Mapping[Key, DecisionState]) -> list[Key]:
    """Return which purposes somebody means who takes back "all", by their present states.

    Every yes: who stops the newsletter still wants the answer they asked for. Where there is no yes, the request
    itself: to do nothing then would be to mishear. What is already taken back counts, so that saying it twice means
    the same twice.
    """
    yeses = [key for key, state in states.items() if state in _YESES]
    return yeses or [key for key, state in states.items() if state in _ACTS]

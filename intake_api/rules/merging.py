"""What counts once two leads of one person are merged: the stricter decision, the earlier end (T-10).

Nothing is ever widened by it: whatever the order in which leads are merged, and however often, the result is the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from intake_api.rules.consent import DecisionState

# A no of the person, then what nobody said anew, then what waits for them, then a yes.
STRICTEST_FIRST = (
    DecisionState.WITHDRAWN,
    DecisionState.STOPPED,
    DecisionState.REFUSED,
    DecisionState.EXPIRED,
    DecisionState.NEEDS_RECONSENT,
    DecisionState.REQUESTED,
    DecisionState.GIVEN,
    DecisionState.ACTED,
)
_RANK = {state: rank for rank, state in enumerate(STRICTEST_FIRST)}


class Hindrance(StrEnum):
    """Why two leads cannot be merged."""

    SAME_LEAD = "same_lead"
    NOT_CONFIRMED = "contact_not_confirmed"  # no address of both that its owner confirmed
    STATE = "state_not_mergeable"
    HAS_MERGED = "others_merged_into_it"  # into the one that would be merged away
    UNDER_WAY = "delivery_under_way"  # of the one that would be merged away: a worker has it in hands


class MergeRefused(Exception):
    """These two cannot be merged now; `code` is that of the hindrance."""

    def __init__(self, hindrance: Hindrance) -> None:
        super().__init__(f"These leads cannot be merged: {hindrance.value.replace('_', ' ')}.")
        self.hindrance = hindrance
        self.code = hindrance.value


class Side(StrEnum):
    """Which of two leads says what counts."""

    STAYS = "stays"
    MERGED = "merged"
    BOTH = "both"


@dataclass(frozen=True)
class Standing:
    """One purpose of two leads: what each says (None: it was never asked), what counts, and by which of them."""

    purpose: str
    stays: DecisionState | None
    merged: DecisionState | None
    counts: DecisionState
    by: Side


def strictness(state: DecisionState) -> int:
    """Return the place of a state among all; the smaller, the stricter."""
    return _RANK[state]


def strictest(states: Iterable[DecisionState]) -> DecisionState:
    """Return what counts of what several leads say about one purpose; at least one says something."""
    return min(states, key=strictness)


def together(*leads: Mapping[str, DecisionState]) -> dict[str, DecisionState]:
    """Return what counts for each purpose that any of some leads was asked about."""
    purposes = dict.fromkeys(purpose for lead in leads for purpose in lead)
    return {purpose: strictest(lead[purpose] for lead in leads if purpose in lead) for purpose in purposes}


def compare(stays: Mapping[str, DecisionState], merged: Mapping[str, DecisionState]) -> list[Standing]:
    """Return what merging two leads makes of each purpose, those of the lead that stays first."""
    return [
        Standing(purpose, stays.get(purpose), merged.get(purpose), counts, _by(stays, merged, purpose))
        for purpose, counts in together(stays, merged).items()
    ]


def restored_end(before: datetime, set_to: datetime, stands: datetime) -> datetime:
    """Return until when a lead is kept once an act of staff that gave it an end is undone.

    As before, unless the person changed it meanwhile: an end that they made earlier by taking back stays (T-02), and
    so does one that they made later by a yes.

    :param before: its end before that act.
    :param set_to: the end that the act gave it.
    :param stands: its end now.
    """
    if stands > set_to:
        return max(before, stands)
    return before if stands == set_to else min(before, stands)


def _by(stays: Mapping[str, DecisionState], merged: Mapping[str, DecisionState], purpose: str) -> Side:
    if stays.get(purpose) == merged.get(purpose):
        return Side.BOTH
    if purpose not in merged:
        return Side.STAYS
    if purpose not in stays:
        return Side.MERGED
    return Side.STAYS if strictness(stays[purpose]) < strictness(merged[purpose]) else Side.MERGED

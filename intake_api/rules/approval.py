"""May a lead be approved without a person who decides: by the rule of its form, which its person was told (N-13).

The rule only ever approves. What it does not approve waits for a person as if there were none: no lead is dropped, put
back or hidden by a score (S-12).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """What a form asks for. `version` counts up when it changes."""

    version: int
    score_at_least: int = 0
    confirmed_email: bool = True  # the address was confirmed by a link that was mailed to it


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a lead counts for its rule."""

    score: int
    is_confirmed: bool
    is_held: bool  # it looked, or looks, as if a machine had sent it
    is_suggested: bool  # another lead may be of the same person
    was_decided: bool  # by a person or by this rule, though it is undecided again


def as_told(rule: ApprovalRule) -> dict[str, object]:
    """Return the rule as a notice says it."""
    return asdict(rule)


def rule_told(notice: Mapping[str, Any]) -> ApprovalRule | None:
    """Return the rule that a notice told of; None where it told of none."""
    told = notice.get("approval")
    return ApprovalRule(told["version"], told["score_at_least"], told["confirmed_email"]) if told else None


def approves(today: ApprovalRule, told: ApprovalRule | None, of: Standing) -> bool:
    """Say whether a lead is approved: by the rule that its person was told, and by the one that holds today."""
    if told is None or of.is_held or of.is_suggested or of.was_decided:
        return False
    needs_confirming = today.confirmed_email or told.confirmed_email
    return of.score >= max(today.score_at_least, told.score_at_least) and (of.is_confirmed or not needs_confirming)

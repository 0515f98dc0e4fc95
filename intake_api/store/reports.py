"""What came in, for reports: read from the counts that are kept by day. Nobody is to be seen in them.

What was erased still counts as having come: the number is no data about anybody.
"""

from collections import Counter
from datetime import date
from enum import StrEnum

from intake_api.rules.lead_state import LeadState
from intake_api.rules.period import Period
from intake_api.store.report_counts import Counts, Kind


class By(StrEnum):
    """By what leads are told apart, and which name of a count says it."""

    FORM = "one"
    CHANNEL = "two"
    LANGUAGE = "three"


def leads_by_day(counts: Counts, period: Period) -> dict[date, int]:
    """Return how many leads came on each day; days on which none came are not among them."""
    return counts.by_day(Kind.CAME, period)


def leads_by(counts: Counts, by: By, period: Period) -> dict[str, int]:
    """Return how many leads of a period came by each form, channel or language."""
    return {name: number for (name,), number in counts.by(Kind.CAME, period, by.value).items()}


def states_by_campaign(counts: Counts, period: Period) -> dict[tuple[str, str], Counter[LeadState]]:
    """Return in which states the leads of a period are, by source and campaign; either is empty if none was said.

    Who was erased is counted where they stood when that was done.
    """
    found: dict[tuple[str, str], Counter[LeadState]] = {}
    for (source, campaign, state), number in counts.by(Kind.SOURCE, period, "one", "two", "three").items():
        found.setdefault((source, campaign), Counter())[LeadState(state)] += number
    return found

"""How far what was shown and sent came, for reports: read from the counts that are kept by day."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from intake_api.rules.lead_state import LeadState
from intake_api.rules.period import Period
from intake_api.rules.span_steps import Spans, spans_of
from intake_api.store.deliveries import DeliveryState
from intake_api.store.presentations import STAFF, Outcome
from intake_api.store.report_counts import Counts, Kind
from intake_api.store.showings import ShowingRow


@dataclass(frozen=True)
class Reached:
    """How many leads were approved for a destination, and how many of these it took."""

    qualified: int
    delivered: int


def shown_by_notice(tx: Connection, period: Period) -> dict[str, int]:
    """Return how often each notice was shown to visitors: staff who write something down see it as well."""
    row = ShowingRow
    days = (row.day >= period.first, row.day <= period.last, row.channel != STAFF)
    query = select(row.notice_hash, func.sum(row.shown)).where(*days).group_by(row.notice_hash)
    return {notice: int(shown) for notice, shown in tx.execute(query)}


def answered_by_notice(counts: Counts, period: Period) -> dict[tuple[str, Outcome], int]:
    """Return how many visitors sent a form in a period, and how many refused one that was shown then, by notice."""
    answered: Counter[tuple[str, Outcome]] = Counter()
    for (notice, channel), number in counts.by(Kind.NOTICE, period, "one", "two").items():
        if channel != STAFF:
            answered[notice, Outcome.SUBMITTED] += number
    for (notice,), number in counts.by(Kind.REFUSED, period, "one").items():
        answered[notice, Outcome.REFUSED] += number
    return answered


def decided_by_notice(counts: Counts, period: Period) -> dict[tuple[str, str, bool], int]:
    """Return how many visitors said yes or no with what they sent, by notice, purpose and whether it was a yes."""
    found = counts.by(Kind.DECIDED, period, "one", "two", "three")
    return {(notice, purpose, said == "yes"): number for (notice, purpose, said), number in found.items()}


def reached_by_form(counts: Counts, period: Period) -> dict[str, Reached]:
    """Return how far the leads of each form came that visitors sent in a period, also those that are erased since."""
    found = counts.by(Kind.REACHED, period, "one", "two")
    forms = {form for form, _ in found}
    return {form: Reached(found[form, "qualified"], found[form, "delivered"]) for form in forms}


def time_to_decision(counts: Counts, period: Period) -> dict[str, Spans]:
    """Return, by form, how long leads of a period waited until staff first did something about them."""
    return _spans(counts, Kind.WAITED, period)


def time_to_deliver(counts: Counts, period: Period) -> dict[str, Spans]:
    """Return, by destination, how long it took from an approval in a period until the destination had the lead."""
    return _spans(counts, Kind.TOOK, period)


def deliveries_by_state(counts: Counts, period: Period) -> dict[tuple[str, DeliveryState], int]:
    """Return how many deliveries that began in a period stand in each state, by destination."""
    found = counts.by(Kind.DELIVERY, period, "one", "two")
    return {(destination, DeliveryState(state)): number for (destination, state), number in found.items()}


def states_by_score(counts: Counts, period: Period) -> dict[tuple[int, LeadState], int]:
    """Return how many leads of a period stand in each state, by band of their score.

    Who was erased is counted as they stood when that was done.
    """
    found = counts.by(Kind.STANDS, period, "one", "two")
    return {(int(band), LeadState(state)): number for (band, state), number in found.items()}


def _spans(counts: Counts, kind: Kind, period: Period) -> dict[str, Spans]:
    steps: dict[str, dict[int, int]] = {}
    for (key, step), number in counts.by(kind, period, "one", "two").items():
        steps.setdefault(key, {})[int(step)] = number
    found = {key: spans_of(numbers) for key, numbers in steps.items()}
    return {key: spans for key, spans in found.items() if spans}

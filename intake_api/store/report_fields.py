"""Which fields were asked, given, read and passed on, for reports: names of fields and numbers, never a value."""

from enum import StrEnum

from intake_api.rules.period import Period
from intake_api.store.report_counts import Counts, Kind


class Use(StrEnum):
    """What was done with a field."""

    GIVEN = "given"
    READ = "read"
    FORWARDED = "forwarded"


def leads_by_notice(counts: Counts, period: Period) -> dict[str, int]:
    """Return how many leads of a period came on each notice."""
    return {notice: number for (notice,), number in counts.by(Kind.NOTICE, period, "one").items()}


def uses_of_fields(counts: Counts, period: Period) -> dict[tuple[str, str, Use], int]:
    """Return for how many leads of a period each field was given, read or forwarded, by form, field and use.

    A lead that was opened ten times counts once.
    """
    found = counts.by(Kind.FIELD, period, "one", "two", "three")
    return {(form, name, Use(use)): number for (form, name, use), number in found.items()}

"""How long it is kept what each of us did (A-06): a year, unless it proves what became of a person's submission or yes.

The table stands in docs/review.md; a test compares.
"""

from datetime import UTC, datetime, time, timedelta

KEPT_FOR = timedelta(days=365)
# What only says who of us looked, came, went and was told. Whatever is not here stays as long as the log does.
PASSING = frozenset(
    {
        "lead.read",
        "leads.searched",
        "leads.compared",
        "audit.read",
        "view.saved",
        "view.removed",
        "report.exported",
        "readings.limited",
        "staff.signed_in",
        "staff.signed_out",
        "staff.sign_in_failed",
        "staff.password_accepted",
        "staff.code_refused",
        "staff.factor_shown",
        "staff.sessions_ended",
        *(
            f"{mail}.{became}"
            for mail in ("invitation", "assignment", "alert")
            for became in ("sent", "tried", "refused", "given_up", "dropped", "held")
        ),
    }
)


def passed_before(now: datetime) -> datetime:
    """Return the moment before which such entries are thinned out: a midnight in UTC, so that a day goes at once."""
    return datetime.combine((now - KEPT_FOR).astimezone(UTC).date(), time(), UTC)

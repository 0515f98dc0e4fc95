"""By when somebody must have been given the notice whose data they did not type into a form of ours (N-14)."""

from datetime import datetime

from intake_api.rules.retention import parse_duration

TELL_WITHIN = parse_duration("P1M")  # Art. 14(3)(a): at the latest within one month of obtaining the data


def tell_by(obtained_at: datetime) -> datetime:
    """Return by when a person must be told, whose data was obtained at a moment."""
    return TELL_WITHIN.after(obtained_at)

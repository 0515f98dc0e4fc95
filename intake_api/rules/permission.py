"""May this person be written to, called or sent a text for a purpose now, and until when (C-21)?

The decisions of several leads of one person are read together here. What only reduces counts from whomever it comes;
what would overwrite or revive something must be proven by the address itself (C-18, G-04).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from intake_api.rules.consent import DecisionState, permits
from intake_api.rules.retention import Duration
from intake_api.rules.taking_back import TAKEN_BACK

UNKNOWN = "unknown"  # nothing is held about this contact
NOT_INFORMED = "not_informed"  # something is, on notices that do not name the purpose (N-15)
KEPT_TOO_LONG = "past_retention"
OTHER_CHANNEL = "other_channel"
BOUNCED = "bounced"  # the address takes no mail
RESTRICTED = "restricted"  # kept and not used, as the person asked (S-10)
QUIET_HOURS = "quiet_hours"
BUDGET_SPENT = "budget_spent"
SAID_ANEW = (DecisionState.GIVEN, DecisionState.NEEDS_RECONSENT)
COUNTED_FOR = timedelta(days=366)  # the longest that a budget may look back
REASONS = (
    UNKNOWN,
    NOT_INFORMED,
    *(state.value for state in DecisionState),
    KEPT_TOO_LONG,
    RESTRICTED,
    OTHER_CHANNEL,
    BOUNCED,
    QUIET_HOURS,
    BUDGET_SPENT,
)


@dataclass(frozen=True)
class Event:
    """One decision about the purpose, in one lead of the contact.

    :param is_proven: the person made it by way of the address, as a second yes is.
    :param ends_at: when the permission it gives is over by itself; None if it gives none.
    """

    lead_id: str
    state: DecisionState
    decided_at: datetime
    is_proven: bool
    ends_at: datetime | None = None
    is_restricted: bool = False


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From a time of day to another one, over midnight if it is earlier, by the clocks of a zone."""

    zone: ZoneInfo
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class ContactBudget:
    """How often somebody may be contacted for a purpose, and when not: `at_most` times `within` any such span."""

    at_most: int
    within: Duration
    quiet: QuietHours | None = None


@dataclass(frozen=True)
class Permission:
    """The answer. `until`: how long a yes holds; of quiet hours and of a spent budget, when they are over."""

    allowed: bool
    reason: str
    until: datetime | None
    state: DecisionState | None
    renewed: bool = False


def standing(events: Iterable[Event]) -> Event | None:
    """Return the event that counts for a contact now; None if there is none."""
    return _read(events)[0]


def judge_permission(
    events: Iterable[Event],
    *,
    channel: str,
    channel_of_purpose: str | None,
    budget: ContactBudget | None,
    used_at: Collection[datetime],
    bounced: bool = False,
    known: bool = False,
    now: datetime,
) -> Permission:
    """Judge by what was decided, then by the channel that was agreed to, then by the hour and by the budget.

    :param used_at: when the contact was used for this purpose before.
    :param bounced: whether its e-mail address takes no mail.
    :param known: whether anything is held about it, for whatever purpose.
    """
    counts, renewed = _read(events)
    if counts is None:
        return Permission(False, NOT_INFORMED if known else UNKNOWN, None, None)
    state = counts.state
    if not permits(state):
        return Permission(False, state.value, None, state)
    if counts.ends_at is not None and counts.ends_at <= now:
        return Permission(False, KEPT_TOO_LONG, None, state)
    if counts.is_restricted:
        return Permission(False, RESTRICTED, None, state)
    if channel_of_purpose not in (None, channel):
        return Permission(False, OTHER_CHANNEL, None, state)
    if bounced and channel == "email":
        return Permission(False, BOUNCED, None, state)
    if budget and (over := _quiet_until(budget.quiet, now)):
        return Permission(False, QUIET_HOURS, over, state)
    if budget and (free := _free_again(budget, used_at, now)):
        return Permission(False, BUDGET_SPENT, free, state)
    return Permission(True, state.value, counts.ends_at, state, renewed)


def _read(events: Iterable[Event]) -> tuple[Event | None, bool]:
    """Go through the events as they happened; say also whether the one that counts is a yes said anew."""
    counts: Event | None = None
    renewed = False
    for event in sorted(events, key=lambda one: one.decided_at):
        if counts is None or _counts_after(counts, event):
            renewed = event.state is DecisionState.GIVEN and (
                renewed or (counts is not None and counts.state in SAID_ANEW)
            )
            counts = event
    return counts, renewed


def _counts_after(before: Event, event: Event) -> bool:
    """Say whether an event takes the place of one before it. Within one lead it always does."""
    if event.lead_id == before.lead_id or event.state in TAKEN_BACK:
        return True
    if event.state is DecisionState.ACTED:
        return True  # a new request, to be answered as the first one
    if event.state is DecisionState.GIVEN:
        return event.is_proven or before.state not in TAKEN_BACK
    return not permits(before.state) and before.state not in TAKEN_BACK


def _quiet_until(quiet: QuietHours | None, now: datetime) -> datetime | None:
    if quiet is None:
        return None
    here = now.astimezone(quiet.zone)
    clock = here.time()
    over_midnight = quiet.ends <= quiet.begins
    is_quiet = clock >= quiet.begins or clock < quiet.ends if over_midnight else quiet.begins <= clock < quiet.ends
    if not is_quiet:
        return None
    day = here.date() + timedelta(days=1 if over_midnight and clock >= quiet.begins else 0)
    return datetime.combine(day, quiet.ends, quiet.zone).astimezone(now.tzinfo)


def _free_again(budget: ContactBudget, used_at: Collection[datetime], now: datetime) -> datetime | None:
    """Return when the next use is free, if none is free now."""
    ends = sorted(end for end in (budget.within.after(used) for used in used_at) if end > now)
    return ends[-budget.at_most] if len(ends) >= budget.at_most else None

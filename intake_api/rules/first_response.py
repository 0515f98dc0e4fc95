"""Whoever asks is to hear from a person soon: a goal in hours in which people are there. It decides nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from intake_api.rules.fields import FieldRule, Value
from intake_api.rules.follow_up import CONTACTS
from intake_api.rules.opening_hours import OpeningHours, after_open_time


def respond_by(
    goal: timedelta | None,
    hours: OpeningHours,
    rules: Mapping[str, FieldRule],
    values: Mapping[str, Value],
    *,
    now: datetime,
) -> datetime | None:
    """Return by when somebody is to answer, `goal` being open time; None without a goal, or a way to be reached."""
    if goal is None or not any(rules[name].type in CONTACTS for name in values):
        return None
    by = after_open_time(hours, now, goal)
    return by.astimezone(UTC) if by else None

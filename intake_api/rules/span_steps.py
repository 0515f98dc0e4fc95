"""Spans of time in steps, so that thousands of them can be kept as a few counts.

Each step ends a tenth later than the one before. A span is known by the end of its step: what is told of it is never
too short, and at most a tenth too long.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

GROWTH = 1.1
HALF, MOST = 0.5, 0.9


@dataclass(frozen=True)
class Spans:
    """How many spans of time were measured, the middle one, and the one that nine of ten do not pass; None of none."""

    count: int
    median: timedelta | None
    most: timedelta | None


def step_of(span: timedelta) -> int:
    """Return the step of a span: 0 up to a second, also for one that a clock made negative."""
    seconds = span.total_seconds()
    return 0 if seconds <= 1 else math.ceil(round(math.log(seconds, GROWTH), 6))


def end_of(step: int) -> timedelta:
    """Return the longest span of a step, in whole seconds."""
    return timedelta(seconds=math.ceil(round(GROWTH**step, 6)))


def spans_of(counts: Mapping[int, int]) -> Spans | None:
    """Return what is told of spans by how many there are in each step; None of none."""
    whole = sum(counts.values())
    if whole <= 0:
        return None
    return Spans(whole, _reaching(counts, HALF * whole), _reaching(counts, MOST * whole))


def _reaching(counts: Mapping[int, int], number: float) -> timedelta:
    """Return the end of the first step up to which so many spans are counted."""
    passed = 0
    for step in sorted(counts):
        passed += counts[step]
        if passed >= number:
            return end_of(step)
    return end_of(max(counts))

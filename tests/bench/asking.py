"""Asking the review door as somebody who is signed in, and timing it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from intake_api.rules.staff_roles import Role
from intake_api.settings import Settings
from intake_api.store import staff
from intake_api.store.base import Store
from tests.intake_api.web.review.visitor import PASSWORD

TIMES = 60  # of each kind


def signed_in(store: Store, settings: Settings) -> str:
    """Make somebody with all roles, and return what stands in their cookie."""
    now = settings.clock()
    with store.writing() as tx:
        email = f"bench{time.monotonic_ns()}@tidewick.example"
        password = staff.hash_password(PASSWORD)
        staff_id = staff.add_staff(tx, email, password, one_time=False, roles=list(Role), now=now)
        staff.mark_signed_in(tx, staff_id, now=now)
        return staff.open_session(tx, staff_id, now=now)


def timed(asked: Iterator[Callable[[], Any]], times: int = TIMES) -> dict[str, float]:
    """Return the milliseconds that passed, and those of work in our process."""
    took: list[float] = []
    worked: list[float] = []
    for _, ask in zip(range(times + 5), asked, strict=False):
        begun, begun_work = time.perf_counter(), time.thread_time()
        ask()
        took.append((time.perf_counter() - begun) * 1000)
        worked.append((time.thread_time() - begun_work) * 1000)
    return {"p50": _at(took, 0.5), "p95": _at(took, 0.95), "work_p50": _at(worked, 0.5), "work_p95": _at(worked, 0.95)}


def _at(times: list[float], share: float) -> float:
    """Return the time under which a share of them stays, without the first five: they fill caches."""
    ranked = sorted(times[5:])
    return round(ranked[int(len(ranked) * share)], 1)

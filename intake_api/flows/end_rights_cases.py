"""End rights cases of which nothing can come any more: their addresses are destroyed, then all that led to them."""

from datetime import datetime

from intake_api.log import event
from intake_api.rules.rights import COUNT_LINKS_FOR, KEPT
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.rights_cases import end_case, find_over, forget_cases, hold_case


def end_rights_cases(store: Store, *, now: datetime) -> int:
    """End all cases whose link or result is over, one transaction each; return how many.

    What was never proven is deleted a day later, when no cap asks about it any more; what was done is kept for three
    years as the record that it was done, without anything that leads to the person.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    ended = 0
    while True:
        with store.reading() as tx:
            over = find_over(tx, now=now)
        if not over:
            break
        ended += sum(_end(store, case_id, now=now) for case_id in over)
    with store.writing() as tx:
        kept_until = now - (KEPT.after(now) - now)  # as long ago as what is done now will be kept
        forget_cases(tx, counted_until=now - COUNT_LINKS_FOR, kept_until=kept_until)
    return ended


def _end(store: Store, case_id: str, *, now: datetime) -> bool:
    with store.writing() as tx:
        case = hold_case(tx, case_id)
        if case is None:
            return False  # another worker ended it
        end_case(tx, case.id, now=now)
        facts = {"case": case.id, "right": case.kind.value, "used": case.used_at is not None}
        evidence.add_entry(tx, "rights.ended", actor="system", now=now, facts=facts)
    event("rights.ended", case=case_id)
    return True

"""Use the link of a rights case, once: whoever comes second, or late, does nothing by it (S-02)."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.rules.rights import CaseStatus, RightsKind
from intake_api.store import evidence
from intake_api.store.case_deliveries import find_pending
from intake_api.store.rights_cases import CaseUnknown, RightsCase, get_case_by_token, mark_used

__all__ = ["CaseOver", "CaseUnknown", "record_done", "use_link"]


class CaseOver(Exception):
    """The link of this case works no more: used, or too late."""

    code = "case_over"


def use_link(tx: Connection, token: str, kind: RightsKind, *, now: datetime) -> RightsCase:
    """Return the case that a token opens, and hold it: from this transaction on its link is used up.

    :raises CaseUnknown: no such token, or one for something else.
    :raises CaseOver: it was used, or it is too late.
    """
    case = get_case_by_token(tx, token, hold=True)
    if case.kind is not kind:
        raise CaseUnknown("There is no such link.")
    if not case.is_open(now):
        raise CaseOver("This link is over.")
    mark_used(tx, case.id, now=now)
    return case


def record_done(tx: Connection, case: RightsCase, leads: list[str], *, now: datetime, **facts: object) -> None:
    """Write down that a case was answered, by which leads, and whether somebody is still to be told of it."""
    status = CaseStatus.PENDING_EXTERNAL if find_pending(tx, [case.id]) else CaseStatus.COMPLETE
    said = {"case": case.id, "right": case.kind.value, "leads": leads, "status": status.value, **facts}
    evidence.add_entry(tx, "rights.done", actor="subject", now=now, facts=said)

"""Say which notice a decision goes by: the one the lead came on, or a later one on which a yes was renewed (C-17)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from intake_api.store.decisions import Decision
from intake_api.store.leads import Lead
from intake_api.store.notices import get_notice_body

Document = Mapping[str, Any]


def notice_in_force(tx: Connection, lead: Lead, decisions: Iterable[Decision]) -> Document:
    """Return the notice of a lead, in which each purpose stands as in the notice that it was last decided on.

    :param decisions: the present one of each purpose.
    :raises NoticeAltered: a notice was changed in the database, so nothing can be said to have been promised.
    """
    notice = _read(tx, lead.notice_hash)
    renewed = {one.purpose: one.notice_hash for one in decisions if one.notice_hash not in (None, lead.notice_hash)}
    if not renewed:
        return notice
    later = {purpose: _read(tx, str(notice_hash)) for purpose, notice_hash in renewed.items()}
    return {
        **notice,
        "purposes": [_of(later[one["id"]], one["id"]) if one["id"] in later else one for one in notice["purposes"]],
        "fields": [{**one, "purposes": _purposes(one, later)} for one in notice["fields"]],
    }


def notice_decided_on(tx: Connection, lead: Lead, decision: Decision) -> Document:
    """Return the notice that a decision was made on.

    :raises NoticeAltered: it was changed in the database.
    """
    return _read(tx, decision.notice_hash or lead.notice_hash)


def _read(tx: Connection, notice_hash: str) -> Document:
    found: Document = json.loads(get_notice_body(tx, notice_hash))
    return found


def _of(notice: Document, purpose: str) -> Any:
    return next(one for one in notice["purposes"] if one["id"] == purpose)


def _purposes(field: Document, later: Mapping[str, Document]) -> list[str]:
    """Return what a field that was given may be used for now."""
    as_before = [one for one in field["purposes"] if one not in later]
    return as_before + [
        purpose
        for purpose, notice in later.items()
        if any(one["name"] == field["name"] and purpose in one["purposes"] for one in notice["fields"])
    ]

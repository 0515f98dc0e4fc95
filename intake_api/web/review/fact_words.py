"""How the audit says what an entry holds beside who, when and what: names of fields and codes, never a value."""

from collections.abc import Callable, Mapping

from intake_api.rules.bulk import BulkAct
from intake_api.rules.reading_pace import Limit
from intake_api.web.review.bulk_words import ACTS, STOPPED_FOR
from intake_api.web.review.code_words import destination, why_not_sent
from intake_api.web.review.entry_words import AUDITED
from intake_api.web.review.names import field_name, spoken, team_name
from intake_api.web.review.reports import REPORTS
from intake_api.web.review.tongue import _l
from intake_api.web.review.words import REASONS, ROLES

WHYS: Mapping[str, str] = {
    "review": _l("review"),
    "merge": _l("to merge"),
    "merged": _l("merged with the one that was opened"),
    "duplicates": _l("duplicates"),
    "preview": _l("dry run"),
    "audit": _l("audit"),
    "left": _l("who had it left"),
    **STOPPED_FOR,
}
LIMITS: Mapping[str, str] = {Limit.MINUTE: _l("minute"), Limit.DAY: _l("day")}
BYS = {"company": _l("company"), "passkey": _l("passkey"), "code": _l("code")}
DEEDS: Mapping[BulkAct, str] = {**ACTS, BulkAct.DECLINE: _l("Decline"), BulkAct.ASSIGN: _l("Give to")}
# The tables of the reports, by what they are called in addresses.
TABLES = {
    "total": _l("In all"),
    "days": _l("Leads by day"),
    "channels": _l("Leads by channel"),
    "forms": _l("Leads by form"),
    "languages": _l("Leads by language"),
    "shares": _l("In short"),
    "steps": _l("From shown to delivered"),
    "path": _l("From shown to delivered, by form"),
    "purposes": _l("Yes and no by purpose"),
    "pace": _l("Half are decided within"),
    "scores": _l("Approved of decided, by score"),
    "deliveries": _l("Deliveries"),
    "campaigns": _l("Leads by source and campaign"),
    "codes": _l("Codes of campaigns"),
    "fields": _l("Fields by form"),
}


def fact_says(name: str, value: str) -> str:
    """Say a value of an entry, by the name it stands under there; one that is no code of ours, as it is."""
    return str(_SAYS.get(name, spoken)(value))


def _of(table: Mapping[str, str]) -> Callable[[str], str]:
    return lambda value: table.get(value) or spoken(value)


_SAYS: Mapping[str, Callable[[str], str]] = {
    "fields": field_name,
    "why": _of(WHYS),
    "reason": lambda value: REASONS.get(value) or why_not_sent(value),
    "by": _of(BYS),
    "limit": _of(LIMITS),
    "kinds": _of(AUDITED),
    "roles": _of({role.value: said for role, said in ROLES.items()}),
    "teams": team_name,
    "team": team_name,
    "report": lambda value: REPORTS[value].title if value in REPORTS else spoken(value),
    "act": _of({act.value: said for act, said in DEEDS.items()}),
    "table": _of(TABLES),
    "destination": destination,
}

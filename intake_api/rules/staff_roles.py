"""Who of the staff may do what: one table, from acts to roles (SEC-06, SEC-08). What is not in it, nobody may.

A person may have several roles and then may what any of them may. docs/review.md shows this table, a test compares.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person, or a program, is here for."""

    REVIEWER = "reviewer"  # decides about leads
    LEAD = "lead"  # leads the team of those who decide
    OFFICER = "officer"  # looks after data protection: sees who looked at what, and no lead
    ADMINISTRATOR = "administrator"  # adds people and says what they may
    INTEGRATION = "integration"  # a program: it has a token for the internal door, and no page of this one


class StaffAct(StrEnum):
    """What can be done at the review door; every route of it needs one of these."""

    OWN_ACCOUNT = "own_account"
    LIST_LEADS = "list_leads"
    READ_LEAD = "read_lead"
    DECIDE = "decide"
    DECIDE_MANY = "decide_many"  # the same for many leads at once, and what came of it
    EXPORT_LEADS = "export_leads"  # into a file; agree to what somebody else wants to
    SEE_MANY = "see_many"  # what somebody else does so; and stop it
    WORK_ON = "work_on"  # what decides nothing: notes
    TAKE_BACK = "take_back"
    WRITE_DOWN = "write_down"
    SEE_READINGS = "see_readings"  # a field of a lead's page: who opened it
    SEE_AUDIT = "see_audit"
    SEE_RIGHTS = "see_rights"
    SEE_REPORTS = "see_reports"  # counts, in which nobody is to be seen
    SEE_DESTINATIONS = "see_destinations"  # how deliveries fare: counts, and no lead
    RESUME_DESTINATION = "resume_destination"  # one that is paused
    CHECK_DESTINATION = "check_destination"  # ask whether it would take a lead
    SETTLE_DELIVERIES = "settle_deliveries"  # those that failed, by their leads' references
    CLOSE_NOS = "close_nos"  # say that a destination was told in another way, or why it cannot be
    MANAGE_PEOPLE = "manage_people"


PEOPLE_ROLES = frozenset(Role) - {Role.INTEGRATION}
_SALES = frozenset({Role.REVIEWER, Role.LEAD})
_OFFICER = frozenset({Role.OFFICER})

ALLOWED: Mapping[StaffAct, frozenset[Role]] = {
    StaffAct.OWN_ACCOUNT: PEOPLE_ROLES,
    StaffAct.LIST_LEADS: _SALES,
    StaffAct.READ_LEAD: _SALES,
    StaffAct.DECIDE: _SALES,
    StaffAct.DECIDE_MANY: _SALES,
    StaffAct.EXPORT_LEADS: frozenset({Role.LEAD}),
    StaffAct.SEE_MANY: frozenset({Role.LEAD}),
    StaffAct.WORK_ON: _SALES,
    StaffAct.TAKE_BACK: _SALES,
    StaffAct.WRITE_DOWN: _SALES,
    StaffAct.SEE_READINGS: _OFFICER,
    StaffAct.SEE_AUDIT: _OFFICER,
    StaffAct.SEE_RIGHTS: _OFFICER,
    StaffAct.SEE_REPORTS: frozenset({Role.LEAD, Role.OFFICER, Role.ADMINISTRATOR}),
    StaffAct.SEE_DESTINATIONS: frozenset({Role.LEAD, Role.OFFICER, Role.ADMINISTRATOR}),
    StaffAct.RESUME_DESTINATION: frozenset({Role.ADMINISTRATOR}),
    StaffAct.CHECK_DESTINATION: frozenset({Role.ADMINISTRATOR}),
    StaffAct.SETTLE_DELIVERIES: frozenset({Role.LEAD, Role.ADMINISTRATOR}),
    StaffAct.CLOSE_NOS: _OFFICER,
    StaffAct.MANAGE_PEOPLE: frozenset({Role.ADMINISTRATOR}),
}


class RoleUnknown(Exception):
    """There is no such role, none was chosen, or it is one for programs."""

    code = "role_unknown"


def may(roles: Collection[Role], act: StaffAct) -> bool:
    """Say whether somebody with these roles may do this. Whoever has no role may nothing."""
    return not ALLOWED[act].isdisjoint(roles)


def read_roles(names: Collection[str]) -> frozenset[Role]:
    """Return the roles of these names, for a person.

    :raises RoleUnknown: one is none of a person's, or there is none.
    """
    known = {role.value: role for role in PEOPLE_ROLES}
    if not names or not set(names) <= known.keys():
        raise RoleUnknown(f"A person has one or more of these roles: {', '.join(sorted(known))}.")
    return frozenset(known[name] for name in names)

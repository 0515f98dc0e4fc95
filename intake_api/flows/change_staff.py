"""Change what a person of the staff may, switch their account off and on, end their sessions (SEC-04, SEC-09)."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.assign_lead import decides
from intake_api.flows.issue_password import StaffUnknown
from intake_api.rules.staff_roles import Role
from intake_api.store import evidence, staff
from intake_api.store.base import Store
from intake_api.store.invitations import end_invitations
from intake_api.store.teams import add_departure, remove_departure, set_here, set_teams, teams_of

__all__ = [
    "LastAdministrator",
    "StaffUnknown",
    "change_roles",
    "change_teams",
    "disable_staff",
    "enable_staff",
    "end_sessions",
]


class LastAdministrator(Exception):
    """Nobody would be left who can let people in."""

    code = "last_administrator"


def change_roles(store: Store, staff_id: str, roles: Collection[Role], *, actor: str, now: datetime) -> None:
    """Give a person other roles; they hold from the next request on.

    :raises StaffUnknown: there is no such account.
    :raises LastAdministrator: nothing was changed.
    """

    def change(tx: Connection, person: staff.Person) -> dict[str, object]:
        staff.set_roles(tx, staff_id, roles)
        return {"roles": sorted(roles), "before": sorted(person.reviewer.roles)}

    _change(store, staff_id, "staff.roles_changed", change, actor=actor, now=now)


def change_teams(store: Store, staff_id: str, teams: Collection[str], *, actor: str, now: datetime) -> None:
    """Put a person into these teams and no others: rules give them leads from now on.

    :param teams: names of the catalogue; the caller made sure of that.
    :raises StaffUnknown: there is no such account.
    """

    def change(tx: Connection, _person: staff.Person) -> dict[str, object]:
        before = teams_of(tx).get(staff_id, set())
        set_teams(tx, staff_id, teams)
        return {"teams": sorted(teams), "before": sorted(before)}

    _change(store, staff_id, "staff.teams_changed", change, actor=actor, now=now)


def disable_staff(store: Store, staff_id: str, *, actor: str, now: datetime) -> None:
    """Switch an account off: its sessions end at once, and neither a password nor a link opens it.

    :raises StaffUnknown: there is no such account.
    :raises LastAdministrator: nothing was changed.
    """

    def change(tx: Connection, _person: staff.Person) -> dict[str, object]:
        staff.set_disabled(tx, staff_id, now)
        staff.close_sessions(tx, staff_id)
        end_invitations(tx, staff_id, now=now)
        return {}

    _change(store, staff_id, "staff.disabled", change, actor=actor, now=now)


def enable_staff(store: Store, staff_id: str, *, actor: str, now: datetime) -> None:
    """Switch an account on again, with the password and the roles it had.

    :raises StaffUnknown: there is no such account.
    """

    def change(tx: Connection, _person: staff.Person) -> dict[str, object]:
        staff.set_disabled(tx, staff_id, None)
        return {}

    _change(store, staff_id, "staff.enabled", change, actor=actor, now=now)


def end_sessions(
    store: Store, staff_id: str, *, only: str | None = None, but: str | None = None, actor: str, now: datetime
) -> None:
    """End sessions of a person: all of them, only one, or all but the one of a token.

    :param only: the id of a session, as `list_sessions` names it; one of somebody else's ends nothing.
    :raises StaffUnknown: there is no such account.
    """

    def change(tx: Connection, _person: staff.Person) -> dict[str, object]:
        return {"sessions": staff.close_sessions(tx, staff_id, only=only, but=but)}

    _change(store, staff_id, "staff.sessions_ended", change, actor=actor, now=now)


def _change(
    store: Store,
    staff_id: str,
    kind: str,
    change: Callable[[Connection, staff.Person], dict[str, object]],
    *,
    actor: str,
    now: datetime,
) -> None:
    with store.writing() as tx:
        staff.hold_administrators(tx)  # of two who switch each other off, the second finds nobody else left
        person = staff.find_person(tx, staff_id)
        if person is None:
            raise StaffUnknown("There is no such account.")
        had_some = staff.count_administrators(tx)
        facts = change(tx, person)
        _note_leaving(tx, staff_id, decided=decides(person))
        if had_some and not staff.count_administrators(tx):
            raise LastAdministrator("Somebody has to be left who can let people in.")
        evidence.add_entry(tx, kind, actor=actor, now=now, facts={"staff": staff_id, **facts})


def _note_leaving(tx: Connection, staff_id: str, *, decided: bool) -> None:
    """Let a worker take the leads of whoever no longer decides out of their hand; whoever is back keeps the rest."""
    person = staff.find_person(tx, staff_id)
    if person is not None and decides(person):
        remove_departure(tx, staff_id)
    elif decided:
        set_here(tx, staff_id, None)
        add_departure(tx, staff_id)

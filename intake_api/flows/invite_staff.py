"""Invite a person to the staff by mail, or send one who is here a link to choose another password (SEC-01)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.issue_password import StaffUnknown
from intake_api.queue import SEND_INVITATION, Queue
from intake_api.rules.contact import email as canonical_email
from intake_api.rules.staff_roles import Role
from intake_api.rules.text import Refused
from intake_api.store import evidence, staff
from intake_api.store.base import Store
from intake_api.store.invitations import add_invitation
from intake_api.store.turns import turn_key

__all__ = ["Refused", "StaffUnknown", "invite_staff", "send_link"]


def invite_staff(store: Store, queue: Queue, email: str, roles: Collection[Role], *, actor: str, now: datetime) -> None:
    """Invite an address. Nothing is returned, and nothing differs outside, whether it has an account or not.

    Whoever has one keeps their roles; they get a link only if they never signed in.

    :param actor: `staff:<id>` or `operator`.
    :raises Refused: this is no e-mail address; its `code` says why.
    :raises StoreUnavailable: nothing was written.
    """
    address = canonical_email(email)
    queue.load()
    with store.writing() as tx:
        account = staff.find_account(tx, address)
        if account is None:
            staff_id = staff.add_staff(tx, address, staff.NOBODYS, one_time=False, roles=roles, now=now)
            _send(tx, queue, staff_id, actor, sorted(roles), now)
        elif staff.is_expected(tx, account.reviewer.id):
            _send(tx, queue, account.reviewer.id, actor, None, now)


def send_link(store: Store, queue: Queue, staff_id: str, *, actor: str, now: datetime) -> None:
    """Send a person a link to choose another password; until it is used the old one is good.

    :raises StaffUnknown: there is no such account, or it is switched off.
    :raises StoreUnavailable: nothing was written.
    """
    queue.load()
    with store.writing() as tx:
        person = staff.find_person(tx, staff_id)
        if person is None or person.disabled_at is not None:
            raise StaffUnknown("There is no such account that is switched on.")
        _send(tx, queue, staff_id, actor, None, now)


def _send(tx: Connection, queue: Queue, staff_id: str, actor: str, roles: list[Role] | None, now: datetime) -> None:
    invitation = add_invitation(tx, staff_id, now=now)
    queue.enqueue(tx, SEND_INVITATION, turn_key(invitation.id, invitation.turn))
    facts = {"staff": staff_id, "invitation": invitation.id, **({"roles": roles} if roles else {})}
    evidence.add_entry(tx, "staff.invited", actor=actor, now=now, facts=facts)

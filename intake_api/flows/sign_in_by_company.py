"""Let in whom the company's provider vouches for, if they have an account here; or take its word for a fresh factor.

Nobody gets an account by it (SEC-01): the first time it is found by the verified e-mail of the invitation, from then on
by issuer and subject, which never change hands as an e-mail may.
"""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.prove_factor import CodeRefused, NothingWaits, let_through
from intake_api.flows.sign_in import SignedIn, SignInRefused
from intake_api.openid.id_token import CLOCKS_DIFFER, Identity
from intake_api.rules.step_up import FRESH
from intake_api.store import evidence, staff, staff_identities
from intake_api.store.base import Store
from intake_api.store.invitations import end_invitations
from intake_api.store.second_factors import has_factor

__all__ = ["CodeRefused", "NothingWaits", "SignInRefused", "prove_by_company", "sign_in_by_company", "unlink_identity"]

BY = "company"


def sign_in_by_company(
    store: Store, identity: Identity, answer: str, *, old_token: str | None = None, now: datetime
) -> SignedIn:
    """Open a session for whom the provider names; the session of `old_token` ends.

    Without two factors shown there it waits for one of here, as after a password.

    :param answer: what the provider sent back, good once.
    :raises SignInRefused: used already, no account, switched off, or somebody else's: the answer is the same.
    :raises StoreUnavailable: the sign-in cannot be recorded.
    """
    with store.writing() as tx:
        is_new = staff_identities.use_answer(tx, answer, now=now)
        person = _person(tx, identity, now) if is_new else None
        signed_in = _open(tx, person, identity, now) if person else None
        if signed_in is None:
            facts = {"staff": person.reviewer.id if person else None, "by": BY}
            evidence.add_entry(tx, "staff.sign_in_failed", actor="system", now=now, facts=facts)
        elif old_token:
            staff.close_session(tx, old_token)
    if signed_in is None:
        raise SignInRefused("Nobody who may come in is known by this.")
    return signed_in


def prove_by_company(
    store: Store, token: str, identity: Identity, answer: str, *, asked_at: datetime, now: datetime
) -> str:
    """Take the provider's word that somebody has just shown two factors; return the token of a new session (SEC-10).

    :param asked_at: when they were sent there.
    :raises CodeRefused: it is somebody else, or they were not asked for two factors just now.
    :raises NothingWaits: sign in again.
    """
    with store.writing() as tx:
        session, new = staff.find_session(tx, token, now=now), ""
        if session is None:
            raise NothingWaits("Sign in again.")
        staff_id = session.reviewer.id
        is_new = staff_identities.use_answer(tx, answer, now=now)
        is_them = staff_identities.find_linked(tx, identity.issuer, identity.subject) == staff_id
        if is_new and is_them and identity.two_factors and _since(identity, asked_at):
            new = let_through(tx, token, session, BY, now)
        else:
            facts = {"staff": staff_id, "by": BY}
            evidence.add_entry(tx, "staff.code_refused", actor="system", now=now, facts=facts)
    if not new:
        raise CodeRefused("No factor was shown just now.")
    return new


def unlink_identity(store: Store, staff_id: str, *, actor: str, now: datetime) -> None:
    """Forget who a person is at any provider, and end their sessions; the next time it is the e-mail that counts."""
    with store.writing() as tx:
        if staff_identities.unlink(tx, staff_id):
            staff.close_sessions(tx, staff_id)
            evidence.add_entry(tx, "staff.identity_unlinked", actor=actor, now=now, facts={"staff": staff_id})


def _person(tx: Connection, identity: Identity, now: datetime) -> staff.Person | None:
    """Return whose account this is, held; the first time by the e-mail."""
    staff_id = staff_identities.find_linked(tx, identity.issuer, identity.subject)
    if staff_id is not None:
        return staff.find_person(tx, staff_id)
    account = staff.find_account(tx, identity.email) if identity.email else None
    person = staff.find_person(tx, account.reviewer.id) if account else None
    if person is None or person.disabled_at is not None:
        return person
    if staff_identities.is_linked_at(tx, person.reviewer.id, identity.issuer):
        return None  # somebody else there has this address now
    staff_identities.link(tx, person.reviewer.id, identity.issuer, identity.subject, now=now)
    facts = {"staff": person.reviewer.id}
    evidence.add_entry(tx, "staff.identity_linked", actor=f"staff:{person.reviewer.id}", now=now, facts=facts)
    return person


def _open(tx: Connection, person: staff.Person, identity: Identity, now: datetime) -> SignedIn | None:
    if person.disabled_at is not None:
        return None
    staff_id = person.reviewer.id
    if person.reviewer.one_time:
        staff.set_password(tx, staff_id, staff.NOBODYS, one_time=False)  # the printed one is worth nothing from now on
    end_invitations(tx, staff_id, now=now)
    staff.mark_signed_in(tx, staff_id, now=now)
    staff_identities.note_factors(tx, identity.issuer, identity.subject, two_factors=identity.two_factors)
    waits = has_factor(tx, staff_id) and not identity.two_factors
    kind = "staff.password_accepted" if waits else "staff.signed_in"
    evidence.add_entry(tx, kind, actor=f"staff:{staff_id}", now=now, facts={"staff": staff_id, "by": BY})
    factor_at = _shown_at(identity, now) if identity.two_factors else None
    return SignedIn(staff.open_session(tx, staff_id, waits=waits, factor_at=factor_at, now=now), False, waits)


def _shown_at(identity: Identity, now: datetime) -> datetime:
    """Return when two factors were shown there; if it does not say, so long ago that it is not fresh."""
    return min(identity.shown_at, now) if identity.shown_at else now - FRESH


def _since(identity: Identity, asked_at: datetime) -> bool:
    return identity.shown_at is not None and identity.shown_at >= asked_at - CLOCKS_DIFFER

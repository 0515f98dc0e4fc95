"""Passkeys as a second factor: set one up, and show one to finish a sign-in or anew (SEC-01, SEC-10).

What a device signs is checked by `webauthn`: our own challenge, given to this session and good once, our own name
and origin, the key of this person, a count that grows.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    UserVerificationRequirement,
)

from intake_api.flows.prove_factor import CodeRefused, NothingWaits, find_either, let_through
from intake_api.flows.set_up_factor import SetUp
from intake_api.store import evidence, passkeys, second_factors, staff
from intake_api.store.base import Store

__all__ = ["Place", "add_passkey", "ask_for_passkey", "offer_passkey", "prove_passkey"]
UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Place:
    """Where passkeys are good: the host name, the origins of our pages there, and how it is called."""

    host: str
    origins: Sequence[str]
    name: str


def offer_passkey(store: Store, token: str, place: Place, *, now: datetime) -> str:
    """Return what a browser needs to make a passkey, as JSON.

    :raises NothingWaits: sign in again.
    """
    with store.writing() as tx:
        session = staff.find_session(tx, token, now=now)
        if session is None:
            raise NothingWaits("Sign in again.")
        person, known = session.reviewer, passkeys.list_passkeys(tx, session.reviewer.id)
        challenge = passkeys.give_challenge(tx, token, now=now)
    options = generate_registration_options(
        rp_id=place.host,
        rp_name=place.name,
        user_id=bytes.fromhex(person.id),
        user_name=person.email,
        challenge=challenge,
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(user_verification=UserVerificationRequirement.PREFERRED),
    )
    return options_to_json(options)


def add_passkey(store: Store, token: str, credential: str, place: Place, *, now: datetime) -> SetUp:
    """Keep a passkey as a second factor: ends all sessions, opens a new one (SEC-04). The first brings recovery codes.

    :raises CodeRefused: it does not answer our challenge.
    :raises NothingWaits: sign in again.
    """
    with store.writing() as tx:
        session = staff.find_session(tx, token, now=now)
        challenge = passkeys.take_challenge(tx, token, now=now)
    if session is None:
        raise NothingWaits("Sign in again.")
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge or b"",
            expected_rp_id=place.host,
            expected_origin=list(place.origins),
        )
    except UNREADABLE:
        raise CodeRefused("This passkey does not answer what was asked.") from None
    staff_id = session.reviewer.id
    with store.writing() as tx:
        if staff.find_session(tx, token, now=now) is None:
            raise NothingWaits("Sign in again.")
        had_one = second_factors.has_factor(tx, staff_id)
        passkeys.add_passkey(tx, staff_id, made.credential_id, made.credential_public_key, made.sign_count, now=now)
        codes = [] if had_one else second_factors.give_recovery_codes(tx, staff_id)
        staff.close_sessions(tx, staff_id)
        facts = {"staff": staff_id, "by": "passkey"}
        evidence.add_entry(tx, "staff.factor_set_up", actor=f"staff:{staff_id}", now=now, facts=facts)
        new = staff.open_session(tx, staff_id, factor_at=now, opened_at=session.opened_at, now=now)
    return SetUp(new, codes)


def ask_for_passkey(store: Store, token: str, place: Place, *, now: datetime) -> str:
    """Return what a browser needs to show a passkey, as JSON.

    :raises NothingWaits: sign in again.
    """
    with store.writing() as tx:
        session = find_either(tx, token, now)
        known = passkeys.list_passkeys(tx, session.reviewer.id)
        challenge = passkeys.give_challenge(tx, token, now=now)
    options = generate_authentication_options(
        rp_id=place.host, challenge=challenge, allow_credentials=_descriptors(known)
    )
    return options_to_json(options)


def prove_passkey(store: Store, token: str, credential: str, place: Place, *, now: datetime) -> str:
    """Take what a passkey signed; end the session of `token` and return that of a new one, with the factor shown.

    :raises CodeRefused: try again.
    :raises NothingWaits: sign in again.
    """
    with store.writing() as tx:
        session = find_either(tx, token, now)
        challenge = passkeys.take_challenge(tx, token, now=now)
        used = _verified(tx, session.reviewer.id, credential, challenge or b"", place)
        if used is None:
            facts = {"staff": session.reviewer.id}
            evidence.add_entry(tx, "staff.code_refused", actor="system", now=now, facts=facts)
            new = ""
        else:
            passkeys.mark_used(tx, *used, now=now)
            new = let_through(tx, token, session, "passkey", now)
    if used is None:
        raise CodeRefused("This passkey does not answer what was asked.")
    return new


def _verified(
    tx: Connection, staff_id: str, credential: str, challenge: bytes, place: Place
) -> tuple[bytes, int] | None:
    """Return the id of the passkey that signed and its new count; None if it is not this person's, or signed wrong."""
    try:
        wanted = base64url_to_bytes(str(json.loads(credential)["rawId"]))
        found = next((one for one in passkeys.list_passkeys(tx, staff_id, hold=True) if one.id == wanted), None)
        if found is None or not challenge:
            return None
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=list(place.origins),
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
        )
    except UNREADABLE:
        return None
    return found.id, verified.new_sign_count


def _descriptors(known: Sequence[passkeys.Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one.id) for one in known]

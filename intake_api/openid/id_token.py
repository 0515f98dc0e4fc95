"""Read what the provider says of a person: only what it signed, for us, now, in answer to this very question."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

# Signatures by a key that only the provider has. Not `none`, and no HMAC: whoever knows our secret could sign by that.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
CLOCKS_DIFFER = timedelta(minutes=1)
FRESH = timedelta(minutes=10)  # a token comes right after the sign-in it is about
LONGEST = 255


class TokenRefused(Exception):
    """The provider's word is not good; `reason` is a code, and says nothing of what stood in it."""

    code = "company_refused"

    def __init__(self, reason: str) -> None:
        super().__init__("The provider's word is not good.")
        self.reason = reason


class KeyUnknown(Exception):
    """The token names a key that the provider did not have when we looked last."""


@dataclass(frozen=True)
class Identity:
    """A person as the provider knows them. `email` only if it was verified there; `shown_at` if it says when."""

    issuer: str
    subject: str
    email: str | None
    shown_at: datetime | None
    two_factors: bool


def read_id_token(
    encoded: str,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    two_factors: Collection[str],
    now: datetime,
) -> Identity:
    """Return who signed in.

    :param nonce: what was asked with.
    :param two_factors: values of `acr` that stand for two factors; if there are none, `amr` has to say `mfa`.
    :raises KeyUnknown: look whether the provider has new keys.
    :raises TokenRefused: it is not good.
    """
    try:
        token = jwt.decode(encoded, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
            {"nonce": nonce, "client_id": client_id},
        )
        claims.validate(int(now.timestamp()), int(CLOCKS_DIFFER.total_seconds()))
    except InvalidKeyIdError:
        raise KeyUnknown from None
    except JoseError as error:
        raise TokenRefused(error.error) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TokenRefused(type(error).__name__) from None
    issued = _moment(claims["iat"])
    if issued is None or now - issued > FRESH:
        raise TokenRefused("too_old")
    return _identity(claims, issuer, two_factors)


def _identity(claims: dict[str, Any], issuer: str, two_factors: Collection[str]) -> Identity:
    subject, email = claims["sub"], claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST:
        raise TokenRefused("subject")
    is_verified = claims.get("email_verified") is True and isinstance(email, str)
    return Identity(
        issuer=issuer,
        subject=subject,
        email=str(email) if is_verified else None,
        shown_at=_moment(claims.get("auth_time")),
        two_factors=_shows_two(claims, two_factors),
    )


def _shows_two(claims: dict[str, Any], two_factors: Collection[str]) -> bool:
    """Say whether two factors were shown there (SEC-01): by the class of the sign-in, or by its methods (RFC 8176)."""
    if two_factors:
        acr = claims.get("acr")
        return isinstance(acr, str) and acr in two_factors
    amr = claims.get("amr")
    return isinstance(amr, list) and "mfa" in amr


def _moment(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None

"""The company's provider: where a person is sent to, and what becomes of the code they come back with.

Authorization code with PKCE, state and nonce (OpenID Connect Core 3.1, RFC 7636, RFC 9207). `authlib` writes the
requests and judges the claims; what is asked of whom, and how long an answer may take, is decided here.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from intake_api.openid.fetch import Fetch, ProviderUnavailable
from intake_api.openid.id_token import Identity, KeyUnknown, TokenRefused, read_id_token
from intake_api.settings import LOOPBACK_NAMES, CompanySignIn

__all__ = ["Identity", "Provider", "ProviderUnavailable", "Question", "TokenRefused"]

KNOWN_FOR = timedelta(minutes=10)  # what the provider says about itself, and its keys
LOOK_AGAIN = timedelta(seconds=30)  # at the earliest, for a key that is not among them
SCOPE = "openid email"


@dataclass(frozen=True)
class Question:
    """What one sign-in is asked with: only this browser's answer to it is taken."""

    state: str
    nonce: str
    verifier: str
    anew: bool = False  # the person shall show their factors now, however lately they did


@dataclass(frozen=True)
class _Known:
    about: Mapping[str, Any]
    keys: KeySet
    at: datetime


class Provider:
    """One provider, known by its settings; safe to share between threads."""

    def __init__(self, company: CompanySignIn, redirect_uri: str) -> None:
        self._company = company
        self._redirect_uri = redirect_uri
        self._fetch = Fetch()
        self._lock = threading.Lock()
        self._known: _Known | None = None

    def address(self, question: Question, *, now: datetime) -> str:
        """Return where to send the person.

        :raises ProviderUnavailable: it does not answer.
        """
        more = {"prompt": "login", "max_age": "0"} if question.anew else {}
        return str(
            prepare_grant_uri(
                self._about(now)["authorization_endpoint"],
                self._company.client_id,
                "code",
                redirect_uri=self._redirect_uri,
                scope=SCOPE,
                state=question.state,
                nonce=question.nonce,
                code_challenge=create_s256_code_challenge(question.verifier),
                code_challenge_method="S256",
                acr_values=" ".join(sorted(self._company.two_factors)) or None,
                **more,
            )
        )

    def redeem(self, code: str, question: Question, *, said_issuer: str | None, now: datetime) -> Identity:
        """Return who came back with a code.

        :param said_issuer: `iss` of the address they came back to.
        :raises TokenRefused: the code, or what it was exchanged for, is not good.
        :raises ProviderUnavailable: it does not answer.
        """
        about = self._about(now)
        names_itself = about.get("authorization_response_iss_parameter_supported") is True
        if said_issuer != self._company.issuer and (said_issuer is not None or names_itself):
            raise TokenRefused("mixed_up")
        given = self._exchange(about, code, question.verifier)
        encoded = given.get("id_token") if given else None
        if not isinstance(encoded, str):
            raise TokenRefused("code")
        try:
            return self._read(encoded, question, now)
        except KeyUnknown:
            self._look_again(now)
        try:
            return self._read(encoded, question, now)
        except KeyUnknown:
            raise TokenRefused("key_unknown") from None

    def _exchange(self, about: Mapping[str, Any], code: str, verifier: str) -> dict[str, Any] | None:
        endpoint = str(about["token_endpoint"])
        form = prepare_token_request(
            "authorization_code", redirect_uri=self._redirect_uri, code=code, code_verifier=verifier
        )
        ways = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        in_header = "client_secret_basic" in ways
        known_by = [self._company.client_id, self._company.client_secret]
        if in_header:
            known_by = [quote(one, safe="") for one in known_by]  # RFC 6749, 2.3.1
        way = ClientAuth(*known_by, "client_secret_basic" if in_header else "client_secret_post")
        _, headers, form = way.prepare("POST", endpoint, {}, form)
        return self._fetch.post(endpoint, headers, form)

    def _read(self, encoded: str, question: Question, now: datetime) -> Identity:
        company = self._company
        return read_id_token(
            encoded,
            self._get(now).keys,
            issuer=company.issuer,
            client_id=company.client_id,
            nonce=question.nonce,
            two_factors=company.two_factors,
            now=now,
        )

    def _about(self, now: datetime) -> Mapping[str, Any]:
        return self._get(now).about

    def _get(self, now: datetime) -> _Known:
        with self._lock:
            if self._known is None or not timedelta(0) <= now - self._known.at < KNOWN_FOR:
                self._known = self._ask(now)
            return self._known

    def _look_again(self, now: datetime) -> None:
        """Forget the keys, unless they were looked up just now: nobody makes us ask as often as they like."""
        with self._lock:
            if self._known is not None and now - self._known.at >= LOOK_AGAIN:
                self._known = None

    def _ask(self, now: datetime) -> _Known:
        about = self._fetch.get(get_well_known_url(self._company.issuer, external=True))
        if about.get("issuer") != self._company.issuer:
            raise ProviderUnavailable("The provider says it is another one.")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not self._may_ask(about.get(name)):
                raise ProviderUnavailable(f"The provider's {name} is no address that is taken.")
        try:
            keys = KeySet.import_key_set(self._fetch.get(str(about["jwks_uri"])))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ProviderUnavailable(f"The provider's keys cannot be read: {type(error).__name__}.") from None
        return _Known(about, keys, now)

    def _may_ask(self, address: object) -> bool:
        parts = urlsplit(address) if isinstance(address, str) else None
        if parts is None or not parts.hostname:
            return False
        on_loopback = self._company.plain and parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES
        return parts.scheme == "https" or on_loopback

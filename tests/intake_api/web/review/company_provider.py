"""An OpenID Connect provider on a real port: real addresses, codes, PKCE and signatures, and every lie a test asks for.

It is written from the standards (OpenID Connect Core, RFC 6749, 7517, 7636, 9207) and shares nothing with what it
judges.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from flask import Flask, Response, redirect, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from tests.intake_api.conftest import DrivenClock

CLIENT, SECRET = "vestibule", "a:secret/with+marks"
Twist = Callable[[dict[str, Any]], None]


def nothing(_claims: dict[str, Any]) -> None:
    """Tell the truth."""


@dataclass
class CompanyProvider:
    """One provider: who is signed in there, and how it behaves."""

    clock: DrivenClock
    issuer: str = ""
    subject: str = "248289761001"
    email: str = "ilze@tidewick.example"
    verified: Any = True
    amr: Any = field(default_factory=lambda: ["pwd", "otp", "mfa"])
    acr: str | None = None
    keys: list[RSAKey] = field(default_factory=lambda: [new_key()])
    twist: Twist = nothing  # what the ID token lies about
    unsigned: bool = False
    by_secret: bool = False  # signs by HMAC with the client's secret
    by_stranger: bool = False  # signs by a key of its own, under the name of the known one
    codes_last: bool = False  # takes a code again and again
    names_itself: str | None = None  # `iss` in the address of the way back
    says_issuer: str | None = None  # in what it says about itself
    redirects_tokens_to: str | None = None
    asks_person: bool = False  # shows a page with a button first
    asked: list[dict[str, str]] = field(default_factory=list)  # what people were sent here with
    looks: int = 0  # at its keys
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _shown_at: dict[str, int] = field(default_factory=dict)

    def rotate(self) -> None:
        """Sign by a new key from now on; the old one is gone."""
        self.keys = [new_key()]

    @property
    def app(self) -> Flask:
        """Its pages."""
        app = Flask("company")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._about)
        app.add_url_rule("/keys", view_func=self._keys)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        return app

    def _about(self) -> ResponseReturnValue:
        return {
            "issuer": self.says_issuer or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": self.names_itself is not None,
        }

    def _keys(self) -> ResponseReturnValue:
        self.looks += 1
        return dict(KeySet(list(self.keys)).as_dict(private=False))

    def _authorize(self) -> ResponseReturnValue:
        asked = request.args.to_dict()
        if self.asks_person and "as" not in asked:
            address = f"/authorize?{urlencode({**asked, 'as': self.email})}"
            return f"<!doctype html><title>Company</title><p>Company sign-in</p><a href='{address}'>Go on as Ilze</a>"
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        self.asked.append(asked)
        if asked.get("prompt") == "login" or self.email not in self._shown_at:
            self._shown_at[self.email] = int(self.clock().timestamp())
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer = {"code": code, "state": asked["state"], **({"iss": self.names_itself} if self.names_itself else {})}
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    def _token(self) -> ResponseReturnValue:
        if self.redirects_tokens_to:
            return redirect(self.redirects_tokens_to, 307)
        kind, _, known_by = request.headers.get("Authorization", "").partition(" ")
        who = [unquote(one) for one in base64.b64decode(known_by).decode().split(":")]
        if (kind, who) != ("Basic", [CLIENT, SECRET]):
            return {"error": "invalid_client"}, 401
        form = request.form
        asked = self._codes.get(form["code"]) if self.codes_last else self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if not asked or (asked["redirect_uri"], asked["code_challenge"]) != (form["redirect_uri"], challenge.decode()):
            return {"error": "invalid_grant"}, 400
        token = {"access_token": "none", "token_type": "Bearer", "id_token": self._signed(asked["nonce"])}
        return Response(json.dumps(token), content_type="application/json")

    def _signed(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "auth_time": self._shown_at.get(self.email, now),
            "email": self.email,
            "email_verified": self.verified,
            **({"amr": self.amr} if self.amr is not None else {}),
            **({"acr": self.acr} if self.acr is not None else {}),
        }
        self.twist(claims)
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.unsigned:
            parts = [b'{"alg":"none"}', json.dumps(claims).encode(), b""]
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
        known = self.keys[-1]
        if self.by_secret:
            key = OctKey.import_key(SECRET * 3)
            return jwt.encode({"alg": "HS256", "kid": known.kid}, claims, key, algorithms=["HS256"])
        key_used = new_key() if self.by_stranger else known
        return jwt.encode({"alg": "RS256", "kid": known.kid}, claims, key_used, algorithms=["RS256"])


def new_key() -> RSAKey:
    """Make a key with a name."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})

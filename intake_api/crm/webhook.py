"""The signed webhook: Standard Webhooks to one configured address (SEC-33, SEC-34, SEC-48, SEC-53).

The answer's body is never read: nothing in it may reach a log or a page, and the status line says all there is to
know. `docs/delivery.md` has the table of answers.
"""

import base64
import binascii
import hmac
import json
import secrets
import ssl
from collections.abc import Iterable
from datetime import datetime

from intake_api.clock import rfc3339
from intake_api.crm.calling import TIME_LIMIT, Caller, CallFailed, Deadline, asked_wait
from intake_api.crm.port import (
    CannotTell,
    Done,
    Gone,
    NotAllowedIn,
    Operation,
    Outcome,
    Parcel,
    ReadBack,
    Refused,
    Retry,
    Unknown,
    document,
)
from intake_api.rules.field_map import AS_HERE, FieldMap

SECRET_BYTES = range(24, 65)

# Answers that say "no parcel can pass until a person acts", "this one never will" and "not now".
NOT_ALLOWED_IN = {401: "credential_refused", 403: "credential_refused", 407: "credential_refused"}
REFUSED = frozenset({400, 405, 406, 411, 412, 413, 414, 415, 417, 422, 428, 431, 451})
NOT_NOW = frozenset({408, 423, 425, 429})


class SecretInvalid(Exception):
    """A webhook secret is not `whsec_` with 24 to 64 bytes in base64. The text never shows it."""

    code = "webhook_secret_invalid"


class Webhook:
    """Posts parcels, each signed by every secret in use: two while one is being rotated out."""

    name = "webhook"

    def __init__(
        self,
        url: str,
        signing: Iterable[str],
        recipient: str,
        named: FieldMap = AS_HERE,
        *,
        allow_loopback: bool = False,
        trust: ssl.SSLContext | None = None,
        time_limit: float = TIME_LIMIT,
    ) -> None:
        """Prepare the destination; nothing is called yet.

        `trust` replaces the machine's certificate authorities; certificate and host name are always checked.
        `time_limit` is in seconds and holds for one whole call.

        :raises TargetRefused: the address breaks a rule of SEC-34.
        :raises SecretInvalid: a secret is no webhook secret, or there is none.
        """
        self.recipient, self.map = recipient, named
        self._caller = Caller(url, allow_loopback=allow_loopback, trust=trust)
        self._time_limit = time_limit
        self._keys = [_key(secret) for secret in signing]
        if not self._keys:
            raise SecretInvalid("The webhook needs a secret to sign with.")

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Post one parcel. The id is the delivery's on every attempt, the timestamp is fresh."""
        return self._post(f"lead.{operation}", parcel.delivery, document(operation, parcel), now=now)

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:  # noqa: ARG002 as the contract has it
        """Say nothing: a webhook only takes."""
        return CannotTell()

    def check(self, *, now: datetime) -> Outcome:
        """Post a message of the type `test` with no data, which the other side acknowledges like any other."""
        return self._post("test", f"test_{secrets.token_hex(16)}", {}, now=now)

    def _post(self, kind: str, message: str, data: dict[str, object], *, now: datetime) -> Outcome:
        whole = {"type": kind, "timestamp": rfc3339(now), "data": data}
        body = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(sign(key, message, stamp, body) for key in self._keys),
        }
        try:
            answer = self._caller.call("POST", "", body, headers, deadline=Deadline(self._time_limit))
        except CallFailed as failed:
            return failed.outcome
        return classify(answer.status, answer.headers.get("retry-after"), now=now)


def sign(key: bytes, message: str, stamp: str, body: bytes) -> str:
    """Return one `v1` signature over `id.timestamp.body`."""
    digest = hmac.digest(key, f"{message}.{stamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(digest).decode()


def classify(status: int, retry_after: str | None, *, now: datetime) -> Outcome:
    """Say what an answer's status means."""
    if 200 <= status < 300:
        return Done(status=status)
    if status == 410:
        return Gone("address_gone", status)
    if status in NOT_ALLOWED_IN:
        return NotAllowedIn(NOT_ALLOWED_IN[status], status)
    if status in REFUSED:
        return Refused("parcel_refused", status)
    if status in NOT_NOW or status >= 500:
        return Retry("asked_to_wait" if status == 429 else "not_now", asked_wait(retry_after, now), status)
    return Unknown("redirected" if 300 <= status < 400 else "unexpected_status", status)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith("whsec_") or len(key) not in SECRET_BYTES:
        raise SecretInvalid("A webhook secret is `whsec_` and 24 to 64 bytes in base64.")
    return key

"""Whether a message that came in was signed just now, as Standard Webhooks has it, by a secret we share (SEC-33)."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
REMEMBERED = timedelta(days=1)  # how long an id is known: far beyond the tolerance, so nothing is heard twice
MESSAGE = re.compile(r"[!-\-/-~]{1,255}")  # visible, and no full stop: that is what parts id, time and body
STAMP = re.compile(r"[0-9]{1,11}")
MOST_SIGNATURES = 20


class SignatureInvalid(Exception):
    """The message is not to be believed. Which part was wrong is nobody's business who cannot sign."""

    code = "signature_invalid"


def verified_id(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, *, now: datetime) -> str:
    """Return the id of a message that one of our keys signed.

    :param headers: `webhook-id`, `webhook-timestamp` and `webhook-signature`, as they came.
    :param body: the very bytes that came: JSON that was read and written again is another message.
    :raises SignatureInvalid: it is not signed so, too old, or from the future.
    """
    message, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not MESSAGE.fullmatch(message) or not STAMP.fullmatch(stamp):
        raise SignatureInvalid
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise SignatureInvalid
    said = [_v1(one) for one in headers.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]]
    signed = f"{message}.{stamp}.".encode() + body
    right = [hmac.digest(key, signed, "sha256") for key in keys]
    # Each is compared with each, whatever came before: the time it takes says nothing.
    if not any([hmac.compare_digest(one, other) for one in right for other in said]):  # noqa: C419 not the first only
        raise SignatureInvalid
    return message


def _v1(signature: str) -> bytes:
    version, _, text = signature.partition(",")
    try:
        return base64.b64decode(text, validate=True) if version == "v1" else b""
    except (binascii.Error, ValueError):
        return b""

"""Codes that change every 30 seconds (RFC 6238), as an app on a phone shows them: each is good once (SEC-01)."""

import hmac
from datetime import datetime

import pyotp

STEP = 30  # seconds a code is shown for
AROUND = 1  # so many steps before and after are taken, for clocks that differ
DIGITS = 6


def new_secret() -> str:
    """Draw a secret of 160 random bits, in the letters that apps take."""
    return pyotp.random_base32()


def address_for_apps(secret: str, *, account: str, issuer: str) -> str:
    """Return the `otpauth:` address that a picture of squares holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def accepted_step(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """Return which step a code belongs to, or None if it is not good.

    :param after: the last step that a code was taken of: neither that nor an older one is good again.
    """
    typed = "".join(code.split())
    if len(typed) != DIGITS or not typed.isascii() or not typed.isdecimal():
        return None
    app, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    for step in range(max(present - AROUND, after + 1), present + AROUND + 1):
        if hmac.compare_digest(app.generate_otp(step), typed):
            return step
    return None

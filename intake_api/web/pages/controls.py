"""The yes and no of a page: values that were rendered for this control on this showing, and no others (C-02)."""

import base64
import hmac
from collections.abc import Iterable, Mapping

YES, NO = "yes", "no"


class ControlForged(Exception):
    """A decision came with a value that was never rendered for it."""

    code = "control_forged"


def control_value(token_key: bytes, presentation: str, purpose: str, answer: str) -> str:
    """Return the value of one radio button: it cannot be guessed, nor carried to another purpose or showing."""
    text = f"control|{presentation}|{purpose}|{answer}".encode()
    return base64.urlsafe_b64encode(hmac.digest(token_key, text, "sha256")[:15]).decode()


def read_controls(
    token_key: bytes, presentation: str, purposes: Iterable[str], sent: Mapping[str, str]
) -> dict[str, bool]:
    """Return the decisions that were made; a control nobody touched is not among them (C-01).

    :raises ControlForged: any other value than the two that were rendered.
    """
    decisions = {}
    for purpose in purposes:
        value = sent.get(purpose)
        if value is None:
            continue
        if hmac.compare_digest(value.encode(), control_value(token_key, presentation, purpose, YES).encode()):
            decisions[purpose] = True
        elif hmac.compare_digest(value.encode(), control_value(token_key, presentation, purpose, NO).encode()):
            decisions[purpose] = False
        else:
            raise ControlForged(purpose)
    return decisions

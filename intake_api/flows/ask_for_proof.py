"""Ask a browser for a small calculation, and look at what it found: proof of work in the shape of ALTCHA (SEC-38).

What is asked is signed and names its presentation, which is good for one submission: so is the proof, and nothing has
to be kept of either.
"""

import hmac
from typing import Any

from altcha import Payload, create_challenge, verify_solution

from intake_api.store.presentations import Presentation

# Some 256 tries of a millisecond or two on a phone: a moment for one person, a burden for a million posts.
ALGORITHM, COST, PREFIX = "PBKDF2/SHA-256", 5_000, "00"


def ask_for_proof(token_key: bytes, shown: Presentation) -> dict[str, Any]:
    """Return what is to be solved for one presentation, as JSON. Another one for the same presentation is as good."""
    challenge = create_challenge(
        ALGORITHM, COST, key_prefix=PREFIX, data={"presentation": shown.id}, hmac_secret=_key(token_key)
    )
    return challenge.to_dict()


def is_proven(token_key: bytes, shown: Presentation, solution: str) -> bool:
    """Say whether this is a right solution of what was asked for this very presentation; whatever else it is, no."""
    if not solution or not verify_solution(solution, _key(token_key)).verified:
        return False
    asked = Payload.from_base64(solution).challenge.parameters
    return asked.data == {"presentation": shown.id}


def _key(token_key: bytes) -> bytes:
    return hmac.digest(token_key, b"proof of work", "sha256")

"""A client that does the small calculation it is asked for, by ALTCHA's own library."""

from typing import Any

from altcha import Challenge, Payload, solve_challenge


def solve(asked: dict[str, Any]) -> str:
    """Return the solution as it is sent."""
    challenge = Challenge.from_dict(asked)
    found = solve_challenge(challenge)
    assert found
    return Payload(challenge, found).to_base64()

"""Write the secrets of a development run, so that nobody has to make some before the first look.

Each is its own file in a git-ignored folder, readable by its owner only. One that is there, or set in the environment,
stays as it is: what was sealed with a key can be opened with that key only.
"""

from __future__ import annotations

from tools.house import PREFIX, House
from tools.random_secrets import KEYS, TOKENS, random_key, random_token, random_webhook_secret, write_missing


def write_development_secrets(house: House) -> list[str]:
    """Write each missing secret and return what to say about it: one line, or none when all were there."""
    wanted = dict.fromkeys(KEYS, random_key) | dict.fromkeys(TOKENS, random_token)
    if house.environment.get(f"{PREFIX}DESTINATION") == "webhook":
        wanted["WEBHOOK_SECRET"] = random_webhook_secret
    missing = {name.lower(): make for name, make in wanted.items() if not _is_given(house, name)}
    made = write_missing(house.root / house.secrets, missing, mode=0o600)
    if not made:
        return []
    return [f"made {len(made)} development secrets in {house.secrets}: for this machine only, never for real leads"]


def _is_given(house: House, name: str) -> bool:
    return bool(house.environment.get(PREFIX + name) or house.environment.get(f"{PREFIX}{name}_FILE"))

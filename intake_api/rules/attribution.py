"""What may be known of how somebody came here: a few short words from a closed list of names, untrusted (M-09).

It decides nothing, names nobody, and is kept with the lead for as long as the lead.
"""

import re
from collections.abc import Mapping

# Where somebody says, or a link says for them, that they come from. `other` alone takes words of its own.
SOURCES = (
    "search",
    "social",
    "advertisement",
    "newsletter",
    "sms",
    "post",
    "event",
    "shop",
    "partner",
    "referral",
    "customer",
    "other",
)
OTHER = "other"

CAMPAIGN_LENGTH, CODE_LENGTH = 64, 32
CAMPAIGN = r"[A-Za-z0-9 ._~+-]+"
CODE = r"[A-Za-z0-9][A-Za-z0-9-]{2,31}"

CAMPAIGN_NAMES = ("utm_source", "utm_medium", "utm_campaign", "source_other")
NAMES = ("utm_source", "utm_medium", "utm_campaign", "source", "source_other", "code")


def allowed(given: Mapping[str, str]) -> dict[str, str]:
    """Return what may be taken of what an address or a page says; everything else is dropped without a word.

    A code is in capitals, as it is printed.
    """
    taken = {name: given[name] for name in NAMES if name in given and _fits(name, given[name])}
    if "source_other" in taken and not goes_with(taken):
        del taken["source_other"]
    return {**taken, "code": taken["code"].upper()} if "code" in taken else taken


def goes_with(given: Mapping[str, str]) -> bool:
    """Say whether words of one's own stand only where the source is none of the list."""
    return "source_other" not in given or given.get("source") == OTHER


def _fits(name: str, value: str) -> bool:
    if name == "source":
        return value in SOURCES
    if name == "code":
        return re.fullmatch(CODE, value) is not None
    return len(value) <= CAMPAIGN_LENGTH and re.fullmatch(CAMPAIGN, value) is not None

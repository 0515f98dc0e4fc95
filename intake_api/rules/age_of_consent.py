"""From which age somebody's own yes counts, country by country, and what follows of what they say (K-01, K-02, K-04).

Article 8(1) of the GDPR: from 16 years on, unless a country sets a lower age, not below 13. Nobody is asked when they
were born: the one question is whether they are that old, and "under" is taken as it is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from intake_api.rules.young_writer import TOO_YOUNG

HIGHEST = 16  # no country may ask for more, so that it is right wherever the country is not known

# What countries have set. One that is not here has set nothing, or it is not known here what: HIGHEST holds.
THRESHOLDS: Mapping[str, int] = {
    "AT": 14,
    "BE": 13,
    "BG": 14,
    "CY": 14,
    "CZ": 15,
    "DE": 16,
    "DK": 15,
    "EE": 13,
    "ES": 14,
    "FI": 13,
    "FR": 15,
    "GR": 15,
    "HU": 16,
    "IE": 16,
    "IT": 14,
    "LT": 14,
    "LU": 16,
    "LV": 13,
    "MT": 13,
    "NL": 16,
    "PL": 16,
    "PT": 13,
    "RO": 16,
    "SE": 13,
    "SK": 16,
}

# Languages that tell where whoever reads them most likely is. German, Russian or English do not.
SPOKEN_IN: Mapping[str, str] = {
    "bg": "BG",
    "cs": "CZ",
    "da": "DK",
    "et": "EE",
    "fi": "FI",
    "hu": "HU",
    "it": "IT",
    "lt": "LT",
    "lv": "LV",
    "mt": "MT",
    "pl": "PL",
    "sk": "SK",
}

AGE_MISSING = "age_missing"
AGE = "age"  # the name the answer goes by, beside the fields: no field may have it


class SaidAge(StrEnum):
    """What may be said about one's age: no number, and no date."""

    AT_OR_OVER = "at_or_over"
    UNDER = "under"


@dataclass(frozen=True, slots=True)
class AgeShown:
    """All that is kept of an answer about the age, beside the time of the entry it stands in (K-04)."""

    threshold: int
    answer: SaidAge


def threshold_of(country: str | None, locale: str) -> int:
    """Return the age in years from which a yes counts: of a country, else of where the language is spoken."""
    return THRESHOLDS.get(country or SPOKEN_IN.get(locale, ""), HIGHEST)


def why_not(threshold: int | None, said: SaidAge | None, *, says_yes: bool) -> str | None:
    """Return the code of why nothing may be taken; None where it may.

    Who says "under" is believed, whatever else they answered and whether they were asked (K-02). Who says yes to
    nothing that rests on consent need not answer.

    :param threshold: None where nobody is asked.
    :param says_yes: whether there is a yes that rests on consent.
    """
    if said is SaidAge.UNDER:
        return TOO_YOUNG
    return AGE_MISSING if threshold is not None and said is None and says_yes else None


def kept_of(threshold: int | None, said: SaidAge | None, *, says_yes: bool) -> AgeShown | None:
    """Return what is kept: something only where it was asked, and only beside a yes that it has to stand behind."""
    if threshold is None or said is None or not says_yes:
        return None
    return AgeShown(threshold, said)

"""Invented people and what they might have typed: plainly examples, in reserved domains and numbers of nobody."""

from collections.abc import Mapping
from random import Random

from intake_api.rules.fields import FieldRule, Value

GIVEN = (
    "Anna",
    "Ilze",
    "Jānis",
    "Marta",
    "Pēteris",
    "Olga",
    "Igor",
    "Zofia",
    "Paweł",
    "Jana",
    "Tomáš",
    "Chloé",
    "Søren",
)
FAMILY = ("Sample", "Paraugs", "Muster", "Primer", "Vzorek", "Przykład", "Esempio", "Ejemplo", "Näide", "Pavyzdys")
COMPANY = ("Sample", "Pattern", "Specimen", "Placeholder", "Instance", "Model", "Template", "Mock-up", "Dummy", "Demo")
TRADE = ("Bakery", "Joinery", "Boats", "Gardens", "Bicycles", "Tiles", "Printing", "Candles", "Looms", "Sails")
LEGAL = ("SIA", "Ltd", "GmbH", "s.r.o.", "UAB")
SENTENCES = (
    "This is an invented message, made to try the queue out.",
    "An invented person would like to be called in the morning.",
    "Please send an invented price list.",
    "An invented question about an invented product.",
)
SAME_AGAIN = 0.08  # so many write with an address that wrote before


def invent_person(rng: Random, number: int) -> dict[str, str]:
    """Return an invented person with a company: the same address now and then, the same words of names often."""
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    mailbox = rng.randrange(max(1, number)) if rng.random() < SAME_AGAIN else number
    trade = rng.choice(TRADE)
    return {
        "name": f"{given} {family}{_syllables(rng)}",
        "email": f"person{mailbox}@{trade.lower()}.example",
        "phone": f"+447700900{rng.randrange(1000):03d}",  # kept for drama: nobody's
        "company": f"{rng.choice(COMPANY)}{_syllables(rng)} {trade} {rng.choice(LEGAL)}",
    }


def invent_values(
    rng: Random, rules: Mapping[str, FieldRule], person: Mapping[str, str], needed: frozenset[str]
) -> dict[str, Value]:
    """Return what an invented person typed in a form: what is required, and about half of the rest."""
    groups = {rule.necessity for rule in rules.values() if rule.necessity not in ("required", "optional")}
    values: dict[str, Value] = {}
    for name, rule in rules.items():
        must = rule.necessity in groups or rule.necessity == "required" or name in needed
        if must or rng.random() < 0.5:
            values[name] = _value(rng, rule, person)
    return values


def _value(rng: Random, rule: FieldRule, person: Mapping[str, str]) -> Value:
    if rule.type in ("email", "phone"):
        return person[rule.type]
    if rule.type == "choice":
        return rng.choice(rule.choices)
    if rule.type == "integer":
        return rng.randint(rule.minimum, min(rule.maximum, rule.minimum + 60))
    return person.get(rule.name, rng.choice(SENTENCES))[: rule.max_length]


def _syllables(rng: Random) -> str:
    return "".join(rng.choice(("ba", "de", "ki", "lo", "mu", "na", "re", "si", "to", "va")) for _ in range(3))

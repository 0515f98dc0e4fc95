"""What a catalogue says about children: a yes asks for the age it counts from, or nothing is meant for them (K-05)."""

from collections.abc import Iterable

from intake_api.catalogue.definitions import ASKED, NOT_FOR_CHILDREN, OPT_IN, Children, Purpose
from intake_api.catalogue.entry import Entry
from intake_api.catalogue.terms import EEA

POLICIES = (ASKED, NOT_FOR_CHILDREN)
# What the complete language says of each.
AGE_TEXTS = ("question", "why", "at_or_over", "younger", "too_young", "missing")


def read_children(entry: Entry) -> Children:
    """Read what an organisation does about children, of all forms that say nothing else."""
    how = "Write asked, so that whoever says yes is asked for their age group, or not_for_children."
    policy = entry.text("children", how)
    if policy and policy not in POLICIES:
        entry.wrong("children", f"is {policy}, which is not known.", how)
    return Children(policy, _country(entry, policy))


def read_children_of_form(entry: Entry, house: Children, purposes: Iterable[Purpose]) -> Children | None:
    """Read what a form does about children, its own word before the house's; None where it has nothing to ask for.

    Only a yes needs an age: a form without one asks nobody (K-01).
    """
    named = "children" in entry.values
    own = read_children(entry) if named else house
    if not named and "children_in" in entry.values:
        own = Children(house.policy, _country(entry, house.policy))
    if own.policy not in POLICIES:
        return None  # it is told where it stands, and nothing that would follow from it
    if own.policy != ASKED or any(purpose.control == OPT_IN for purpose in purposes):
        return own
    if named:
        wrong = "asks for the age, though nothing of this form rests on consent."
        entry.wrong("children", wrong, "Take it out: only a yes needs an age (GDPR, Article 8).")
    return None


def _country(entry: Entry, policy: str) -> str | None:
    """Read whose age counts, where it is not left to the language of the visitor."""
    if "children_in" not in entry.values:
        return None
    how = "Write a country of the European Economic Area, such as LV, or leave it to the language."
    country = entry.text("children_in", how)
    if policy == NOT_FOR_CHILDREN:
        entry.wrong("children_in", "stands where nobody is asked.", "Write: children: asked, or take it out.")
    elif country and country not in EEA:
        entry.wrong("children_in", f"is {country}, which is none that the question is about.", how)
    return country or None

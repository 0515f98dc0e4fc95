"""What a notice promises, apart from the words it is said in, and which change of it needs a new yes."""

from collections.abc import Mapping
from typing import Any

from intake_api.rules.consent import VALIDITY

WORDS = frozenset({"texts", "version", "effective_from", "material_change", "rights", "withdraw"})
WORDS_OF_A_PURPOSE = frozenset({"title", "text", "if_not_given", "legitimate_interest"})
# What a purpose is; recipients are looked at by themselves. Fields and ends are not among it: what was collected, and
# for how long it is kept and a yes counts, goes by the notice the person saw, whatever is promised to others later.
OF_THE_PURPOSE = ("dpv", "basis", "channel", "automated_decision")
OF_THE_CONTROLLER = ("name", "country")
OF_A_RECIPIENT = ("name", "role", "country", "safeguard")
TOLD_BY_WORDS = ("title", "text", "legitimate_interest")

Document = Mapping[str, Any]


def same_promise(one: Document, other: Document) -> bool:
    """Say whether two notices tell the same in other words: same purposes, bases, fields, recipients, ends and people.

    A change that is called material is another promise, whatever it changes (C-17).
    """
    return not other["material_change"] and _promised(one) == _promised(other)


def changed_purposes(before: Document, after: Document) -> list[str]:
    """Return the purposes to which a yes that was said to the notice before does not count any more (C-17).

    Another purpose, controller, recipient or transfer is material whatever the catalogue calls it; one recipient less
    is not. What the catalogue calls material by a new `material_change: true` concerns the purposes said otherwise, or
    all of them if none is.
    """
    was = {one["id"]: one for one in before["purposes"]}
    both = [(was[one["id"]], one) for one in after["purposes"] if one["id"] in was]
    other = {new["id"] for old, new in both if _is_another(before, old, after, new)}
    if _is_called_material(before, after):
        reworded = {new["id"] for old, new in both if any(old[word] != new[word] for word in TOLD_BY_WORDS)}
        other |= reworded or ({new["id"] for _, new in both} if not other else set())
    return [new["id"] for _, new in both if new["id"] in other]


def _is_another(before: Document, old: Document, after: Document, new: Document) -> bool:
    if any(old[name] != new[name] for name in OF_THE_PURPOSE):
        return True
    if any(before["controller"][name] != after["controller"][name] for name in OF_THE_CONTROLLER):
        return True
    return not _recipients(after, new) <= _recipients(before, old)


def _recipients(document: Document, purpose: Document) -> set[tuple[Any, ...]]:
    named = [one for one in document["recipients"] if one["id"] in purpose["recipients"]]
    return {tuple(one[name] for name in OF_A_RECIPIENT) for one in named}


def _is_called_material(before: Document, after: Document) -> bool:
    """Say whether the change is called so: a mark that was left standing from an earlier version calls nothing."""
    is_new = not before["material_change"] or after["version"] > before["version"]
    return bool(after["material_change"]) and is_new


def _promised(document: Document) -> dict[str, Any]:
    purposes = [
        {name: told for name, told in {"validity": None, **purpose}.items() if name not in WORDS_OF_A_PURPOSE}
        for purpose in document["purposes"]
    ]
    for purpose in purposes:  # a notice from before validity was written down promised the usual one
        purpose["validity"] = purpose["validity"] or (VALIDITY if purpose["control"] == "opt_in" else None)
    told = {name: told for name, told in document.items() if name not in WORDS}
    # Of children: for which age is asked, if it is. A notice from before it could be asked for asked nobody.
    threshold = (document.get("children") or {}).get("threshold")
    return {**told, "purposes": purposes, "children": threshold}

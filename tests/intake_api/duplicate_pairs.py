"""A hundred pairs of leads of invented people, of which it is known whether both are of one person."""

import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from intake_api.catalogue.model import Catalogue
from intake_api.flows.find_duplicates import find_duplicates
from intake_api.flows.invented_people import GIVEN, invent_person
from intake_api.flows.read_lead import read_lead
from intake_api.store.base import Store
from intake_api.store.confirmations import mark_confirmed
from intake_api.store.leads import Lead
from tests.intake_api.kept_leads import confirmation_of, keep_lead

Typed = dict[str, str]
SEED = 20261122


@dataclass(frozen=True)
class Pair:
    """What was typed in two leads, how the second came about, and whether both are of one person."""

    kind: str
    one: Typed
    other: Typed
    same: bool
    confirmed: bool = False


@dataclass(frozen=True)
class Judged:
    """How the suggestions of a hundred pairs compare with the truth; `missed` and `wrong` by how a pair came about."""

    right: int
    missed: Counter[str]
    wrong: Counter[str]

    @property
    def precision(self) -> float:
        """How many of the suggested are of one person."""
        return self.right / (self.right + self.wrong.total())

    @property
    def recall(self) -> float:
        """How many of those of one person are suggested."""
        return self.right / (self.right + self.missed.total())


def judge(store: Store, catalogue: Catalogue, *, now: datetime) -> Judged:
    """Keep both leads of each pair, open the second one and compare what is suggested with the truth."""
    pairs = make_pairs(Random(SEED))
    kept = [(pair, _keep(store, catalogue, pair, now=now)) for pair in pairs]
    right, missed, wrong = 0, Counter[str](), Counter[str]()
    for pair, (one, other) in kept:
        whole = read_lead(store, other.reference, actor="operator", why="bench", now=now)
        found = {each.lead.id for each in find_duplicates(store, whole, staff_id="s" * 32, now=now).shown}
        right += pair.same and one.id in found
        missed[pair.kind] += pair.same and one.id not in found
        wrong[pair.kind] += len(found - {one.id} if pair.same else found)
    return Judged(right, +missed, +wrong)


def make_pairs(rng: Random) -> list[Pair]:
    """Invent the pairs: half of one person, as people type a second time; half of two, as they may be taken for one."""
    number = iter(range(1000))

    def pair(kind: str, change: Callable[[Typed, Typed], Typed], *, same: bool, confirmed: bool = False) -> Pair:
        one, stranger = _person(rng, next(number)), _person(rng, next(number))
        contacts = {name: stranger[name] for name in ("email", "phone")}
        return Pair(kind, one, {**one, **contacts, **change(one, stranger)}, same, confirmed)

    return [
        pair(kind, change, same=same, confirmed=kind.startswith("confirmed"))
        for same, kinds in ((True, ONE_PERSON), (False, TWO_PEOPLE))
        for kind, (times, change) in kinds.items()
        for _ in range(times)
    ]


ONE_PERSON: dict[str, tuple[int, Callable[[Typed, Typed], Typed]]] = {
    "typed the same again": (5, lambda one, _: {}),
    "without marks on letters": (5, lambda one, _: {"name": _plain(one["name"]), "company": _plain(one["company"])}),
    "family name first": (4, lambda one, _: {"name": " ".join(reversed(one["name"].split()))}),
    "a slip in the name": (5, lambda one, _: {"name": _slip(one["name"])}),
    "without legal form": (5, lambda one, _: {"company": one["company"].rsplit(" ", 1)[0].upper()}),
    "a middle name": (3, lambda one, _: {"name": one["name"].replace(" ", " Maria ", 1)}),
    "an initial": (3, lambda one, _: {"name": f"{one['name'][0]}. {one['name'].split()[1]}"}),
    "same phone, company changed": (5, lambda one, two: {"phone": one["phone"], "company": two["company"]}),
    "confirmed address, family name changed": (5, lambda one, two: {"email": one["email"], "name": _family(one, two)}),
    "same address, company changed": (4, lambda one, two: {"email": one["email"], "company": two["company"]}),
    "a pet name": (3, lambda one, _: {"name": f"{one['name'][:2]}sik {one['name'].split()[1]}"}),
    "all but the name changed": (3, lambda one, two: {"company": two["company"]}),
}
TWO_PEOPLE: dict[str, tuple[int, Callable[[Typed, Typed], Typed]]] = {
    "same name elsewhere": (10, lambda one, two: {"company": two["company"]}),
    "colleagues": (10, lambda one, two: {"name": two["name"]}),
    "a family in one company": (8, lambda one, two: {"name": f"{_other_given(one)} {one['name'].split()[1]}"}),
    "father and son of one name": (2, lambda one, _: {}),
    "colleagues with one telephone": (5, lambda one, two: {"name": two["name"], "phone": one["phone"]}),
    "somebody else's address": (5, lambda one, two: {**two, "email": one["email"]}),
    "nothing in common": (5, lambda one, two: two),
    "colleagues of one initial": (5, lambda one, two: {"name": f"{one['name'][0]}elga {two['name'].split()[1]}"}),
}
PAIRS = sum(times for kinds in (ONE_PERSON, TWO_PEOPLE) for times, _ in kinds.values())


def _person(rng: Random, number: int) -> Typed:
    person = invent_person(rng, number)
    return {**person, "email": f"person{number}@sample.example", "phone": f"+371261{number:05d}"}


def _keep(store: Store, catalogue: Catalogue, pair: Pair, *, now: datetime) -> tuple[Lead, Lead]:
    asks = {"newsletter": True} if pair.confirmed else {}
    one = keep_lead(store, catalogue, now=now, decisions=asks, **pair.one)
    if pair.confirmed:
        with store.writing() as tx:
            mark_confirmed(tx, confirmation_of(store, one).id, now=now)
    return one, keep_lead(store, catalogue, now=now, **pair.other)


def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def _slip(name: str) -> str:
    """Swap two letters within the family name."""
    given, family = name.split()
    return f"{given} {family[:2]}{family[3]}{family[2]}{family[4:]}"


def _family(one: Typed, two: Typed) -> str:
    return f"{one['name'].split()[0]} {two['name'].split()[1]}"


def _other_given(one: Typed) -> str:
    given = one["name"].split()[0]
    return GIVEN[(GIVEN.index(given) + 1) % len(GIVEN)]

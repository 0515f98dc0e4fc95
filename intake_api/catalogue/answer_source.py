"""The `answers` of one file of `catalogue/locales/`: what is said to a question that mentions what, in its order."""

from collections.abc import Mapping
from dataclasses import dataclass

from intake_api.catalogue.entry import Entry


@dataclass(frozen=True, slots=True)
class AnswerSource:
    """One answer before its places are filled in. `about` are parts of words, in the order they are written."""

    id: str
    about: tuple[str, ...]
    text: str


def read_answers(entry: Entry) -> Mapping[str, AnswerSource]:
    """Read the answers of a language by id, in the order in which they are tried."""
    if "answers" not in entry.values:
        return {}
    found: dict[str, AnswerSource] = {}
    for name, item in entry.entry("answers", "Write each as id: {about: [word], text: …}.").named_entries().items():
        item.only("about", "text")
        about = item.words("about", "Write parts of words that tell the question: about: [price, cost].")
        found[name] = AnswerSource(name, about, item.text("text", "Write what is answered."))
        _check_stems(item, found)
    return found


def _check_stems(item: Entry, found: Mapping[str, AnswerSource]) -> None:
    """Find words that no question brings here: it is read in lower case, and an earlier answer hears it first."""
    *earlier, own = found.values()
    for position, stem in enumerate(own.about, start=1):
        if stem != stem.casefold() or not stem.strip():
            item.wrong(f"about.{position}", "is never heard: questions are read in lower case.", "Write it so.")
        for other in earlier:
            if heard := next((word for word in other.about if word in stem), None):
                wrong = f"({stem}) is never heard here: {other.id} comes first and hears “{heard}” in it."
                item.wrong(f"about.{position}", wrong, "Take it out here, or say it more narrowly there.")

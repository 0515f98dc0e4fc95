"""Statements about a person that a lead form has no business with: health, faith, union and the like (C-11).

A word alone says nothing: a hotel may have a wedding in a church. What counts is that a person is named close by, the
writer or somebody near them, with no crowd (guests, clients, groups) between; or a phrase that holds its person itself.
Which words those are stands in the word lists, one for each language; all are searched, whatever the page's language.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from intake_api.rules.phrases import Phrases, Word, Words
from intake_api.rules.sensitive_numbers import Found

SPECIAL = "special_category"

REACH_BEFORE = 8  # words between a person and what is said of them
REACH_AFTER = 2  # the same when the person comes last: "pregnant is what I am"

_ENDS = frozenset("!?;…\n")
_PAUSES = frozenset(',()[]:—–"«»„“”')

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class StatementWords:
    """What one language says such things with; docs/sensitive-text.md tells what each list is for."""

    statements: Phrases
    terms: Phrases
    people: Phrases
    crowds: Phrases
    things: Phrases
    harmless: Phrases
    joins: Phrases
    starts: Phrases

    def may_speak(self, folded: Collection[str]) -> bool:
        """Say whether some folded words could be such a statement in this language."""
        return self.terms.may_stand(folded) or self.statements.may_stand(folded)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The words of one sentence, and before which of them there is a comma or the like."""

    text: Words
    pauses: frozenset[int]


def find_statements(typed: str, words: Sequence[Word], languages: Sequence[StatementWords]) -> list[Found]:
    """Return the parts of sentences that say such a thing of a person, in order, none overlapping.

    `words` are those of the text, `languages` those of which it holds a term.
    """
    found: list[Found] = []
    if not languages:
        return found
    for sentence in _sentences(typed, words):
        for language in languages:
            for first, last in _parts(sentence, language):
                found.append(Found(sentence.text.words[first].start, sentence.text.words[last - 1].end, SPECIAL))
    return _joined(found)


def _sentences(typed: str, words: Sequence[Word]) -> Iterator[_Sentence]:
    start, pauses = 0, set[int]()
    for at in range(1, len(words)):
        between = typed[words[at - 1].end : words[at].start]
        if _ends(between, typed[words[at - 1].end - 1], typed[words[at].start]):
            yield _Sentence(Words(words[start:at]), frozenset(pauses))
            start, pauses = at, set()
        elif not _PAUSES.isdisjoint(between) or " - " in between:
            pauses.add(at - start)
    yield _Sentence(Words(words[start:]), frozenset(pauses))


def _ends(between: str, before: str, after: str) -> bool:
    """Say whether a sentence ends between two words: not at the point of "6. klase" or "12.5"."""
    if not _ENDS.isdisjoint(between):
        return True
    if "." not in between:
        return False
    runs_on = after.islower() or after.isdecimal()
    return not (runs_on and (before.isdecimal() or between == "."))


def _parts(sentence: _Sentence, language: StatementWords) -> Iterator[Span]:
    """Give the parts of a sentence that go: what is said, each widened to the part of the sentence it stands in."""
    said = sorted(_said(sentence, language))
    if not said:
        return
    joins, starts = set(_firsts(language.joins, sentence.text)), set(_firsts(language.starts, sentence.text))
    done = 0
    for span in said:
        if span[1] > done:
            part = _whole_part(sentence, span, joins, starts)
            done = part[1]
            yield part


def _said(sentence: _Sentence, language: StatementWords) -> Iterator[Span]:
    """Find what is said: the words from the nearest person to the term, or the other way round."""
    text = sentence.text
    statements, terms = _spans(language.statements, text), _spans(language.terms, text)
    if not statements and not terms:
        return
    harmless = {at for span in _spans(language.harmless, text) for at in range(*span)}
    things = set(_firsts(language.things, text))
    yield from (span for span in statements if span[1] not in things and harmless.isdisjoint(range(*span)))
    people, crowds = _spans(language.people, text), _firsts(language.crowds, text)
    for term in terms:
        if term[1] not in things and harmless.isdisjoint(range(*term)):
            yield from _with_person(term, people, crowds, sentence.pauses)


def _with_person(term: Span, people: Sequence[Span], crowds: Sequence[int], pauses: frozenset[int]) -> Iterator[Span]:
    """Give the words from the nearest person to a term; a person after it counts when none stands before it."""
    following = bisect_left(people, (term[1],))
    if following:
        person = people[following - 1]
        if term[0] - person[1] <= REACH_BEFORE and not _any_between(crowds, person[1], term[0]):
            yield min(person[0], term[0]), max(person[1], term[1])
            return
    if following < len(people):
        person = people[following]
        is_near = person[0] - term[1] <= REACH_AFTER and pauses.isdisjoint(range(term[1], person[0] + 1))
        if is_near and not _any_between(crowds, term[1], person[0]):
            yield term[0], person[1]


def _any_between(places: Sequence[int], start: int, end: int) -> bool:
    at = bisect_left(places, start)
    return at < len(places) and places[at] < end


def _spans(phrases: Phrases, text: Words) -> list[Span]:
    return sorted((first, last) for first, last, _ in phrases.find(text))


def _firsts(phrases: Phrases, text: Words) -> list[int]:
    return [first for first, _ in _spans(phrases, text)]


def _whole_part(sentence: _Sentence, span: Span, joins: set[int], starts: set[int]) -> Span:
    """Widen a span to the part of the sentence it stands in, so that what belongs to it goes with it.

    To the left up to a comma or an "and". To the right, what follows may still be about it ("in the seventh month"), so
    it goes on until something new begins: a comma or an "and" with a word after it that begins a sentence.
    """
    first, last = span
    while first > 0 and first not in sentence.pauses and first - 1 not in joins:
        first -= 1
    while last < len(sentence.text.words):
        after_comma, after_join = last in sentence.pauses and last in starts, last in joins and last + 1 in starts
        if after_comma or after_join:
            break
        last += 1
    return first, last


def _joined(found: Sequence[Found]) -> list[Found]:
    joined: list[Found] = []
    for each in sorted(found, key=lambda each: (each.start, each.end)):
        if joined and each.start <= joined[-1].end:
            joined[-1] = Found(joined[-1].start, max(joined[-1].end, each.end), each.code)
        else:
            joined.append(each)
    return joined

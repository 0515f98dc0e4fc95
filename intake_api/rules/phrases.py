"""Words and phrases found in a text, whatever their endings, capitals and accents. Knows no language itself.

How a phrase is written in a word list: `word` as it is, `stem*` with any ending, `one/other` either of them, `word?`
may be left out, `..` up to three words of any kind, `#age` and the like a number of that name. All is compared folded.

Time is linear in the text but for a factor that the lists bound: no pattern of the lists is a regular expression.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

GAP = ".."
GAP_WORDS = 3
KEY_LENGTH = 4  # how much of a word is looked up; a stem is at least as long

_WORD = re.compile(r"\d+|[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*")
_MARKS = re.compile("[\u0300-\u036f'’ʼ`]+")
_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ё": "е"})


class PhraseUnreadable(ValueError):
    """A phrase of a word list is not written as this module reads them; the message names it."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text, folded, and where it stands there."""

    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Part:
    """One place of a phrase: the words and stems that may stand there."""

    words: frozenset[str]
    stems: tuple[str, ...]
    optional: bool
    gap: bool = False
    keys: frozenset[str] = field(init=False)
    rarity: int = field(init=False)

    def __post_init__(self) -> None:
        beginnings = (*self.words, *self.stems)
        object.__setattr__(self, "keys", frozenset(each[:KEY_LENGTH] for each in beginnings))
        # Short words are everywhere; a number is said more rarely than "am".
        shortest = min(map(len, beginnings), default=0)
        object.__setattr__(self, "rarity", 3 if any(map(str.isdecimal, self.words)) else shortest)

    def takes(self, folded: str) -> bool:
        return folded in self.words or (bool(self.stems) and folded.startswith(self.stems))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase ready to be looked for. `open_ended` is one that was written with `...` at its end."""

    parts: tuple[_Part, ...]
    open_ended: bool
    needed: tuple[_Part, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Order the parts that must be there, the rarest first."""
        needed = [part for part in self.parts if not part.optional and not part.gap]
        object.__setattr__(self, "needed", tuple(sorted(needed, key=lambda part: -part.rarity)))

    def may_stand(self, keys: Set[str]) -> bool:
        """Say whether words with some beginnings could hold it."""
        return all(not part.keys.isdisjoint(keys) for part in self.needed)


class Phrases:
    """Many phrases, found by the rarest word of each: a text without any of these costs next to nothing."""

    __slots__ = ("_by_key", "_keys", "_phrases")

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = tuple(phrases)
        self._by_key: dict[str, list[Phrase]] = {}
        for phrase in self._phrases:
            for key in phrase.needed[0].keys:
                self._by_key.setdefault(key, []).append(phrase)
        self._keys = frozenset(self._by_key)

    @classmethod
    def joined(cls, lists: "Iterable[Phrases]") -> "Phrases":
        """Join several lists into one."""
        return cls(phrase for each in lists for phrase in each._phrases)

    def may_stand(self, folded: Collection[str]) -> bool:
        """Say whether a text of some folded words could hold one of them: quickly, and sometimes wrongly yes."""
        keys = {word[:KEY_LENGTH] for word in folded}
        candidates = keys & self._keys
        if not candidates:
            return False
        words = [word for word in folded if word[:KEY_LENGTH] in candidates]
        return any(
            phrase.needed[0].takes(word) and phrase.may_stand(keys)
            for word in words
            for phrase in self._by_key[word[:KEY_LENGTH]]
        )

    def find(self, text: "Words") -> list[tuple[int, int, Phrase]]:
        """Return where each phrase stands: the index of its first word, and that after its last."""
        candidates = {
            id(phrase): phrase
            for key in text.keys & self._keys
            for phrase in self._by_key[key]
            if phrase.may_stand(text.keys)
        }
        found: set[tuple[int, int]] = set()
        spans: list[tuple[int, int, Phrase]] = []
        for phrase in candidates.values():
            for at in text.starting(phrase.parts[0]):
                end = _end_of_match(phrase.parts, text.words, at)
                if end and (at, end) not in found:
                    found.add((at, end))
                    spans.append((at, end, phrase))
        return spans


class Words:
    """The words of one text, and where words of a beginning are."""

    __slots__ = ("_at", "keys", "words")

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self._at: dict[str, list[int]] = {}
        for at, word in enumerate(words):
            self._at.setdefault(word.folded[:KEY_LENGTH], []).append(at)
        self.keys = frozenset(self._at)

    def starting(self, part: _Part) -> list[int]:
        """Return where a part of a phrase could stand."""
        return [at for key in part.keys & self.keys for at in self._at[key] if part.takes(self.words[at].folded)]


def fold(text: str) -> str:
    """Return a text in small letters without accents and apostrophes; its length may change."""
    lowered = text.lower()
    if lowered.isascii() and "'" not in lowered and "`" not in lowered:
        return lowered
    return _MARKS.sub("", unicodedata.normalize("NFD", lowered.translate(_LETTERS)))


def folded_words(text: str) -> set[str]:
    """Return the folded words of a text without their places, for `Phrases.may_stand`."""
    return set(_WORD.findall(fold(text)))


def words_of(text: str) -> Words:
    """Return the words of a text with their places."""
    return Words([Word(fold(found[0]), found.start(), found.end()) for found in _WORD.finditer(text)])


def read_phrase(written: str, numbers: Mapping[str, frozenset[str]]) -> Phrase:
    """Read one phrase of a word list. `numbers` says which words `#name` stands for.

    :raises PhraseUnreadable: a stem is too short, a number is unknown, or no word is left that must be there.
    """
    pieces = written.split()
    open_ended = bool(pieces) and pieces[-1] == "..."
    parts = tuple(_part(piece, numbers, written) for piece in pieces[: len(pieces) - open_ended])
    if not parts or parts[0].optional or parts[0].gap or parts[-1].gap:
        raise PhraseUnreadable(f"“{written}” does not begin and end with words that must be there.")
    return Phrase(parts, open_ended)


def _part(piece: str, numbers: Mapping[str, frozenset[str]], written: str) -> _Part:
    if piece == GAP:
        return _Part(frozenset(), (), optional=True, gap=True)
    optional = piece.endswith("?")
    words: set[str] = set()
    stems: list[str] = []
    for each in piece.removesuffix("?").split("/"):
        if each in numbers:
            words |= numbers[each]
        elif each.endswith("*"):
            stems.append(fold(each[:-1]))
        else:
            words.add(fold(each))
    if any(len(stem) < KEY_LENGTH for stem in stems):
        raise PhraseUnreadable(f"“{written}” has a stem of fewer than {KEY_LENGTH} letters; write its words out.")
    if not all(word.isalnum() for word in (*words, *stems)):
        raise PhraseUnreadable(f"“{written}” has a word that is none, or a number that is not known.")
    return _Part(frozenset(words), tuple(stems), optional)


def _end_of_match(parts: Sequence[_Part], words: Sequence[Word], at: int) -> int:
    """Return the index after the last word of a match that begins at `at`, or 0: all ways are tried at once."""
    ways = {at}
    for part in parts:
        onward: set[int] = set()
        for place in ways:
            if part.gap:
                onward.update(range(place, min(place + GAP_WORDS, len(words)) + 1))
                continue
            if part.optional:
                onward.add(place)
            if place < len(words) and part.takes(words[place].folded):
                onward.add(place + 1)
        if not onward:
            return 0
        ways = onward
    return max(ways)

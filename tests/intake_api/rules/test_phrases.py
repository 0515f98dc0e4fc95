"""How phrases of a word list are written and found."""

import pytest

from intake_api.rules.phrases import Phrases, PhraseUnreadable, fold, folded_words, read_phrase, words_of

NUMBERS = {"#age": frozenset({"11", "12", "twelve"})}


def found(written: str, typed: str) -> list[str]:
    """Return what a phrase finds in a text, as it stands there."""
    phrases, text = Phrases([read_phrase(written, NUMBERS)]), words_of(typed)
    spans = phrases.find(text)
    assert phrases.may_stand(folded_words(typed)) or not spans
    return [typed[text.words[first].start : text.words[last - 1].end] for first, last, _ in spans]


class TestPhrases:
    @pytest.mark.parametrize(
        ("written", "typed", "standing"),
        [
            ("ciąża", "To CIĄŻA!", ["CIĄŻA"]),
            ("ciąża", "to ciaza", ["ciaza"]),
            ("cukrzyc*", "mam cukrzycę", ["cukrzycę"]),
            ("i/we pray", "We pray, I pray", ["We pray", "I pray"]),
            ("i really? pray", "i pray, i really pray", ["i pray", "i really pray"]),
            ("member of .. union", "member of the big union", ["member of the big union"]),
            ("member of .. union", "member of one two three four union", []),
            ("im #age", "I'm 12 or I’m twelve", ["I'm 12", "I’m twelve"]),
            ("im #age", "I'm 13", []),
            ("wozku", "na wózku", ["wózku"]),
            ("ребенок", "Ребёнок", ["Ребёнок"]),
        ],
    )
    def test_c11_a_phrase_is_found_whatever_its_endings_capitals_and_accents(
        self, written: str, typed: str, standing: list[str]
    ) -> None:
        assert sorted(found(written, typed)) == sorted(standing)

    @pytest.mark.parametrize("written", ["abc*", "..", "word ..", "maybe? word", "...", "#other", "a-b", ""])
    def test_a_phrase_that_cannot_be_read_is_refused(self, written: str) -> None:
        with pytest.raises(PhraseUnreadable):
            read_phrase(written, NUMBERS)

    def test_folding_keeps_no_accent_in_any_of_the_five_languages(self) -> None:
        assert fold("ĀČĒĢĪĶĻŅŠŪŽ ĄĆĘŁŃÓŚŹŻ ÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ Ёё I’m") == ("acegiklnsuz acelnoszz acdeeinorstuuyz ее im")

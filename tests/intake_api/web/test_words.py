"""The words of pages and widget: the same keys in every language."""

from pathlib import Path

import pytest
import yaml
from flask import Flask

from intake_api.web.words import FOLDER, REFERENCE, WordsDiffer, put_words, read_words


@pytest.fixture
def reference() -> dict[str, dict[str, object]]:
    words: dict[str, dict[str, object]] = yaml.safe_load((FOLDER / f"{REFERENCE}.yml").read_text("utf-8"))
    return words


def write(folder: Path, **files: object) -> Path:
    for locale, words in files.items():
        (folder / f"{locale}.yml").write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    return folder


class TestWords:
    def test_those_that_are_shipped_have_the_same_keys(self) -> None:
        assert REFERENCE in read_words(FOLDER)

    def test_a_word_that_is_missing_stops_the_door(
        self, tmp_path: Path, reference: dict[str, dict[str, object]]
    ) -> None:
        less = {**reference, "thanks": {key: text for key, text in reference["thanks"].items() if key != "title"}}
        with pytest.raises(WordsDiffer, match=r"lv\.yml: thanks\.title"):
            put_words(Flask("test"), write(tmp_path, en=reference, lv=less))

    def test_so_does_a_word_too_many(self, tmp_path: Path, reference: dict[str, dict[str, object]]) -> None:
        more = {**reference, "thanks": {**reference["thanks"], "extra": "x"}}
        with pytest.raises(WordsDiffer, match=r"thanks\.extra"):
            read_words(write(tmp_path, en=reference, lv=more))

    def test_every_word_is_a_text(self, reference: dict[str, dict[str, object]]) -> None:
        def leaves(words: object) -> list[object]:
            if isinstance(words, dict):
                return [leaf for inner in words.values() for leaf in leaves(inner)]
            if isinstance(words, list):
                return [leaf for inner in words for leaf in leaves(inner)]
            return [words]

        assert [leaf for leaf in leaves(reference) if not isinstance(leaf, str) or not leaf.strip()] == []

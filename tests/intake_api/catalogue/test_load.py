"""Loading is strict, and says file, key, what is wrong and what to write instead."""

from dataclasses import astuple

import pytest
import yaml

from tests.intake_api.catalogue.conftest import Copy
from tests.intake_api.catalogue.mistakes import DEMO, EN, MISTAKES


class TestMistakes:
    @pytest.mark.parametrize("mistake", MISTAKES)
    def test_is_told_with_file_key_and_cure(self, copy: Copy, mistake: str) -> None:
        """N-03, N-04, N-06, N-07, N-08, N-13, N-16, C-01, C-03, C-04, M-02, M-04, M-05: publishing fails."""
        (file, old, new), (where, key, wrong) = MISTAKES[mistake]
        copy.change(file, old, new)
        problems = copy.problems()
        told = [
            problem for problem in problems if problem.file == where and key in problem.key and wrong in problem.wrong
        ]
        assert told, [str(problem) for problem in problems]
        assert all(all(astuple(problem)) for problem in problems)

    def test_a_file_that_cannot_be_read_is_told(self, copy: Copy) -> None:
        form = copy.folder / "forms/trial.yml"
        form.unlink()
        form.mkdir()
        (problem,) = copy.problems()
        assert (problem.file, problem.wrong) == ("forms/trial.yml", "cannot be read: Is a directory.")

    def test_a_trigger_that_is_none_is_told_once(self, copy: Copy) -> None:
        copy.change("forms/trial.yml", "trigger: delay", "trigger: scroll")
        assert [problem.key for problem in copy.problems()] == ["popup.trigger"]

    def test_a_place_that_nothing_fills_is_told(self, copy: Copy) -> None:
        for locale in ("en", "lv", "ru", "pl", "cs"):
            path = copy.folder / f"locales/{locale}.yml"
            words = yaml.safe_load(path.read_text(encoding="utf-8"))
            words["forms"]["newsletter"]["benefit"] = "One {size} letter"
            path.write_text(yaml.safe_dump(words, allow_unicode=True, sort_keys=False), encoding="utf-8")
        told = [problem for problem in copy.problems() if problem.file == EN and "{size}" in problem.wrong]
        assert {problem.key for problem in told} == {"benefit"}

    def test_one_mistake_in_a_form_is_one_problem(self, copy: Copy) -> None:
        copy.change(DEMO, "any_of: [over_300]", "any_of: [a_lot]")
        assert len(copy.problems()) == 1

    def test_all_mistakes_are_told_at_once(self, copy: Copy) -> None:
        copy.change("recipients.yml", "country: DE", "country: US")
        copy.change("organisation.yml", "representative: none\n", "")
        copy.change("purposes.yml", "duration: P6M", "duration: P100Y")
        assert [problem.file for problem in copy.problems()] == ["organisation.yml", "purposes.yml", "recipients.yml"]

    @pytest.mark.parametrize(
        "file", ["organisation.yml", "recipients.yml", "purposes.yml", "fields.yml", "locales/lv.yml"]
    )
    @pytest.mark.parametrize("content", [b"", b"- a\n- b\n", b"just words", b"\xff\xfe\x00", b"1: 2\n", b"[" * 5000])
    def test_a_file_that_is_something_else_is_told(self, copy: Copy, file: str, content: bytes) -> None:
        (copy.folder / file).write_bytes(content)
        assert file in {problem.file for problem in copy.problems()}

    @pytest.mark.parametrize(
        "file", ["organisation.yml", "recipients.yml", "purposes.yml", "fields.yml", "locales/en.yml"]
    )
    def test_a_file_that_is_not_there_is_told(self, copy: Copy, file: str) -> None:
        (copy.folder / file).unlink()
        assert [problem.wrong for problem in copy.problems() if problem.file == file] == ["does not exist."]

    def test_a_folder_without_forms_is_told(self, copy: Copy) -> None:
        for form in (copy.folder / "forms").iterdir():
            form.unlink()
        assert "forms/" in {problem.file for problem in copy.problems()}

    def test_the_error_says_the_first_problem_and_how_many_more(self, copy: Copy) -> None:
        copy.change("recipients.yml", "country: DE", "country: US")
        (problem,) = copy.problems()
        assert str(problem).startswith("recipients.yml: crm.safeguard: is none")


class TestWords:
    def test_yes_and_no_are_words_not_values(self, copy: Copy) -> None:
        copy.change(
            "fields.yml",
            "choices: [owner, manager, front_desk, it, other]",
            "choices: [owner, manager, front_desk, it, no]",
        )
        for locale in ("en", "lv", "ru", "pl", "cs"):
            words = (copy.folder / f"locales/{locale}.yml").read_text(encoding="utf-8")
            other = next(line for line in words.splitlines() if line.startswith("      other: "))
            copy.change(f"locales/{locale}.yml", other, other.replace("other:", "no:"))
        assert copy.load().form("request_demo").rules["role"].choices[-1] == "no"


VAGUE_PHRASES = {
    "en": [
        "marketing purposes",
        "improving users' experience",
        "IT-security purposes",
        "future research",
        "our partners",
    ],
    "lv": ["mārketinga nolūkos", "lietotāju pieredzes uzlabošanai", "IT drošības nolūkos", "turpmākiem pētījumiem"],
    "ru": [
        "в маркетинговых целях",
        "для улучшения пользовательского опыта",
        "в целях ИТ-безопасности",
        "для будущих исследований",
    ],
    "pl": [
        "w celach marketingowych",
        "w celu poprawy jakości usług",
        "w celach bezpieczeństwa IT",
        "do przyszłych badań",
    ],
    "cs": [
        "pro marketingové účely",
        "ke zlepšení uživatelského zážitku",
        "pro účely IT bezpečnosti",
        "pro budoucí výzkum",
    ],
}


class TestVaguePurposes:
    @pytest.mark.parametrize("locale", VAGUE_PHRASES)
    def test_n04_each_phrase_is_refused_in_each_language(self, copy: Copy, locale: str) -> None:
        """The phrases the authorities quote as no purpose, and their like in the languages spoken here."""
        path = copy.folder / f"locales/{locale}.yml"
        words = yaml.safe_load(path.read_text(encoding="utf-8"))
        purposes = list(words["purposes"])
        for purpose, phrase in zip(purposes, VAGUE_PHRASES[locale], strict=False):
            words["purposes"][purpose]["text"] = f"Tidewick, Tidewick, Tidewick, Tidewick: {phrase}, Tidewick."
        path.write_text(yaml.safe_dump(words, allow_unicode=True, sort_keys=False), encoding="utf-8")
        told = [problem for problem in copy.problems() if "tells nobody what is done" in problem.wrong]
        assert {problem.key for problem in told} == {
            f"purposes.{purpose}.text" for purpose in purposes[: len(VAGUE_PHRASES[locale])]
        }


class TestCodes:
    def test_a_catalogue_without_the_file_has_none(self, copy: Copy) -> None:
        (copy.folder / "codes.yml").unlink()
        assert copy.load().codes == {}

    @pytest.mark.parametrize(
        ("line", "key", "wrong"),
        [
            ("autumn: {says: A card, until: 2026-12-31}", "autumn", "not a code"),
            ("A: {says: A card, until: 2026-12-31}", "A", "not a code"),
            ("AUTUMN: {says: A card}", "AUTUMN.until", "is missing"),
            ("AUTUMN: {says: A card, until: for ever}", "AUTUMN.until", "is not a day"),
            ("AUTUMN: {until: 2026-12-31}", "AUTUMN.says", "is missing"),
            ("AUTUMN: {says: A card, until: 2026-12-31, discount: 10}", "AUTUMN.discount", "not a key"),
        ],
    )
    def test_a_code_that_is_none_is_told(self, copy: Copy, line: str, key: str, wrong: str) -> None:
        (copy.folder / "codes.yml").write_text(f"{line}\n", encoding="utf-8")
        told = [(each.file, each.key) for each in copy.problems() if wrong in each.wrong]
        assert told == [("codes.yml", key)]

"""Which passwords are good enough (SEC-02)."""

import unicodedata

import pytest

from intake_api.rules.password import MAX_LENGTH, normal_password, password_problem

EMAIL = "ilze@tidewick.example"


class TestPasswordProblem:
    def test_sec25_what_is_far_too_long_is_never_normalised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lengths: list[int] = []
        real = unicodedata.normalize

        def noting(form: str, text: str) -> str:
            lengths.append(len(text))
            return real(form, text)

        monkeypatch.setattr(unicodedata, "normalize", noting)
        assert password_problem("a" + "\u0301\u0323" * 3000, email=EMAIL) == "too_long"
        assert max(lengths, default=0) <= 4 * MAX_LENGTH

    def test_the_longest_counts_in_one_normal_form(self) -> None:
        assert password_problem(unicodedata.normalize("NFD", "ế" * 64 + "ở" * 64), email=EMAIL) is None

    @pytest.mark.parametrize(
        "password",
        [
            "green lamps over water",
            "kaķis uz jumta sēž",
            "🦊🌧️🧦🍞🎲🛶🪴🧊🔑🎈🧵🪁",
            "            a tail of blanks",
            "x" * 5 + "yz" * 3 + "w!",
            "aVery-Long" * 12,
            "\x00zero and \t tabs",
        ],
    )
    def test_sec02_takes_any_characters_up_to_128(self, password: str) -> None:
        assert password_problem(password, email=EMAIL) is None

    @pytest.mark.parametrize(
        ("password", "problem"),
        [
            ("", "too_short"),
            ("elevenchars", "too_short"),
            ("k" + "äö" * 64, "too_long"),
            ("Password1234", "too_common"),
            ("correcthorsebatterystaple", "too_common"),
            ("aaaaaaaaaaaaaa", "too_common"),
            ("abcabcabcabcabc", "too_common"),
            ("qwertyuiopasdf", "too_common"),
            ("poiuytrewqmnb", "too_common"),
            ("123456789012", "too_common"),
            ("987654321098", "too_common"),
            ("ILZE@tidewick.example", "too_common"),
        ],
    )
    def test_sec02_refuses_what_is_short_or_guessed_first(self, password: str, problem: str) -> None:
        assert password_problem(password, email=EMAIL) == problem

    def test_two_keyboards_that_compose_a_letter_differently_give_the_same(self) -> None:
        assert normal_password("e\u0301t\u00e9") == normal_password("\u00e9te\u0301")

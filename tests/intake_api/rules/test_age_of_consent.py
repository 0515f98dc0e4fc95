"""From which age a yes counts, and what follows of what is said about it."""

import pytest

from intake_api.catalogue.terms import EEA
from intake_api.rules.age_of_consent import (
    AGE_MISSING,
    HIGHEST,
    SPOKEN_IN,
    THRESHOLDS,
    AgeShown,
    SaidAge,
    kept_of,
    threshold_of,
    why_not,
)
from intake_api.rules.young_writer import TOO_YOUNG

OVER, UNDER = SaidAge.AT_OR_OVER, SaidAge.UNDER


class TestThresholdOf:
    """K-01: Article 8(1)."""

    @pytest.mark.parametrize(
        ("country", "years"),
        [("LV", 13), ("EE", 13), ("LT", 14), ("CZ", 15), ("PL", 16), ("SK", 16), ("HR", 16), ("US", 16), ("", 16)],
    )
    def test_k01_a_country_that_is_named_has_its_own(self, country: str, years: int) -> None:
        assert threshold_of(country, "en") == years

    @pytest.mark.parametrize(
        ("locale", "years"), [("lv", 13), ("pl", 16), ("cs", 15), ("lt", 14), ("en", 16), ("ru", 16), ("xx", 16)]
    )
    def test_k01_else_the_language_tells_the_country_or_the_highest_holds(self, locale: str, years: int) -> None:
        assert threshold_of(None, locale) == years

    def test_k01_a_country_that_is_named_counts_more_than_the_language(self) -> None:
        assert threshold_of("PL", "lv") == 16
        assert threshold_of("LV", "pl") == 13

    def test_k01_every_threshold_is_one_the_regulation_allows_for(self) -> None:
        assert THRESHOLDS.keys() <= EEA
        assert set(SPOKEN_IN.values()) <= THRESHOLDS.keys()
        assert {13 <= years <= HIGHEST for years in THRESHOLDS.values()} == {True}


class TestWhyNot:
    """K-01, K-02."""

    @pytest.mark.parametrize("threshold", [13, None])
    @pytest.mark.parametrize("says_yes", [True, False])
    def test_k02_under_is_believed_whatever_else_was_said(self, threshold: int | None, *, says_yes: bool) -> None:
        assert why_not(threshold, UNDER, says_yes=says_yes) == TOO_YOUNG

    def test_k01_a_yes_needs_the_answer_and_a_no_does_not(self) -> None:
        assert why_not(16, None, says_yes=True) == AGE_MISSING
        assert why_not(16, None, says_yes=False) is None
        assert why_not(None, None, says_yes=True) is None
        assert why_not(16, OVER, says_yes=True) is None


class TestKeptOf:
    """K-04."""

    def test_k04_threshold_and_answer_are_kept_and_nothing_else(self) -> None:
        assert kept_of(15, OVER, says_yes=True) == AgeShown(15, OVER)
        assert AgeShown.__slots__ == ("threshold", "answer")

    def test_k04_nothing_is_kept_where_no_yes_needs_it(self) -> None:
        assert kept_of(15, OVER, says_yes=False) is None
        assert kept_of(15, None, says_yes=True) is None
        assert kept_of(None, OVER, says_yes=True) is None

"""M-09: of what brought somebody, a few short words from closed lists are taken; the rest is dropped."""

import pytest

from intake_api.rules.attribution import SOURCES, allowed


class TestAllowed:
    def test_m09_takes_the_names_it_knows_and_drops_click_ids(self) -> None:
        given = {"utm_source": "letter", "utm_campaign": "spring 26", "gclid": "x", "fbclid": "y", "utm_term": "z"}
        assert allowed(given) == {"utm_source": "letter", "utm_campaign": "spring 26"}

    @pytest.mark.parametrize("value", ["", "x" * 65, "<b>", "ā", "a@b.example", "a\nb", "https://x.example/"])
    def test_m09_drops_what_is_long_or_holds_more_than_plain_characters(self, value: str) -> None:
        assert allowed({"utm_source": value}) == {}

    @pytest.mark.parametrize("source", SOURCES)
    def test_a_source_is_one_of_the_list(self, source: str) -> None:
        assert allowed({"source": source}) == {"source": source}

    @pytest.mark.parametrize("source", ["", "Search", "somewhere", "search "])
    def test_a_source_that_is_not_on_the_list_is_dropped(self, source: str) -> None:
        assert allowed({"source": source}) == {}

    def test_words_of_ones_own_stand_beside_other_alone(self) -> None:
        assert allowed({"source": "other", "source_other": "a neighbour"}) == {
            "source": "other",
            "source_other": "a neighbour",
        }
        assert allowed({"source": "sms", "source_other": "a neighbour"}) == {"source": "sms"}
        assert allowed({"source_other": "a neighbour"}) == {}

    @pytest.mark.parametrize(("typed", "kept"), [("autumn-sms", "AUTUMN-SMS"), ("A1B2C3", "A1B2C3")])
    def test_a_code_is_kept_in_capitals(self, typed: str, kept: str) -> None:
        assert allowed({"code": typed}) == {"code": kept}

    @pytest.mark.parametrize("code", ["", "ab", "-abc", "a b c", "x" * 33, "ābc"])
    def test_a_code_that_is_none_is_dropped(self, code: str) -> None:
        assert allowed({"code": code}) == {}

"""SEC-16: no text in a cell becomes a formula, and none is lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intake_api.rules.spreadsheet import text_cell

SIGNS = "=+-@\0＝＋－＠"
BEFORE = " \t\r\n\v\f\u00a0\u2003\"'“”«»"
LINES = ["", "a\n", "a\r\n", "a\r", "a\u2028"]


class TestTextCell:
    @pytest.mark.parametrize("line", LINES)
    @given(st.text(BEFORE, max_size=6), st.sampled_from(SIGNS), st.text(max_size=20))
    def test_sec16_a_sign_that_begins_a_line_is_behind_an_apostrophe(
        self, line: str, before: str, sign: str, rest: str
    ) -> None:
        text = line + before + sign + rest
        assert text_cell(text) == "'" + text

    @given(st.text())
    @example("\t")
    @example("\r=1")
    @example("\n")
    def test_sec16_no_cell_begins_with_what_is_reckoned_with_and_nothing_is_lost(self, text: str) -> None:
        cell = text_cell(text)
        assert cell.removeprefix("'") == text.removeprefix("'")
        assert cell.strip(BEFORE)[:1] not in {*SIGNS} or cell.startswith("'")
        assert cell[:1] not in {*SIGNS, "\t", "\r", "\n"}

    @given(st.from_regex(r"\A[a-zA-Z0-9āžš.,:;!?()]([ a-zA-Z0-9=+@.,;!?()āžš-]|\n\n?[a-z]){0,40}\Z"))
    @example("C = A + B - 5")
    @example("first\n\nsecond")
    def test_ordinary_text_is_left_as_it_is(self, text: str) -> None:
        assert text_cell(text) == text

    @pytest.mark.parametrize(
        "text", ["=HYPERLINK(0)", "+371 20000000", "@SUM(1)", "-2+3", "＝1", ' "=1', "'=1", "a\n=1", "\t=1", "\0=1"]
    )
    def test_sec16_what_is_known_to_be_tried(self, text: str) -> None:
        assert text_cell(text) == f"'{text}"

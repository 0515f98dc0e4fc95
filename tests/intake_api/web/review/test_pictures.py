"""Pictures of numbers: to scale, in words as well, and with nothing in them that our policy forbids."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from intake_api.web.review.pictures import GRID, HEIGHT, MOST_WORDS, Bar, columns, grid_step, grid_top, named, rows

WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30)
BARS = st.lists(st.builds(Bar, WORDS, st.integers(0, 10**7), st.none() | st.integers(0, 10**7)), max_size=40)


class TestColumns:
    def test_are_as_high_as_their_numbers(self) -> None:
        root = drawn(columns("days", "Leads by day", "two days", [Bar("1 Nov", 10, 5), Bar("2 Nov", 20, 0)]))
        heights = [float(bar.attrib["height"]) for bar in root.iter("rect")]
        assert heights == [HEIGHT / 2, HEIGHT]
        marks = [float(line.attrib["y1"]) for line in root.iter("line") if line.attrib["class"] == "then"]
        assert marks == [HEIGHT * 3 / 4, HEIGHT]

    @given(BARS)
    def test_stay_inside_the_picture(self, bars: list[Bar]) -> None:
        for bar in drawn(columns("days", "Leads by day", "days", bars)).iter("rect"):
            x, width = (float(bar.attrib[name].rstrip("%")) for name in ("x", "width"))
            y, height = (float(bar.attrib[name]) for name in ("y", "height"))
            assert -0.1 <= x <= x + width <= 100.1
            assert -0.1 <= y <= y + height <= HEIGHT + 0.1

    def test_a_year_of_days_names_few_of_them(self) -> None:
        assert [len(named(count)) <= MOST_WORDS and named(count)[0] == 0 for count in range(1, 367)] == [True] * 366


class TestRows:
    def test_are_as_long_as_their_numbers(self) -> None:
        root = drawn(rows("forms", "Leads by form", "two", [Bar("Demo", 40, 10), Bar("Quote", 10, 0)]))
        long = [bar.attrib["width"] for bar in root.iter("rect") if bar.attrib["class"] == "now"]
        assert long == ["100.000%", "25.000%"]
        then = [bar.attrib["width"] for bar in root.iter("rect") if bar.attrib["class"] == "then"]
        assert then == ["25.000%", "0.000%"]


class TestPictures:
    @given(WORDS, WORDS, BARS)
    def test_sec14_sec15_say_any_word_as_text_and_carry_no_style_and_no_script(
        self, title: str, summary: str, bars: list[Bar]
    ) -> None:
        for picture in (columns("x", title, summary, bars), rows("x", title, summary, bars)):
            root = drawn(picture)
            allowed = {"svg", "title", "desc", "rect", "line", "text"}
            assert {element.tag for element in root.iter()} <= allowed
            assert not [name for element in root.iter() for name in element.attrib if re.match("on|style|href", name)]
            assert [root.findtext("title"), root.findtext("desc")] == [title, summary]

    def test_are_named_and_described_for_those_who_do_not_see_them(self) -> None:
        root = drawn(rows("forms", "Leads by form", "Demo: 40", [Bar("Demo", 40)]))
        ids = {element.attrib["id"]: element.text for element in root if "id" in element.attrib}
        assert [ids[name] for name in root.attrib["aria-labelledby"].split()] == ["Leads by form", "Demo: 40"]
        assert root.attrib["role"] == "img"

    @given(st.integers(0, 10**12))
    def test_end_at_a_round_number_that_holds_all(self, most: int) -> None:
        step, top = grid_step(most), grid_top(most)
        assert top >= max(1, most)
        assert top % step == 0
        assert top // step <= GRID
        assert step.bit_length() == 1 or str(step).rstrip("0") in {"1", "2", "5"}


def drawn(picture: str) -> ElementTree.Element:
    """Read a picture as strictly as XML is read."""
    return ElementTree.fromstring(picture)  # noqa: S314 - our own picture

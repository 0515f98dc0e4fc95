"""References that survive the telephone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.rules.reference import ALPHABET, BITS, spelled_reference, written_reference

NUMBERS = st.integers(min_value=0, max_value=2**BITS - 1)


@given(NUMBERS)
def test_what_is_written_is_spelled_the_same(number: int) -> None:
    reference = written_reference(number)
    assert spelled_reference(reference) == reference


@given(NUMBERS, NUMBERS)
def test_two_numbers_have_two_references(one: int, other: int) -> None:
    assert (written_reference(one) == written_reference(other)) == (one == other)


@given(NUMBERS)
def test_case_dashes_spaces_and_letters_that_look_alike_do_not_matter(number: int) -> None:
    reference = written_reference(number)
    heard = reference.replace("-", " ").lower().replace("0", "o").replace("1", "l")
    assert spelled_reference(heard) == reference


@pytest.mark.parametrize(
    "text", ["", "VB", "VB-0000-000", "VB-0000-00000", "XB-0000-0000", "VB-0000-000U", "VB-0000-000İ"]
)
def test_anything_else_is_none(text: str) -> None:
    assert spelled_reference(text) is None


def test_no_letter_is_taken_for_another() -> None:
    assert len(set(ALPHABET)) == 32
    assert set("ILOU").isdisjoint(ALPHABET)

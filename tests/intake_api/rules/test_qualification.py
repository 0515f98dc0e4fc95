"""The score is a sum of visible lines (N-13, M-03)."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from intake_api.rules.qualification import QualificationLine, score

LINES = (
    QualificationLine("team_large", "headcount", 30, "Twenty people or more", at_least=20),
    QualificationLine("team_middle", "headcount", 20, "Five to nineteen people", at_least=5),
    QualificationLine("decides", "role", 25, "Owner or manager", any_of=("owner", "manager")),
)


@dataclass(frozen=True)
class ScoredForm:
    """The smallest thing the rule takes for a form."""

    qualification_version: int = 3
    qualification: tuple[QualificationLine, ...] = LINES


class TestScore:
    def test_the_lines_add_up_to_the_points(self) -> None:
        scored = score(ScoredForm(), {"headcount": 7, "role": "owner"})
        assert scored.points == 45
        assert [(line.id, line.points, line.of) for line in scored.lines] == [
            ("team_large", 0, 30),
            ("team_middle", 20, 20),
            ("decides", 25, 25),
        ]
        assert scored.version == 3

    def test_of_lines_over_one_field_the_first_that_holds_counts(self) -> None:
        assert score(ScoredForm(), {"headcount": 50}).points == 30

    def test_m_03_what_was_not_given_costs_nothing(self) -> None:
        assert score(ScoredForm(), {}).points == 0
        assert score(ScoredForm(), {"role": "other"}).points == 0

    def test_every_line_says_in_words_what_it_is_for(self) -> None:
        assert [line.says for line in score(ScoredForm(), {}).lines] == [line.says for line in LINES]

    @settings(deadline=None)
    @given(st.dictionaries(st.sampled_from(["headcount", "role", "x"]), st.integers() | st.text()))
    def test_the_sum_is_always_that_of_its_lines(self, values: dict[str, int | str]) -> None:
        scored = score(ScoredForm(), values)
        assert scored.points == sum(line.points for line in scored.lines)
        assert 0 <= scored.points <= 55

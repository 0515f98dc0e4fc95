"""All languages of the review door say everything, and what is forgotten is found."""

import pytest

from tools.unsaid import unsaid_in
from tools.words import amiss


class TestParity:
    def test_every_language_says_everything_that_the_pages_say(self) -> None:
        assert [f"{one.where}: {one.what}" for one in amiss()] == []


class TestForgotten:
    @pytest.mark.parametrize(
        "forgotten",
        [
            "<p>Sign out</p>",
            "<p>{% if a %}Sign out{% endif %}</p>",
            '<button aria-label="Sign out">×</button>',
            '<p>{{ "Sign out" if a else b }}</p>',
            '<p>{{ a or "somebody who left" }}</p>',
            "<p>{{ _(a) }}</p>",
            '{{ press("end", "End all sessions") }}',
        ],
    )
    def test_what_is_left_in_plain_english_is_found(self, forgotten: str) -> None:
        assert list(unsaid_in(forgotten))

    @pytest.mark.parametrize(
        "said",
        [
            '<p>{{ _("Sign out") }}</p>',
            "<p>{% trans %}Sign out{% endtrans %}</p>",
            '<p title="{{ _("Sign out") }}">{{ a }} · 3</p>',
            '<p class="wide">{{ _("A") if a == "new" else b }}</p>',
            "<p><code>intake_api rights</code> <kbd>Enter</kbd> CSV</p>",
        ],
    )
    def test_what_is_said_and_what_is_alike_everywhere_is_not(self, said: str) -> None:
        assert list(unsaid_in(said)) == []

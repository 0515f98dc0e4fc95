"""The small calculation: only its own solution counts, and only for the presentation it was asked with."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge

from intake_api.flows.ask_for_proof import ask_for_proof, is_proven
from intake_api.store.presentations import Presentation, new_presentation, read_presentation, sign_presentation
from tests.intake_api.web.solving import solve

KEY = bytes(range(32))
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def shown() -> Presentation:
    return new_presentation("request_demo", "en", "page", "a" * 64, asks_proof=True, now=NOW)


def altered(solution: str, **parameters: Any) -> str:
    """Return a solution whose question was changed by somebody else."""
    payload = json.loads(base64.b64decode(solution))
    payload["challenge"]["parameters"] |= parameters
    return base64.b64encode(json.dumps(payload).encode()).decode()


class TestProofs:
    """SEC-38: served and checked by ourselves."""

    def test_sec38_what_was_found_counts(self, shown: Presentation) -> None:
        assert is_proven(KEY, shown, solve(ask_for_proof(KEY, shown)))

    def test_sec38_it_takes_work(self, shown: Presentation) -> None:
        tries = [solve_challenge(Challenge.from_dict(ask_for_proof(KEY, shown))) for _ in range(8)]
        assert sum(one.counter for one in tries if one) > 8 * 20

    def test_sec38_of_another_presentation_it_is_none(self, shown: Presentation) -> None:
        other = new_presentation("request_demo", "en", "page", "a" * 64, asks_proof=True, now=NOW)
        assert not is_proven(KEY, shown, solve(ask_for_proof(KEY, other)))

    def test_sec38_asked_by_somebody_else_it_is_none(self, shown: Presentation) -> None:
        assert not is_proven(KEY, shown, solve(ask_for_proof(b"k" * 32, shown)))

    def test_sec38_made_easier_it_is_none(self, shown: Presentation) -> None:
        solution = solve(ask_for_proof(KEY, shown))
        for easier in ({"keyPrefix": ""}, {"cost": 1}, {"data": {}}, {"data": None}, {"algorithm": "SHA-256"}):
            assert not is_proven(KEY, shown, altered(solution, **easier))

    def test_sec38_a_guess_is_none(self, shown: Presentation) -> None:
        challenge = Challenge.from_dict(ask_for_proof(KEY, shown))
        found = solve_challenge(challenge)
        assert found
        found.counter += 1
        assert not is_proven(KEY, shown, Payload(challenge, found).to_base64())

    @pytest.mark.parametrize(
        "nonsense",
        [
            "",
            "x",
            "====",
            "bnVsbA==",
            "W10=",
            "e30=",
            "eyJjaGFsbGVuZ2UiOltdLCJzb2x1dGlvbiI6W119",
            "W1tbW1tb" * 200,
            "🙂",
        ],
    )
    def test_sec26_nonsense_is_none(self, shown: Presentation, nonsense: str) -> None:
        assert not is_proven(KEY, shown, nonsense)

    def test_sec26_any_type_in_any_place_is_none(self, shown: Presentation) -> None:
        whole = json.loads(base64.b64decode(solve(ask_for_proof(KEY, shown))))
        for part in ("challenge", "solution"):
            for name in whole[part]:
                for wrong in (None, 1, -1, 10**30, 1.5, "x", [], {}, True):
                    payload = {**whole, part: {**whole[part], name: wrong}}
                    if payload == whole or (part, name) == ("solution", "time"):
                        continue
                    assert not is_proven(KEY, shown, base64.b64encode(json.dumps(payload).encode()).decode())


class TestTheSignedId:
    """Whoever was asked cannot say they were not."""

    def test_it_says_whether_it_was_asked(self, shown: Presentation) -> None:
        not_asked = replace(shown, asks_proof=False)
        for one in (shown, not_asked):
            assert read_presentation(KEY, sign_presentation(KEY, one), form="request_demo") == one
        assert sign_presentation(KEY, shown) != sign_presentation(KEY, not_asked)

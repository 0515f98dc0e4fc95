"""What is held, and what no number of people is held for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from intake_api.rules.suspicion import (
    CONTACT_MOST,
    NETWORK_BUSY,
    NETWORK_FLOOD,
    PROOF_FROM_FORM,
    PROOF_FROM_NETWORK,
    PROOF_FROM_SUSPECTED_FORM,
    PROOF_FROM_SUSPECTED_NETWORK,
    SAYS,
    Facts,
    Lately,
    Proof,
    Reason,
    find_reasons,
    is_flood,
    needs_proof,
)

A_PERSON = Facts(timedelta(seconds=40), trap_is_filled=False, of_contact=1, of_network=5, proof=Proof.NOT_ASKED)


class TestReasons:
    """SEC-38: suspicion holds, it never refuses."""

    def test_a_person_is_not_held(self) -> None:
        assert find_reasons(A_PERSON) == ()

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({"answered_after": timedelta(seconds=1.99)}, Reason.TOO_QUICK),
            ({"trap_is_filled": True}, Reason.HIDDEN_FIELD),
            ({"of_contact": CONTACT_MOST}, Reason.CONTACT_AGAIN),
            ({"of_network": NETWORK_BUSY}, Reason.NETWORK_BUSY),
            ({"proof": Proof.MISSING}, Reason.NO_PROOF),
        ],
    )
    def test_sec38_each_has_its_reason(self, changed: dict[str, object], reason: Reason) -> None:
        assert find_reasons(replace(A_PERSON, **changed)) == (reason,)  # type: ignore[arg-type]

    def test_sec38_two_seconds_are_enough(self) -> None:
        assert find_reasons(replace(A_PERSON, answered_after=timedelta(seconds=2))) == ()

    def test_sec38_the_time_of_a_chat_says_nothing(self) -> None:
        assert find_reasons(replace(A_PERSON, answered_after=None)) == ()

    def test_sec37_who_did_the_calculation_is_not_held_for_the_others_of_the_network(self) -> None:
        assert find_reasons(replace(A_PERSON, of_network=NETWORK_FLOOD - 1, proof=Proof.GIVEN)) == ()

    def test_several_are_all_named(self) -> None:
        found = find_reasons(replace(A_PERSON, answered_after=timedelta(0), trap_is_filled=True))
        assert found == (Reason.TOO_QUICK, Reason.HIDDEN_FIELD)

    def test_each_is_explained_to_reviewers_in_plain_sentences(self) -> None:
        assert set(SAYS) == set(Reason)
        assert all(sentence.endswith(".") and len(sentence) > 40 for sentence in SAYS.values())


class TestProof:
    """Asked for only when suspicion is up."""

    def test_nobody_is_asked_on_a_quiet_day(self) -> None:
        assert not needs_proof(Lately())
        assert not needs_proof(Lately(PROOF_FROM_NETWORK - 1, PROOF_FROM_FORM - 1, 2, PROOF_FROM_SUSPECTED_FORM - 1))

    @pytest.mark.parametrize(
        "lately",
        [
            Lately(of_network=PROOF_FROM_NETWORK),
            Lately(of_form=PROOF_FROM_FORM),
            Lately(suspected_of_network=PROOF_FROM_SUSPECTED_NETWORK),
            Lately(suspected_of_form=PROOF_FROM_SUSPECTED_FORM),
        ],
    )
    def test_sec38_each_kind_of_crowd_raises_it(self, lately: Lately) -> None:
        assert needs_proof(lately)


class TestFloods:
    """SEC-37: refused is only what no number of people explains."""

    def test_sec37_the_calculation_is_asked_for_long_before_anybody_is_refused(self) -> None:
        assert PROOF_FROM_NETWORK < NETWORK_BUSY <= NETWORK_FLOOD / 10
        assert not is_flood(NETWORK_FLOOD - 1)
        assert is_flood(NETWORK_FLOOD)

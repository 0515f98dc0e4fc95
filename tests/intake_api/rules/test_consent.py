"""What counts as a yes."""

import pytest

from intake_api.rules.consent import AskedPurpose, DecisionInvalid, DecisionState, NothingAgreed, decide, permits

REQUEST = AskedPurpose("respond_to_request", opt_in=False, double_opt_in=False)
OFFERS = AskedPurpose("product_offers", opt_in=True, double_opt_in=False)
NEWS = AskedPurpose("newsletter", opt_in=True, double_opt_in=True)


class TestDeciding:
    """From what was sent to a state for each purpose."""

    def test_c01_what_was_not_answered_is_not_given(self) -> None:
        states = decide([REQUEST, OFFERS, NEWS], {})
        assert states == {
            "respond_to_request": DecisionState.ACTED,
            "product_offers": DecisionState.REFUSED,
            "newsletter": DecisionState.REFUSED,
        }

    def test_a_yes_counts_for_its_own_purpose_only(self) -> None:
        states = decide([REQUEST, OFFERS, NEWS], {"product_offers": True})
        assert states["product_offers"] is DecisionState.GIVEN
        assert states["newsletter"] is DecisionState.REFUSED

    def test_c12_a_first_yes_to_a_double_opt_in_is_only_requested_and_permits_nothing(self) -> None:
        state = decide([NEWS], {"newsletter": True})["newsletter"]
        assert state is DecisionState.REQUESTED
        assert not permits(state)

    @pytest.mark.parametrize("answer", ["true", "on", "yes", 1, 0, 1.0, None, [], ["yes"], {}, {"x": True}])
    def test_c02_anything_but_true_or_false_is_refused(self, answer: object) -> None:
        with pytest.raises(DecisionInvalid) as refused:
            decide([REQUEST, OFFERS], {"product_offers": answer})
        assert refused.value.problems == {"product_offers": "not_true_or_false"}

    def test_a_purpose_the_notice_does_not_name_is_refused(self) -> None:
        with pytest.raises(DecisionInvalid) as refused:
            decide([REQUEST], {"profiling": True})
        assert refused.value.problems == {"profiling": "purpose_unknown"}

    def test_an_act_of_sending_cannot_be_sent_with_a_no(self) -> None:
        with pytest.raises(DecisionInvalid) as refused:
            decide([REQUEST], {"respond_to_request": False})
        assert refused.value.problems == {"respond_to_request": "purpose_is_an_act"}

    def test_a_form_that_lives_on_consent_keeps_nothing_without_it(self) -> None:
        with pytest.raises(NothingAgreed):
            decide([NEWS], {"newsletter": False})

    @pytest.mark.parametrize("state", list(DecisionState))
    def test_r03_only_given_and_acted_permit(self, state: DecisionState) -> None:
        assert permits(state) is (state in {DecisionState.GIVEN, DecisionState.ACTED})

"""What a person does once two of their leads are merged: it holds for both, and no undoing brings a yes back (T-10)."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.check_permission import Question, check_permission
from intake_api.flows.erase_by_link import erase_by_link
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.forget_erased import forget_erased
from intake_api.flows.object_by_link import object_by_link
from intake_api.flows.restrict_by_link import restrict_by_link
from intake_api.flows.unmerge_leads import MoveRefused, return_stranded
from intake_api.flows.withdraw_by_link import withdraw_by_link
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.flows.withdraw_for_person import withdraw_for_person
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.taking_back import BECOMES, TAKEN_BACK
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.store.lead_merges import list_merged
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import state_of
from tests.intake_api.flows.merging import ILZE, Pair, confirm
from tests.intake_api.flows.rights import Office
from tests.intake_api.kept_leads import FIELDS, approve, deliveries_now, entries, kinds, receipt_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
NEWSLETTER = "newsletter"


@pytest.fixture
def pair(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Pair:
    """Two leads that both say yes to the newsletter, the first of them confirmed twice over."""
    both = Pair(store, queue, catalogue, clock)
    confirm(store, both.later, clock)
    return both


def takes_back(pair: Pair, how: str, office: Office) -> None:
    """Let the person take the newsletter back."""
    now = pair.clock.advance(hours=1)
    lead = pair.confirmed if how == "receipt of the one that stays" else pair.later
    if how.startswith("receipt"):
        withdraw_by_receipt(pair.store, receipt_of(lead), [NEWSLETTER], now=now)
    elif how == "link":
        withdraw_by_link(pair.store, office.sent("withdraw"), [NEWSLETTER], words="Stop", now=now)
    elif how == "objection":
        object_by_link(pair.store, office.sent("objection"), words="Object", now=now)
    else:
        withdraw_for_person(pair.store, lead.reference, NEWSLETTER, words="Stop", staff_id=ILZE, now=now)


def is_permitted(pair: Pair, purpose: str = NEWSLETTER) -> bool:
    question = Question("email", str(FIELDS["email"]), purpose, "email")
    return check_permission(pair.store, pair.catalogue, question, now=pair.clock()).permission.allowed


class TestTakingBack:
    @pytest.mark.parametrize(
        "how", ["receipt of the one that stays", "receipt of the other", "link", "objection", "telephone"]
    )
    def test_t10_it_holds_for_both_and_undoing_brings_no_yes_back(self, pair: Pair, office: Office, how: str) -> None:
        assert is_permitted(pair)
        pair.merge(pair.confirmed, pair.later)
        assert is_permitted(pair)
        takes_back(pair, how, office)
        for undone in (False, True):
            if undone:
                pair.undo(pair.confirmed, pair.later)
            assert {state_of(pair.store, lead) for lead in (pair.confirmed, pair.later)} <= TAKEN_BACK
            assert not is_permitted(pair)

    def test_t10_a_receipt_of_an_address_nobody_confirmed_counts_for_what_it_is_merged_with(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        pair = Pair(store, queue, catalogue, clock)
        alone = pair.keep({NEWSLETTER: True})
        withdraw_by_receipt(store, receipt_of(alone), [NEWSLETTER], now=clock.advance(hours=1))
        assert state_of(store, pair.confirmed) in BECOMES
        pair.merge(pair.confirmed, pair.later)
        withdraw_by_receipt(store, receipt_of(pair.later), [NEWSLETTER], now=clock.advance(hours=1))
        assert state_of(store, pair.confirmed) in TAKEN_BACK
        (entry,) = entries(store, pair.confirmed, "consent.withdrawn")
        assert entry["by"] == pair.later.id

    def test_w09_all_that_is_taken_back_on_the_telephone_is_what_either_of_them_says_yes_to(
        self, store: Store, pair: Pair
    ) -> None:
        pair.merge(pair.confirmed, pair.later)
        taken = withdraw_for_person(
            store, pair.confirmed.reference, None, words="All", staff_id=ILZE, now=pair.clock.advance(hours=1)
        )
        assert sorted(taken) == ["newsletter", "product_offers"]  # the offers are in the later one alone
        assert state_of(store, pair.later, "product_offers") in TAKEN_BACK

    def test_w02_what_waited_to_be_sent_of_the_other_does_not_leave(
        self, store: Store, queue: Queue, pair: Pair
    ) -> None:
        approve(store, queue, pair.now(pair.confirmed), now=pair.clock())
        pair.merge(pair.confirmed, pair.later)
        for purpose in ("respond_to_request", NEWSLETTER):
            withdraw_by_receipt(store, receipt_of(pair.later), [purpose], now=pair.clock.advance(minutes=5))
        assert [one.state for one in deliveries_now(store, pair.confirmed)] == [DeliveryState.BLOCKED]
        pair.undo(pair.confirmed, pair.later)
        assert state_of(store, pair.confirmed, "respond_to_request") in TAKEN_BACK

    def test_w07_who_took_all_back_comes_back_as_nobodys_work(self, store: Store, pair: Pair, office: Office) -> None:
        pair.merge(pair.confirmed, pair.later)
        for purpose in ("respond_to_request", "newsletter", "product_offers"):
            withdraw_by_receipt(store, receipt_of(pair.later), [purpose], now=pair.clock.advance(minutes=5))
        end = pair.now(pair.later).delete_after
        assert end <= pair.clock() + timedelta(hours=24)
        assert pair.now(pair.confirmed).state is LeadState.WITHDRAWN
        pair.undo(pair.confirmed, pair.later)
        assert (pair.now(pair.later).state, pair.now(pair.later).delete_after) == (LeadState.WITHDRAWN, end)

    def test_s10_a_restriction_holds_for_both(self, store: Store, pair: Pair, office: Office) -> None:
        pair.merge(pair.confirmed, pair.later)
        restrict_by_link(store, office.sent("restriction"), lift=False, now=pair.clock())
        assert pair.now(pair.confirmed).is_restricted
        assert pair.now(pair.later).is_restricted
        assert not is_permitted(pair)


class TestPermission:
    def test_t10_a_no_in_one_of_them_counts_until_it_is_undone(self, pair: Pair) -> None:
        assert is_permitted(pair, "product_offers")  # said in the later one; the other one was silent
        pair.merge(pair.confirmed, pair.later)
        assert not is_permitted(pair, "product_offers")
        pair.undo(pair.confirmed, pair.later)
        assert is_permitted(pair, "product_offers")

    def test_a_new_yes_in_a_lead_of_its_own_counts(self, store: Store, pair: Pair) -> None:
        pair.merge(pair.confirmed, pair.later)
        withdraw_by_receipt(store, receipt_of(pair.later), [NEWSLETTER], now=pair.clock.advance(hours=1))
        pair.clock.advance(days=1)
        anew = pair.keep({NEWSLETTER: True})
        assert not is_permitted(pair)
        pair.clock.advance(minutes=1)
        confirm(store, anew, pair.clock)
        assert is_permitted(pair)


class TestErasure:
    def gone(self, pair: Pair) -> list[Lead]:
        leads = (pair.confirmed, pair.later)
        return [lead for lead in leads if pair.now(lead).state is LeadState.ERASED]

    @pytest.mark.parametrize("which", ["confirmed", "later", "link"])
    def test_s08_by_the_address_or_a_confirmed_receipt_both_are_erased(
        self, store: Store, queue: Queue, pair: Pair, office: Office, which: str
    ) -> None:
        pair.merge(pair.confirmed, pair.later)
        if which == "link":
            erase_by_link(store, office.sent("erasure"), now=pair.clock())
        else:
            erase_by_receipt(store, receipt_of(getattr(pair, which)), now=pair.clock())
        assert self.gone(pair) == [pair.confirmed, pair.later]
        assert return_stranded(store, queue, now=pair.clock()) == 0

    def test_s08_by_a_receipt_that_anybody_can_have_only_its_own_is_and_nothing_is_left_to_undo(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        pair = Pair(store, queue, catalogue, clock)
        pair.merge(pair.confirmed, pair.later)
        erase_by_receipt(store, receipt_of(pair.later), now=clock())
        assert self.gone(pair) == [pair.later]
        with pytest.raises(MoveRefused):
            pair.undo(pair.confirmed, pair.later)
        assert not is_permitted(pair, "product_offers")  # its no still counts

    def test_is_the_one_that_stays_erased_the_other_comes_back_as_it_stood(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        pair = Pair(store, queue, catalogue, clock)
        before = pair.now(pair.confirmed)
        pair.merge(pair.later, pair.confirmed)
        erase_by_receipt(store, receipt_of(pair.later), now=clock())
        assert self.gone(pair) == [pair.later]
        assert return_stranded(store, queue, now=clock()) == 1
        back = pair.now(pair.confirmed)
        assert (back.state, back.delete_after) == (before.state, before.delete_after)
        (entry,) = entries(store, pair.confirmed, "lead.unmerged")
        assert (entry["actor"], entry["why"]) == ("system", "erased")
        assert return_stranded(store, queue, now=clock()) == 0

    def test_t10_both_are_erased_on_the_earlier_day_and_forgotten_with_the_merge(
        self, store: Store, queue: Queue, pair: Pair
    ) -> None:
        pair.merge(pair.confirmed, pair.later)
        end = pair.now(pair.confirmed).delete_after
        erase_expired(store, now=end)
        assert self.gone(pair) == [pair.confirmed, pair.later]
        assert return_stranded(store, queue, now=end) == 0
        assert forget_erased(store, now=end + timedelta(days=3 * 366)) == 2
        with store.reading() as tx:
            assert tx.scalar(text("SELECT count(*) FROM lead_merges")) == 0

    def test_the_merge_is_kept_with_what_it_decided(self, store: Store, pair: Pair) -> None:
        pair.merge(pair.confirmed, pair.later)
        with store.reading() as tx:
            (merge,) = list_merged(tx, pair.confirmed.id)
        assert (merge.lead_id, merge.merged_by, merge.state) == (pair.later.id, ILZE, LeadState.NEW)
        assert kinds(store, pair.later, "lead.merged") == ["lead.merged"]

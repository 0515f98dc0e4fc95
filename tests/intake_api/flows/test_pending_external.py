"""A rights case stands open until everybody who has the data was told (G-03, S-16), and the person sees who was."""

import json

from intake_api.flows.correct_by_link import correct_by_link
from intake_api.flows.erase_by_link import erase_by_link
from intake_api.flows.read_by_link import read_by_link
from intake_api.flows.restrict_by_link import restrict_by_link
from intake_api.flows.settle_parked import close_parked, do_by_hand
from intake_api.flows.show_told import Told, told_by_case
from intake_api.flows.withdraw_by_link import withdraw_by_link
from intake_api.rules.by_hand import ClosedFor
from intake_api.rules.rights import CaseStatus, RightsKind
from intake_api.store import evidence
from intake_api.store.case_deliveries import StandingCase, list_standing
from intake_api.store.leads import Lead
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.flows.deliveries import House
from tests.intake_api.flows.rights import Office
from tests.intake_api.flows.telling import delivered, go_round, no, told, until_settled
from tests.intake_api.kept_leads import FIELDS

YES = {"product_offers": True, "newsletter": True}
PENDING, COMPLETE = CaseStatus.PENDING_EXTERNAL, CaseStatus.COMPLETE


def standing(house: House, token: str) -> StandingCase:
    """Return the case of a token as it stands."""
    case_id = token.partition("-")[0]
    with house.store.reading() as tx:
        return next(one for one in list_standing(tx) if one.case.id == case_id)


def statuses(house: House) -> list[str]:
    """Return what the evidence says of the statuses of cases, oldest first."""
    with house.store.reading() as tx:
        entries = [*evidence.entries_of_kind(tx, "rights.done"), *evidence.entries_of_kind(tx, "rights.told")]
    return [json.loads(one.body)["status"] for one in entries]


def parked(house: House, office: Office, receiver: Receiver) -> tuple[Lead, str]:
    """Return a lead that was erased, and the token, when its destination can never be told."""
    lead = delivered(house)
    token = office.sent("erasure")
    receiver.behaviour = answer(422)
    erase_by_link(house.store, token, now=house.clock())
    until_settled(house, lead)
    return lead, token


class TestErasing:
    def test_g03_it_is_open_until_the_last_one_was_told(self, house: House, office: Office, receiver: Receiver) -> None:
        lead = delivered(house)
        token = office.sent("erasure")
        receiver.behaviour = answer(503)
        erase_by_link(house.store, token, now=house.clock())
        go_round(house, lead)
        assert (standing(house, token).status, standing(house, token).is_waiting) == (PENDING, True)
        (waits,) = told_by_case(house.store, standing(house, token).case.id)
        assert (waits.name, waits.operation, waits.told, waits.at) == (
            "Brightledger Example GmbH",
            "erase",
            Told.WAITS,
            None,
        )
        receiver.behaviour = answer(204)
        until_settled(house, lead)
        assert (standing(house, token).status, standing(house, token).is_waiting) == (COMPLETE, False)
        (there,) = told_by_case(house.store, standing(house, token).case.id)
        assert (there.told, there.at) == (Told.TOLD, house.clock())
        assert statuses(house) == ["pending_external", "complete"]

    def test_who_has_nothing_keeps_nothing_open(self, house: House, office: Office) -> None:
        house.approved()
        token = office.sent("erasure")
        erase_by_link(house.store, token, now=house.clock())
        assert standing(house, token).status is COMPLETE
        assert statuses(house) == ["complete"]

    def test_g03_its_time_runs_on_and_it_is_overdue(self, house: House, office: Office, receiver: Receiver) -> None:
        _, token = parked(house, office, receiver)
        house.clock.advance(days=40)
        assert standing(house, token).is_waiting
        assert standing(house, token).case.due_at < house.clock()

    def test_g03_an_officer_closes_it_with_a_reason(self, house: House, office: Office, receiver: Receiver) -> None:
        lead, token = parked(house, office, receiver)
        said = {"seen_turn": no(house, lead).turn, "staff_id": "5" * 32, "now": house.clock()}
        close_parked(house.store, no(house, lead).id, reason=ClosedFor.OTHER, words="The company is no more", **said)
        assert standing(house, token).status is COMPLETE
        assert [one.told for one in told_by_case(house.store, standing(house, token).case.id)] == [Told.CLOSED]
        assert statuses(house) == ["pending_external", "complete"]

    def test_g03_or_says_that_they_were_told(self, house: House, office: Office, receiver: Receiver) -> None:
        lead, token = parked(house, office, receiver)
        said = {"seen_turn": no(house, lead).turn, "staff_id": "5" * 32, "now": house.clock()}
        do_by_hand(house.store, no(house, lead).id, remote_id="", words="Told them by telephone", **said)
        assert standing(house, token).status is COMPLETE
        assert [one.told for one in told_by_case(house.store, standing(house, token).case.id)] == [Told.TOLD]

    def test_what_an_earlier_case_waits_for_is_told_by_the_later(
        self, house: House, office: Office, receiver: Receiver
    ) -> None:
        lead = delivered(house, YES)
        receiver.behaviour = answer(503)
        earlier, later = office.sent("withdraw"), office.sent("erasure")
        withdraw_by_link(house.store, earlier, None, words="Take back", now=house.clock())
        house.clock.advance(seconds=1)
        erase_by_link(house.store, later, now=house.clock())
        assert [standing(house, one).status for one in (earlier, later)] == [PENDING, PENDING]
        receiver.behaviour = answer(204)
        until_settled(house, lead)
        assert [standing(house, one).status for one in (earlier, later)] == [COMPLETE, COMPLETE]
        assert sorted(statuses(house)) == ["complete"] * 2 + ["pending_external"] * 2


class TestOthers:
    def test_g01_a_correction_tells_what_changed_and_no_more(
        self, house: House, office: Office, receiver: Receiver
    ) -> None:
        lead = delivered(house)
        token = office.sent("correction")
        key = read_by_link(house.store, token, kind=RightsKind.CORRECTION, now=house.clock()).key
        fields = {**FIELDS, "name": "Jānis Liepa", "company": ""}
        correct_by_link(
            house.store, house.queue, house.catalogue, office.key, token, key, lead.reference, fields, now=house.clock()
        )
        assert no(house, lead).fields == ["company", "name"]
        assert standing(house, token).status is PENDING
        until_settled(house, lead)
        operation, parcel = told(receiver)[-1]
        assert (operation, parcel["fields"]) == ("lead.correct", {"name": "Jānis Liepa", "company": ""})
        assert standing(house, token).status is COMPLETE

    def test_s10_who_has_it_is_told_that_it_is_only_kept_and_that_no_more(
        self, house: House, office: Office, receiver: Receiver
    ) -> None:
        lead = delivered(house)
        for lift in (False, True):
            house.clock.advance(minutes=30)
            token = office.sent("restriction")
            restrict_by_link(house.store, token, lift=lift, now=house.clock())
            assert standing(house, token).status is PENDING
            until_settled(house, lead)
            operation, parcel = told(receiver)[-1]
            assert (operation, parcel["restricted"]) == ("lead.update_consent", not lift)
            assert standing(house, token).status is COMPLETE

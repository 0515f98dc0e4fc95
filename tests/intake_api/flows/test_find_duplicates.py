"""Suggestions of duplicates: what is found, what is not, what is written down, and how often it is right."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.find_duplicates import Suggestions, find_duplicates
from intake_api.flows.read_lead import read_lead
from intake_api.flows.withdraw_for_person import withdraw_for_person
from intake_api.rules.likeness import Sign
from intake_api.settings import Settings
from intake_api.store import lead_candidates
from intake_api.store.base import Store, StoreUnavailable
from intake_api.store.confirmations import mark_confirmed
from intake_api.store.lead_candidates import find_candidates, find_hinted
from intake_api.store.lead_index import index_anew
from intake_api.store.leads import Lead, restrict
from intake_api.store.vault import Vault
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.duplicate_pairs import judge
from tests.intake_api.kept_leads import confirmation_of, keep_lead

ANNA = {"name": "Anna Paraugs", "company": "Sample Boats SIA", "email": "anna@sample.example"}
OLGA = {"name": "Olga Muster", "company": "", "email": "olga@sample.example"}
NEWSLETTER = {"newsletter": True}


def suggested(store: Store, lead: Lead, clock: DrivenClock) -> Suggestions:
    """Open a lead and compare it."""
    whole = read_lead(store, lead.reference, actor="operator", why="test", now=clock())
    return find_duplicates(store, whole, staff_id="s" * 32, now=clock())


def signs(store: Store, lead: Lead, clock: DrivenClock) -> dict[str, tuple[Sign, ...]]:
    """Return why others are suggested, by their ids."""
    return {one.lead.id: one.signs for one in suggested(store, lead, clock).shown}


def hinted(store: Store, *leads: Lead) -> set[str]:
    """Return which of some leads have a hint in the queue."""
    with store.reading() as tx:
        return find_hinted(tx, [lead.id for lead in leads])


def compared(store: Store) -> list[dict[str, object]]:
    """Return the entries of all comparisons, oldest first."""
    with store.reading() as tx:
        bodies = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'leads.compared' ORDER BY at")).all()
    return [json.loads(body) for body in bodies]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestSuggestions:
    def test_c16_a_confirmed_address_suggests_also_those_of_before(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        before = keep_lead(store, catalogue, now=clock(), **ANNA | {"name": "Zofia Primer", "company": ""})
        lead = keep_lead(store, catalogue, now=clock.advance(minutes=1), decisions=NEWSLETTER, **ANNA)
        assert signs(store, lead, clock) == {}
        assert hinted(store, before, lead) == set()

        with store.writing() as tx:
            mark_confirmed(tx, confirmation_of(store, lead).id, now=clock())
        assert signs(store, lead, clock) == {before.id: (Sign.CONFIRMED_EMAIL,)}
        assert signs(store, before, clock) == {lead.id: (Sign.CONFIRMED_EMAIL,)}
        assert hinted(store, before, lead) == {before.id, lead.id}

        withdraw_for_person(store, lead.reference, "newsletter", words="Newsletter", staff_id="s" * 32, now=clock())
        assert signs(store, lead, clock) == {before.id: (Sign.CONFIRMED_EMAIL,)}
        assert hinted(store, before, lead) == {before.id, lead.id}

    def test_a_number_suggests_also_with_another_extension(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        one = keep_lead(store, catalogue, now=clock(), phone="+37126123456", **ANNA)
        other = {"name": "Igor Vzorek", "company": "", "email": "igor@sample.example"}
        lead = keep_lead(store, catalogue, now=clock(), phone="+371 26 123 456 ext. 7", **other)
        alone = keep_lead(
            store,
            catalogue,
            now=clock(),
            phone="+37126123457",
            name="Olga Muster",
            company="",
            email="o@sample.example",
        )
        assert signs(store, lead, clock) == {one.id: (Sign.PHONE,)}
        assert hinted(store, one, lead, alone) == {one.id, lead.id}

    def test_c16_a_name_alone_and_an_unconfirmed_address_alone_suggest_nobody(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock(), **ANNA)
        named = keep_lead(store, catalogue, now=clock(), name=ANNA["name"], company="Muster Tiles", email="a@b.example")
        typed = keep_lead(store, catalogue, now=clock(), name="Igor Vzorek", company="", email=ANNA["email"])
        colleague = keep_lead(
            store, catalogue, now=clock(), name="Igor Vzorek", company=ANNA["company"], email="c@d.example"
        )
        assert [signs(store, lead, clock) for lead in (named, typed, colleague)] == [{}, {}, {}]

    def test_a_name_with_its_company_suggests_and_says_so(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), **ANNA)
        other = {"name": "Paraugs, A.", "company": "sample boats", "email": "other@sample.example"}
        same = keep_lead(store, catalogue, now=clock(), **other)
        assert signs(store, lead, clock) == {same.id: (Sign.NAME, Sign.COMPANY)}
        assert hinted(store, lead, same) == set()

    def test_a01_each_is_written_down_with_whose_leads_were_opened_and_no_value(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), **ANNA)
        suggested(store, lead, clock)
        assert compared(store) == []
        same = keep_lead(store, catalogue, now=clock(), **ANNA)
        colleague = keep_lead(
            store, catalogue, now=clock(), name="Igor Vzorek", company=ANNA["company"], email="c@d.example"
        )
        suggested(store, lead, clock)
        (entry,) = compared(store)
        assert (entry["actor"], entry["opened"], entry["found"]) == (f"staff:{'s' * 32}", lead.id, [same.id])
        assert set(entry["compared"]) == {same.id, colleague.id}  # type: ignore[call-overload]
        assert entry["fields"] == ["company", "email", "name"]
        assert not [value for value in ANNA.values() if value in json.dumps(entry, ensure_ascii=False)]

    def test_a03_what_cannot_be_written_down_is_not_compared(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead, _ = (keep_lead(store, catalogue, now=clock(), **ANNA) for _ in range(2))
        whole = read_lead(store, lead.reference, actor="operator", why="test", now=clock())
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE evidence RENAME TO away"))
        with pytest.raises(StoreUnavailable):
            find_duplicates(store, whole, staff_id="s" * 32, now=clock())

    def test_s10_q01_what_is_restricted_or_erased_is_neither_opened_nor_hinted_at(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        typed = {**ANNA, "phone": "+37126123456"}
        lead, restricted, erased = (keep_lead(store, catalogue, now=clock(), **typed) for _ in range(3))
        assert set(signs(store, lead, clock)) == {restricted.id, erased.id}
        with store.writing() as tx:
            restrict(tx, restricted.id, clock() + timedelta(days=365))
            tx.execute(text("UPDATE leads SET delete_after = :now WHERE id = :id"), {"now": clock(), "id": erased.id})
        erase_expired(store, now=clock())
        assert signs(store, lead, clock) == {}
        assert hinted(store, lead) == set()
        assert compared(store)[-1]["compared"] == []

    def test_the_work_is_bounded_and_a_word_that_many_have_says_nothing(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock(), **ANNA | {"email": f"a{n}@sample.example"}) for n in range(5)]
        assert len(suggested(store, leads[0], clock).shown) == 4
        monkeypatch.setattr(lead_candidates, "COMPARED", 3)
        assert len(suggested(store, leads[0], clock).shown) == 3
        monkeypatch.setattr(lead_candidates, "OF_A_TERM", 2)
        assert suggested(store, leads[0], clock).shown == []

    def test_e07_leads_are_found_while_the_index_key_is_rotated(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, settings: Settings
    ) -> None:
        one, other = (keep_lead(store, catalogue, now=clock(), **ANNA) for _ in range(2))
        keys = settings.secrets
        rotated = Vault(keys.master_key, b"n" * 32, older_index_keys=[keys.index_key])
        with store.writing() as tx:
            index_anew(tx, rotated, one.id, ANNA)
            assert find_candidates(tx, store.vault, one.id, ANNA) == [other.id]
            assert find_candidates(tx, rotated, one.id, ANNA) == [other.id]
            assert find_candidates(tx, rotated, other.id, ANNA) == [one.id]


class TestHowOftenItIsRight:
    def test_of_a_hundred_pairs_most_are_found_and_few_wrongly(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        judged = judge(store, catalogue, now=clock())
        assert min(judged.precision, judged.recall) >= 0.85, judged
        # What has to be missed, since a name alone suggests nobody; and what a telephone shared by many has to cost.
        assert set(judged.missed) == {"a pet name", "all but the name changed"}
        assert set(judged.wrong) == {"father and son of one name", "colleagues with one telephone"}

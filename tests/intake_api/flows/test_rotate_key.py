"""Keys are rotated while the house is open, and what the old ones made stays good (E-07)."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.ask_for_right import ask_for_right
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.issue_receipt import Receipts, issue_receipt
from intake_api.flows.open_store import key_ids, open_store, public_keys, ready_store, signer_of
from intake_api.flows.read_lead import read_lead
from intake_api.flows.rotate_key import CannotRotate, HeldKeys, Rotated, rotate_key
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.queue import Queue
from intake_api.rules.rights import RightsKind
from intake_api.settings import Settings, read_settings
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.checkpoints import checkpoints_in_order
from intake_api.store.keyring import CHECKPOINTS, RECEIPTS, KeyMismatch, list_keys, signing_keys
from intake_api.store.lead_index import find_by_email
from intake_api.store.leads import Lead
from intake_api.store.rights_cases import open_address
from intake_api.store.signer import KeyNotHeld, Signer
from intake_api.verifier import verify_receipt
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY, keep_lead, receipt_of

EMAIL = str(FIELDS["email"])
With = Callable[..., Settings]


@pytest.fixture
def with_keys(environment: dict[str, str]) -> With:
    """Settings whose keys of a name are written otherwise: `new`, `both` (the new one first), or as they were."""
    fresh = {
        name: base64.b64encode(os.urandom(32)).decode() for name in ("MASTER_KEY", "INDEX_KEY", CHECKPOINTS, RECEIPTS)
    }

    def made(name: str, which: str) -> Settings:
        old = environment[f"VESTIBULE_{name}"]
        written = {"old": old, "new": fresh[name], "both": f"{fresh[name]} {old}"}[which]
        return read_settings({**environment, f"VESTIBULE_{name}": written})

    return made


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock())


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    with closing(open_store(settings)) as store:
        yield store


def rotate(settings: Settings, name: str, clock: DrivenClock) -> Rotated:
    with opened(settings) as store:
        ids = key_ids(settings)[name]
        return rotate_key(store, HeldKeys(name, tuple(ids), public_keys(settings)), now=clock.advance(seconds=1))


def place(settings: Settings, clock: DrivenClock) -> None:
    with opened(settings) as store:
        signer = signer_of(settings, CHECKPOINTS)
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock.advance(seconds=1))


def faults(settings: Settings) -> list[str]:
    with opened(settings) as store:
        verified = verify_evidence(store, signer_of(settings, CHECKPOINTS), settings.checkpoint_file)
    return [fault.code for fault in verified.faults]


def rotations(store: Store) -> list[dict[str, Any]]:
    with store.reading() as tx:
        return [json.loads(entry.body) for entry in evidence.entries_of_kind(tx, "key.rotated")]


class TestMasterKey:
    def test_e07_every_person_is_wrapped_anew_and_the_old_key_opens_nothing(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        others = [keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(3)]
        assert rotate(with_keys("MASTER_KEY", "both"), "MASTER_KEY", clock).renewed == 4
        with opened(with_keys("MASTER_KEY", "new")) as after:
            ready_store(after, catalogue, with_keys("MASTER_KEY", "new"), now=clock())
            for one in (lead, *others):
                whole = read_lead(after, one.reference, actor="operator", why="test", now=clock())
                assert whole.values["email"] == EMAIL
        with opened(with_keys("MASTER_KEY", "old")) as before, pytest.raises(KeyMismatch, match="VESTIBULE_MASTER_KEY"):
            ready_store(before, catalogue, with_keys("MASTER_KEY", "old"), now=clock())

    def test_e07_the_house_is_open_meanwhile(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        """With both keys what either made can be read; what is written meanwhile is wrapped by the new one."""
        both = with_keys("MASTER_KEY", "both")
        with opened(both) as meanwhile:
            ready_store(meanwhile, catalogue, both, now=clock())
            new = keep_lead(meanwhile, catalogue, now=clock.advance(seconds=1))
            assert rotate(both, "MASTER_KEY", clock).renewed == 1
            for one in (lead, new):
                assert read_lead(meanwhile, one.reference, actor="operator", why="test", now=clock()).values

    def test_e07_what_a_straggler_wrote_is_made_anew_by_running_it_again(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, with_keys: With
    ) -> None:
        both = with_keys("MASTER_KEY", "both")
        rotate(both, "MASTER_KEY", clock)
        late = keep_lead(store, catalogue, now=clock.advance(seconds=1))  # this store has the old key alone
        again = rotate(both, "MASTER_KEY", clock)
        assert (again.before, again.renewed) == (again.after, 1)
        assert len(rotations(store)) == 1
        with opened(with_keys("MASTER_KEY", "new")) as after:
            assert read_lead(after, late.reference, actor="operator", why="test", now=clock()).values["email"] == EMAIL


class TestIndexKey:
    def test_e07_people_are_found_before_meanwhile_and_after(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        asked = {"kind": RightsKind.WITHDRAW, "email": EMAIL, "locale": "en", "door": "public"}
        ask_for_right(store, queue, TOKEN_KEY, **asked, now=clock())
        both, new = with_keys("INDEX_KEY", "both"), with_keys("INDEX_KEY", "new")
        assert (found(with_keys("INDEX_KEY", "old")), found(both), found(new)) == ([lead.id], [lead.id], [])
        rotate(both, "INDEX_KEY", clock)
        assert (found(with_keys("INDEX_KEY", "old")), found(both), found(new)) == ([], [lead.id], [lead.id])
        with opened(new) as after, after.reading() as tx:
            (case_id,) = tx.scalars(text("SELECT id FROM rights_cases"))
            address: bytes = tx.execute(text("SELECT address FROM rights_cases")).scalar_one()
            assert bytes(address) == after.vault.blind("email", EMAIL)
            assert open_address(tx, after.vault, case_id) == EMAIL

    def test_e11_nothing_of_an_erased_person_comes_back(
        self, store: Store, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        erase_by_receipt(store, receipt_of(lead), now=clock())
        assert rotate(with_keys("INDEX_KEY", "both"), "INDEX_KEY", clock).renewed == 0
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM lead_index")) == 0


class TestEvidenceKey:
    def test_e07_the_log_goes_on_and_what_the_old_key_signed_still_verifies(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        old, both, new = (with_keys(CHECKPOINTS, which) for which in ("old", "both", "new"))
        place(old, clock)
        assert faults(old) == faults(both) == []
        rotated = rotate(both, CHECKPOINTS, clock)
        place(both, clock)
        keep_lead(store, catalogue, now=clock.advance(seconds=1))
        place(new, clock)
        assert faults(new) == faults(both) == []
        with store.reading() as tx:
            signed_by = [checkpoint.key_id for checkpoint in checkpoints_in_order(tx)]
        assert signed_by == [rotated.before, rotated.after, rotated.after]
        (said,) = rotations(store)
        assert (said["key"], said["from"], said["to"]) == (CHECKPOINTS, rotated.before, rotated.after)

    def test_e07_from_then_on_the_old_key_signs_nothing_more(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        rotate(with_keys(CHECKPOINTS, "both"), CHECKPOINTS, clock)
        with pytest.raises(KeyNotHeld):
            place(with_keys(CHECKPOINTS, "old"), clock)

    def test_e07_a_stolen_old_key_proves_nothing_of_later(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        old, both, new = (with_keys(CHECKPOINTS, which) for which in ("old", "both", "new"))
        place(old, clock)
        rotate(both, CHECKPOINTS, clock)
        place(both, clock)
        keep_lead(store, catalogue, now=clock.advance(seconds=1))
        with store.writing() as tx:  # behind the back of the flow, which would refuse
            evidence.sequence(tx, Signer(old.secrets.evidence_key), now=clock())
        assert "checkpoint_forged" in faults(new)

    def test_e07_an_invented_rotation_makes_nobody_a_key_of_the_past(
        self, store: Store, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        """Whoever can write to the database makes the log anew, says that their own key was in use, and signs."""
        settings, theirs = with_keys(CHECKPOINTS, "old"), Signer(os.urandom(32))
        place(settings, clock)
        with store.writing() as tx:
            facts = {"key": CHECKPOINTS, "from": theirs.key_id, "to": "x", "from_public": theirs.public_key.hex()}
            evidence.add_entry(tx, "key.rotated", actor="operator", now=clock.advance(seconds=1), facts=facts)
            tx.execute(text("DELETE FROM evidence_checkpoints"))
            tx.execute(text("UPDATE evidence SET position = NULL, chain = NULL"))
            for limit in (3, 1000):
                evidence.sequence(tx, theirs, now=clock(), limit=limit)
        settings.checkpoint_file.unlink()
        assert "checkpoint_forged" in faults(settings)

    def test_e07_receipts_of_both_times_verify_by_the_published_keys(
        self, store: Store, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        place(with_keys(CHECKPOINTS, "old"), clock)
        before = receipt(with_keys(CHECKPOINTS, "old"), lead, clock)
        rotate(with_keys(CHECKPOINTS, "both"), CHECKPOINTS, clock)
        place(with_keys(CHECKPOINTS, "new"), clock)
        after = receipt(with_keys(CHECKPOINTS, "new"), lead, clock)
        assert [verify_receipt(one, published(store)).faults for one in (before, after)] == [[], []]


class TestReceiptKey:
    def test_e07_old_receipts_verify_and_new_ones_are_signed_by_the_new_key(
        self, store: Store, clock: DrivenClock, with_keys: With, lead: Lead
    ) -> None:
        old, both, new = (with_keys(RECEIPTS, which) for which in ("old", "both", "new"))
        place(old, clock)
        first = receipt(old, lead, clock)
        assert receipt(both, lead, clock) != first  # made at another time, by the key that is still in use
        rotated = rotate(both, RECEIPTS, clock)
        for settings in (both, new):
            checked = verify_receipt(receipt(settings, lead, clock), published(store))
            assert checked.faults == []
            assert checked.document["li:signature"]["kid"] == rotated.after
        assert verify_receipt(first, published(store)).faults == []
        with pytest.raises(KeyNotHeld):
            receipt(old, lead, clock)


class TestRefusing:
    def test_a_key_alone_is_nothing_to_rotate(self, store: Store, clock: DrivenClock, with_keys: With) -> None:
        with pytest.raises(CannotRotate, match="write a new one"):
            rotate(with_keys("MASTER_KEY", "old"), "MASTER_KEY", clock)

    def test_the_new_one_alone_could_open_nothing(self, store: Store, clock: DrivenClock, with_keys: With) -> None:
        with pytest.raises(CannotRotate, match="write both, the new one first"):
            rotate(with_keys("MASTER_KEY", "new"), "MASTER_KEY", clock)

    def test_e07_the_inventory_knows_the_keys_of_the_past(
        self, store: Store, clock: DrivenClock, with_keys: With
    ) -> None:
        rotated = rotate(with_keys(RECEIPTS, "both"), RECEIPTS, clock)
        with store.reading() as tx:
            known = {key.key_id: key.until for key in list_keys(tx) if key.name == RECEIPTS}
        assert known == {rotated.before: clock(), rotated.after: None}


def found(settings: Settings) -> list[str]:
    with opened(settings) as store, store.reading() as tx:
        return find_by_email(tx, store.vault, EMAIL)


def receipt(settings: Settings, lead: Lead, clock: DrivenClock) -> bytes:
    with opened(settings) as store:
        receipts = Receipts(signer_of(settings, RECEIPTS), PUBLIC_URL)
        return issue_receipt(store, receipts, receipt_of(lead), now=clock.advance(seconds=1))[1]


def published(store: Store) -> list[bytes]:
    with store.reading() as tx:
        return [key.public_key for key in signing_keys(tx) if key.public_key]

"""Sealing."""

import os

import pytest

from intake_api.store.vault import CannotOpen, Vault

VALUES = {"email": "anna@sample.example", "name": "Anna Bērziņa"}


@pytest.fixture
def vault() -> Vault:
    return Vault(os.urandom(32), os.urandom(32))


class TestSealing:
    """SEC-43."""

    def test_opens_what_it_sealed(self, vault: Vault) -> None:
        key, wrapped = vault.new_data_key("s1")
        sealed = vault.seal(key, VALUES, place="leads.sealed|1")
        assert vault.open(vault.unwrap("s1", wrapped), sealed, place="leads.sealed|1") == VALUES

    def test_shows_nothing_of_the_values(self, vault: Vault) -> None:
        key, _ = vault.new_data_key("s1")
        sealed = vault.seal(key, VALUES, place="leads.sealed|1")
        assert b"anna" not in sealed
        assert "Bērziņa".encode() not in sealed

    def test_never_seals_the_same_twice_alike(self, vault: Vault) -> None:
        key, _ = vault.new_data_key("s1")
        assert vault.seal(key, VALUES, place="p") != vault.seal(key, VALUES, place="p")

    def test_does_not_open_in_another_row(self, vault: Vault) -> None:
        key, _ = vault.new_data_key("s1")
        sealed = vault.seal(key, VALUES, place="leads.sealed|1")
        with pytest.raises(CannotOpen):
            vault.open(key, sealed, place="leads.sealed|2")

    def test_does_not_open_with_another_persons_key(self, vault: Vault) -> None:
        one, _ = vault.new_data_key("s1")
        other, _ = vault.new_data_key("s2")
        with pytest.raises(CannotOpen):
            vault.open(other, vault.seal(one, VALUES, place="p"), place="p")

    def test_does_not_unwrap_a_key_for_another_person(self, vault: Vault) -> None:
        _, wrapped = vault.new_data_key("s1")
        with pytest.raises(CannotOpen):
            vault.unwrap("s2", wrapped)

    @pytest.mark.parametrize("place", range(0, 60, 7))
    def test_finds_every_altered_byte(self, vault: Vault, place: int) -> None:
        key, _ = vault.new_data_key("s1")
        sealed = bytearray(vault.seal(key, VALUES, place="p"))
        sealed[place] ^= 1
        with pytest.raises(CannotOpen):
            vault.open(key, bytes(sealed), place="p")

    def test_does_not_open_with_another_master_key(self, vault: Vault) -> None:
        _, wrapped = vault.new_data_key("s1")
        with pytest.raises(CannotOpen):
            Vault(os.urandom(32), os.urandom(32)).unwrap("s1", wrapped)


class TestBlindIndexes:
    """SEC-44."""

    def test_the_same_value_has_the_same_index_whatever_its_case(self, vault: Vault) -> None:
        assert vault.blind("email", "Anna@Sample.example") == vault.blind("email", "anna@sample.example")

    def test_another_kind_or_key_has_another_index(self, vault: Vault) -> None:
        assert vault.blind("email", "x") != vault.blind("phone", "x")
        assert vault.blind("email", "x") != Vault(os.urandom(32), os.urandom(32)).blind("email", "x")
